#include "src/api/snapshot_contents.h"

#include <string>
#include <utility>

#include "quorate/base/big_endian.h"
#include "quorate/base/hex.h"
#include "quorate/base/wire.h"
#include "quorate/etcdfile/reader.h"
#include "quorate/lease/leases.h"
#include "quorate/mvcc/history.h"
#include "src/api/members_endpoint.h"

namespace quorate::api {
namespace {

namespace bucket = etcdfile::bucket;
using Entries = std::vector<std::pair<std::string, std::string>>;

// As etcd creates it: authentication is off, and was never changed.
constexpr uint64_t kFirstAuthRevision = 1;

class HistoryWalk : public etcdfile::EntryWalk {
 public:
  explicit HistoryWalk(std::unique_ptr<mvcc::HistoryWalk> walk) : walk_(std::move(walk)) {}
  bool Next() override {
    if (!walk_->Next()) return false;
    key_ = mvcc::EncodeEtcdKey(walk_->revision(), walk_->deleted());
    return true;
  }
  absl::Status status() const override { return walk_->status(); }
  std::string_view key() const override { return key_; }
  size_t value_bytes() const override { return mvcc::BytesAsEtcd(walk_->fields(), walk_->deleted()); }
  void AppendValue(std::string* out) const override { mvcc::AppendAsEtcd(walk_->fields(), walk_->deleted(), out); }

 private:
  std::unique_ptr<mvcc::HistoryWalk> walk_;
  std::string key_;
};

class HistoryContents : public etcdfile::BucketContents {
 public:
  explicit HistoryContents(std::unique_ptr<mvcc::History> history) : history_(std::move(history)) {}
  std::string_view name() const override { return bucket::kKey; }
  std::unique_ptr<etcdfile::EntryWalk> Walk() const override { return std::make_unique<HistoryWalk>(history_->Walk()); }

 private:
  std::unique_ptr<mvcc::History> history_;
};

struct Lease {
  int64_t id;
  int64_t ttl_seconds;
};

class LeaseWalk : public etcdfile::EntryWalk {
 public:
  explicit LeaseWalk(const std::vector<Lease>& leases) : leases_(leases) {}
  bool Next() override {
    if (next_ == leases_.size()) return false;
    const Lease& lease = leases_[next_++];
    key_ = base::BigEndian(static_cast<uint64_t>(lease.id));
    value_.clear();
    base::wire::AppendInt64Field(&value_, 1, lease.id);
    base::wire::AppendInt64Field(&value_, 2, lease.ttl_seconds);
    return true;
  }
  absl::Status status() const override { return absl::OkStatus(); }
  std::string_view key() const override { return key_; }
  size_t value_bytes() const override { return value_.size(); }
  void AppendValue(std::string* out) const override { out->append(value_); }

 private:
  const std::vector<Lease>& leases_;
  size_t next_ = 0;
  std::string key_, value_;
};

class LeaseContents : public etcdfile::BucketContents {
 public:
  explicit LeaseContents(std::vector<Lease> leases) : leases_(std::move(leases)) {}
  std::string_view name() const override { return bucket::kLease; }
  std::unique_ptr<etcdfile::EntryWalk> Walk() const override { return std::make_unique<LeaseWalk>(leases_); }

 private:
  const std::vector<Lease> leases_;  // by id as an unsigned number
};

Entries MembersOf(const membership::Cluster& cluster) {
  Entries entries;
  for (const membership::Member& member : cluster.members) {
    entries.emplace_back(base::Hex(member.id), JsonMember(member));
  }
  return entries;
}

Entries ClusterOf(const membership::Cluster& cluster, const Versions& versions) {
  Entries entries = {{"clusterVersion", versions.cluster}};
  if (!cluster.downgrade_target.empty()) {
    entries.emplace_back("downgrade", R"({"target-version":")" + cluster.downgrade_target + R"(","enabled":true})");
  }
  return entries;
}

std::string ConfStateOf(const membership::Cluster& cluster) {
  std::string voters;
  std::string learners;
  for (const membership::Member& member : cluster.members) {
    std::string& ids = member.learner ? learners : voters;
    ids += (ids.empty() ? "" : ",") + std::to_string(member.id);
  }
  std::string json = R"({"voters":[)" + voters + "]";
  if (!learners.empty()) json += R"(,"learners":[)" + learners + "]";
  return json + R"(,"auto_leave":false})";
}

Entries MetaOf(const ServiceContext& context, const membership::Cluster& cluster, const mvcc::History& history) {
  const replica::ReplicaStatus status = context.replica->status();
  Entries entries = {{"confState", ConfStateOf(cluster)},
                     {"consistent_index", base::BigEndian(status.applied_index)},
                     {"storageVersion", context.options.versions.storage},
                     {"term", base::BigEndian(status.term)}};
  if (history.compacted_revision() >= 0) {
    // What waits for its removal is left out, so to the reader the compaction is finished.
    const std::string compacted = mvcc::EncodeEtcdKey({history.compacted_revision(), 0}, false);
    entries.emplace_back("finishedCompactRev", compacted);
    entries.emplace_back("scheduledCompactRev", compacted);
  }
  return entries;
}

Entries AlarmsOf(const std::vector<replica::Alarm>& alarms) {
  Entries entries;
  for (const replica::Alarm& alarm : alarms) {
    std::string key;
    base::wire::AppendVarintField(&key, 1, alarm.member);
    base::wire::AppendInt64Field(&key, 2, static_cast<int32_t>(alarm.type));
    entries.emplace_back(std::move(key), "");
  }
  return entries;
}

}  // namespace

absl::StatusOr<std::vector<std::unique_ptr<etcdfile::BucketContents>>> GatherSnapshot(const ServiceContext& context,
                                                                                      mvcc::MayGoOn may_go_on) {
  const storage::Database& database = context.replica->database();
  QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<mvcc::History> history, mvcc::History::Take(database, std::move(may_go_on)));
  std::vector<Lease> leases;
  QUORATE_RETURN_IF_ERROR(lease::VisitStoredLeases(database, history->snapshot(), [&](int64_t id, int64_t ttl_seconds) {
    leases.push_back({id, ttl_seconds});
  }));
  const membership::Cluster cluster = context.replica->cluster();
  const auto small = [](std::string_view name, Entries entries) {
    return etcdfile::SmallBucket(std::string(name), std::move(entries));
  };
  std::vector<std::unique_ptr<etcdfile::BucketContents>> buckets;
  buckets.push_back(small(bucket::kAlarm, AlarmsOf(context.replica->alarms())));
  buckets.push_back(small(bucket::kAuth, {{"authRevision", base::BigEndian(kFirstAuthRevision)}}));
  buckets.push_back(small(bucket::kAuthRoles, {}));
  buckets.push_back(small(bucket::kAuthUsers, {}));
  buckets.push_back(small(bucket::kCluster, ClusterOf(cluster, context.options.versions)));
  buckets.push_back(small(bucket::kMembers, MembersOf(cluster)));
  buckets.push_back(small(bucket::kMembersRemoved, {}));
  buckets.push_back(small(bucket::kMeta, MetaOf(context, cluster, *history)));
  buckets.push_back(std::make_unique<LeaseContents>(std::move(leases)));
  buckets.push_back(std::make_unique<HistoryContents>(std::move(history)));
  return buckets;
}

}  // namespace quorate::api
