#include "quorate/base/wire.h"
#include "src/bench/data.h"
#include "src/bench/reply.h"
#include "src/bench/scenarios.h"

namespace quorate::bench {
namespace {

namespace wire = base::wire;

constexpr char kGrantPath[] = "/etcdserverpb.Lease/LeaseGrant";
constexpr char kRevokePath[] = "/etcdserverpb.Lease/LeaseRevoke";
constexpr char kKeepAlivePath[] = "/etcdserverpb.Lease/LeaseKeepAlive";
// Field numbers of etcdserverpb.LeaseGrantRequest, of the other two, of PutRequest.
constexpr uint32_t kGrantTtl = 1;
constexpr uint32_t kGrantId = 2;
constexpr uint32_t kLeaseId = 1;
constexpr uint32_t kPutLease = 3;
// Of LeaseGrantResponse and LeaseKeepAliveResponse.
constexpr uint32_t kTtl = 3;
// Long enough that none ends by itself.
constexpr int64_t kTtlSeconds = 86'400;
// Leases of different scenarios, seeds and threads do not meet.
enum class Kind : int64_t { kGranted, kKeptAlive, kRevoked };
constexpr int kKindShift = 58;
constexpr int kSeedShift = 40;
constexpr int kThreadShift = 32;

class LeaseScenario : public Scenario {
 public:
  LeaseScenario(Kind kind, const Options& options, const ThreadShare& share)
      : options_(options),
        base_((static_cast<int64_t>(kind) << kKindShift) + (static_cast<int64_t>(options.seed & 0xffff) << kSeedShift) +
              (static_cast<int64_t>(share.index) << kThreadShift) + 1) {}

 protected:
  // The id of the thread's nth lease.
  int64_t IdOf(uint64_t nth) const { return base_ + static_cast<int64_t>(nth); }
  std::string_view Grant(int64_t id, std::string* message) const {
    wire::AppendInt64Field(message, kGrantTtl, kTtlSeconds);
    wire::AppendInt64Field(message, kGrantId, id);
    return kGrantPath;
  }

  const Options& options_;

 private:
  const int64_t base_;
};

// The server chooses the ids.
class LeaseGrant : public LeaseScenario {
 public:
  LeaseGrant(const Options& options, const ThreadShare& share) : LeaseScenario(Kind::kGranted, options, share) {}

  std::string_view Next(size_t, std::string* message) override { return Grant(0, message); }
};

// Each slot keeps one lease alive, on a call of its own.
class LeaseKeepAlive : public LeaseScenario {
 public:
  LeaseKeepAlive(const Options& options, const ThreadShare& share)
      : LeaseScenario(Kind::kKeptAlive, options, share), leases_(share.slots) {}

  bool keeps_streams() const override { return true; }
  uint64_t preparation() const override { return leases_ - granted_; }
  std::string_view Prepare(size_t, std::string* message) override { return Grant(IdOf(granted_++), message); }
  std::string_view Next(size_t slot, std::string* message) override {
    wire::AppendInt64Field(message, kLeaseId, IdOf(slot));
    return kKeepAlivePath;
  }
  void OnReply(size_t, std::string_view message) override {
    if (NumberIn(message, kTtl) <= 0) ++lost_;
  }
  void AddCounters(Counters* counters) const override { (*counters)["lost"] += lost_; }

 private:
  const uint64_t leases_;
  uint64_t granted_ = 0;
  // Answers that say the lease is gone.
  uint64_t lost_ = 0;
};

// Revokes each of options.leases once; options.lease_keys keys go with each.
class LeaseRevoke : public LeaseScenario {
 public:
  LeaseRevoke(const Options& options, const ThreadShare& share)
      : LeaseScenario(Kind::kRevoked, options, share),
        data_(options, options.seed + share.index),
        leases_(options.leases / share.count + (static_cast<uint64_t>(share.index) < options.leases % share.count)),
        first_key_(static_cast<uint64_t>(share.index) * options.leases * options.lease_keys) {}

  // A key may name only a lease that exists.
  uint64_t preparation() const override {
    return granted_ < leases_ ? leases_ - granted_ : leases_ * options_.lease_keys - attached_;
  }
  std::string_view Prepare(size_t, std::string* message) override {
    if (granted_ < leases_) return Grant(IdOf(granted_++), message);
    AppendPut(&data_, first_key_ + attached_, message);
    wire::AppendInt64Field(message, kPutLease, IdOf(attached_ / options_.lease_keys));
    ++attached_;
    return kPutPath;
  }
  std::string_view Next(size_t, std::string* message) override {
    wire::AppendInt64Field(message, kLeaseId, IdOf(revoked_++));
    return kRevokePath;
  }

 private:
  Data data_;
  const uint64_t leases_;
  const uint64_t first_key_;
  uint64_t granted_ = 0;
  uint64_t attached_ = 0;
  uint64_t revoked_ = 0;
};

}  // namespace

std::unique_ptr<Scenario> MakeLeaseGrant(const Options& options, const ThreadShare& share) {
  return std::make_unique<LeaseGrant>(options, share);
}
std::unique_ptr<Scenario> MakeLeaseKeepAlive(const Options& options, const ThreadShare& share) {
  return std::make_unique<LeaseKeepAlive>(options, share);
}
std::unique_ptr<Scenario> MakeLeaseRevoke(const Options& options, const ThreadShare& share) {
  return std::make_unique<LeaseRevoke>(options, share);
}

}  // namespace quorate::bench
