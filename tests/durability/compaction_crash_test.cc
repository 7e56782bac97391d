// kill -9 in the middle of compaction and of defragmentation: history from the compacted revision on is what it was,
// before it there is none, and what was acknowledged stays compacted.
//
//   quorate_compaction_crash_test [--rounds=<n>] [--seed=<n>]

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <map>
#include <string>
#include <thread>

#include "etcdserverpb/rpc.pb.h"
#include "tests/durability/fault_test.h"
#include "tests/e2e/ask.h"
#include "tests/e2e/binaries.h"

namespace quorate::testing {
namespace {

namespace pb = etcdserverpb;

constexpr int kKeys = 200;
constexpr int kTxnsOfRound = 100;
constexpr int kWritesOfTxn = 50;
constexpr size_t kValueBytes = 400;
constexpr int kLooksBack = 8;
constexpr std::chrono::milliseconds kKillAfterMax(25);
const std::string kAll(1, '\0');

using State = std::map<std::string, std::string>;

class CompactionCrash : public FaultTest {
 protected:
  // One transaction of puts and deletions, noted in states_.
  void Write();
  pb::RangeResponse GetAll(int64_t revision, int* code);
  // Looks at the history before, at and after the compacted revision.
  void CheckHistory();
  void PlayRound();
  uint32_t HashOf(int64_t revision);

  // All keys at each revision since the last compaction.
  std::map<int64_t, State> states_;
  // The compacted revision for sure, and the one that was asked for last.
  int64_t compacted_ = 0;
  int64_t asked_ = 0;
};

void CompactionCrash::Write() {
  State state = states_.empty() ? State() : states_.rbegin()->second;
  pb::TxnRequest request;
  const int first = dice_.Below(kKeys);
  bool changes = false;
  for (int i = 0; i < kWritesOfTxn; ++i) {
    const std::string key = "key/" + std::to_string((first + i) % kKeys);
    if (dice_.Below(5) == 0) {
      request.add_success()->mutable_request_delete_range()->set_key(key);
      changes |= state.erase(key) > 0;
    } else {
      pb::PutRequest* put = request.add_success()->mutable_request_put();
      put->set_key(key);
      put->set_value(std::string(kValueBytes, static_cast<char>('a' + dice_.Below(26))));
      state[key] = put->value();
      changes = true;
    }
  }
  const int64_t revision = Ask<pb::TxnResponse>(*caller_, "KV.Txn", request).header().revision();
  if (changes) states_[revision] = state;
}

pb::RangeResponse CompactionCrash::GetAll(int64_t revision, int* code) {
  pb::RangeRequest request;
  request.set_key(kAll);
  request.set_range_end(kAll);
  request.set_revision(revision);
  const Outcome outcome = caller_->Call("KV.Range", request);
  *code = outcome.code;
  const std::string wanted = outcome.code == 0 ? "" : "etcdserver: mvcc: required revision has been compacted";
  EXPECT_EQ(outcome.message, wanted);
  return dynamic_cast<const pb::RangeResponse&>(*outcome.response);
}

void CompactionCrash::CheckHistory() {
  int code = 0;
  if (asked_ > compacted_) {
    GetAll(asked_ - 1, &code);
    if (code != 0) compacted_ = asked_;
  }
  GetAll(compacted_ - 1, &code);
  ASSERT_TRUE(compacted_ < 2 || code != 0) << "revision " << compacted_ - 1 << " is back";
  states_.erase(states_.begin(), states_.lower_bound(compacted_));
  ASSERT_FALSE(states_.empty());
  for (int look = 0; look < kLooksBack; ++look) {
    auto at = states_.begin();
    if (look > 0) std::advance(at, dice_.Below(static_cast<int>(states_.size())));
    State found;
    const pb::RangeResponse all = GetAll(at->first, &code);
    for (const mvccpb::KeyValue& kv : all.kvs()) found[kv.key()] = kv.value();
    ASSERT_EQ(code, 0) << "revision " << at->first;
    ASSERT_TRUE(found == at->second) << "other keys at revision " << at->first << ", compacted at " << compacted_;
  }
}

uint32_t CompactionCrash::HashOf(int64_t revision) {
  pb::HashKVRequest request;
  request.set_revision(revision);
  return Ask<pb::HashKVResponse>(*caller_, "Maintenance.HashKV", request).hash();
}

void CompactionCrash::PlayRound() {
  for (int i = 0; i < kTxnsOfRound; ++i) Write();
  ASSERT_FALSE(HasFailure());
  const int64_t last = states_.rbegin()->first;
  const bool compacts = dice_.Below(3) > 0;
  const bool defragments = !compacts || dice_.Below(2) == 0;
  if (compacts) asked_ = last - dice_.Below(kTxnsOfRound);
  const bool physical = dice_.Below(2) == 0;
  std::atomic<bool> acknowledged = false;
  std::thread worker([&] {
    const Caller own(server_.address(), Caller::Absence::kFail);
    if (compacts) {
      pb::CompactionRequest request;
      request.set_revision(asked_);
      request.set_physical(physical);
      acknowledged = own.Call("KV.Compact", request).code == 0;
    }
    if (defragments) own.Call("Maintenance.Defragment", pb::DefragmentRequest());
  });
  dice_.Dawdle(kKillAfterMax);
  server_.Kill();
  worker.join();
  ASSERT_NO_FATAL_FAILURE(KillAndStartAgain());
  if (acknowledged) compacted_ = asked_;
  ASSERT_NO_FATAL_FAILURE(CheckHistory());

  const uint32_t hash = HashOf(last);
  Ask<pb::DefragmentResponse>(*caller_, "Maintenance.Defragment", pb::DefragmentRequest());
  EXPECT_EQ(HashOf(last), hash) << "defragmentation changes the history";
}

TEST_F(CompactionCrash, HistoryFromTheCompactedRevisionOnSurvivesKill9) {
  for (int round = 0; round < Rounds(); ++round) {
    SCOPED_TRACE("round " + std::to_string(round) + " of --seed=" + std::to_string(Seed()));
    ASSERT_NO_FATAL_FAILURE(PlayRound());
    ASSERT_FALSE(HasFailure());
  }
  std::printf("seed %lu, %d rounds, compacted at %ld\n", static_cast<unsigned long>(Seed()), Rounds(),
              static_cast<long>(compacted_));
}

}  // namespace
}  // namespace quorate::testing
