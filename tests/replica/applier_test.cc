#include "src/replica/applier.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "etcdserverpb/rpc.pb.h"
#include "quorate/base/errors.h"
#include "src/replica/group.h"
#include "tests/base/files_testing.h"

namespace quorate::replica {
namespace {

namespace pb = etcdserverpb;

constexpr uint64_t kSelf = 7;
constexpr size_t kLongBytes = 4 << 20;

class Recording : public BatchCompletion {
 public:
  explicit Recording(std::vector<absl::Status>* heard) : heard_(heard) {}
  void Complete(size_t index, absl::StatusOr<mvcc::Answer> answer, uint64_t term) override {
    heard_->push_back(answer.status());
  }

 private:
  std::vector<absl::Status>* heard_;
};

class ApplierTest : public testing::Test {
 protected:
  ApplierTest() {
    membership::Cluster cluster;
    cluster.self = kSelf;
    applier_ = std::make_unique<Applier>(ApplierOptions{.store = store_.get(),
                                                        .leases = &leases_,
                                                        .pending = &pending_,
                                                        .read_gate = &read_gate_,
                                                        .clock = &base::SystemClock(),
                                                        .cluster = cluster,
                                                        .alarms = {}});
    pb::PutRequest put;
    put.set_key("long");
    put.set_value(std::string(kLongBytes, 'x'));
    Apply({EntryOf(CommandType::kPut, {put.SerializeAsString()})});
    heard_.clear();
  }

  // A transaction that changes something and reads the long record so many times.
  static std::string TxnOf(int reads) {
    pb::TxnRequest txn;
    txn.add_success()->mutable_request_put()->set_key("a");
    for (int i = 0; i < reads; ++i) txn.add_success()->mutable_request_range()->set_key("long");
    return txn.SerializeAsString();
  }
  // The next entry, whose answers this member waits for.
  raft::Entry EntryOf(CommandType type, const std::vector<std::string>& requests) {
    std::vector<QueuedBatch> batches(1);
    for (const std::string& request : requests) batches[0].batch.commands.Add(type, request);
    const size_t bytes = batches[0].batch.commands.bytes();
    WaitingGroup waiting;
    waiting.push_back({std::make_unique<Recording>(&heard_), requests.size()});
    EXPECT_TRUE(pending_.admission().Admit(requests.size(), bytes));
    pending_.Add(++index_, std::move(waiting), requests.size(), bytes, std::chrono::hours(1));
    const GroupHead head{.proposer = kSelf, .group = index_, .wall_ms = 0, .commands = requests.size()};
    return {.term = 1, .index = index_, .data = EncodeGroup(head, batches)};
  }
  // The batches that they were committed in.
  uint64_t Apply(std::vector<raft::Entry> entries) {
    const uint64_t before = applier_->statistics().commits.count();
    EXPECT_TRUE(applier_->Apply(std::move(entries)).ok());
    return applier_->statistics().commits.count() - before;
  }

  base::TemporaryDirectory directory_;
  std::unique_ptr<storage::Database> database_ =
      storage::Database::Open({.path = directory_.path() + "/db", .write_buffer_bytes = 64 << 20}).value();
  std::unique_ptr<mvcc::Store> store_ = mvcc::Store::Open(database_.get(), {}).value();
  lease::Lessor lessor_{{.clock = &base::SystemClock()}};
  lease::Leases leases_{&lessor_};
  PendingGroups pending_;
  ReadGate read_gate_;
  std::unique_ptr<Applier> applier_;
  uint64_t index_ = 0;
  std::vector<absl::Status> heard_;
};

TEST_F(ApplierTest, TheAnswersOfOneEntryHaveOneBudget) {
  const std::string txn = TxnOf(100);  // 400 MiB
  std::vector<raft::Entry> entries;
  entries.push_back(EntryOf(CommandType::kTxn, {txn, txn, txn, TxnOf(1)}));
  entries.push_back(EntryOf(CommandType::kTxn, {txn}));
  Apply(std::move(entries));
  const absl::Status ok;
  EXPECT_EQ(heard_, (std::vector<absl::Status>{ok, ok, base::errors::TooManyRequests(), ok, ok}));
}

TEST_F(ApplierTest, LongAnswersAreNotGatheredOverManyEntries) {
  const auto three = [this](int reads) {
    std::vector<raft::Entry> entries;
    for (int i = 0; i < 3; ++i) entries.push_back(EntryOf(CommandType::kTxn, {TxnOf(reads)}));
    return entries;
  };
  EXPECT_EQ(Apply(three(1)), 1u);
  EXPECT_EQ(Apply(three(10)), 2u);
  EXPECT_EQ(Apply(three(20)), 3u);
  EXPECT_EQ(heard_.size(), 9u);
}

TEST_F(ApplierTest, OnceAbandonedItBeginsNoBatch) {
  std::vector<raft::Entry> entries;
  entries.push_back(EntryOf(CommandType::kTxn, {TxnOf(1)}));
  applier_->Abandon();
  EXPECT_TRUE(absl::IsCancelled(applier_->Apply(std::move(entries))));
  EXPECT_EQ(read_gate_.applied(), 1u);
  EXPECT_TRUE(heard_.empty());
}

}  // namespace
}  // namespace quorate::replica
