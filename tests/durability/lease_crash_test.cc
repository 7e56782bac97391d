// kill -9 while leases end: each lease takes its keys along whole or not at all, those that were to end do so after the
// restart, the others stay, and a client that watches sees each deletion once.
//
//   quorate_lease_crash_test [--rounds=<n>] [--seed=<n>]

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <map>
#include <set>
#include <string>

#include "etcdserverpb/rpc.pb.h"
#include "tests/durability/fault_test.h"
#include "tests/e2e/ask.h"
#include "tests/e2e/binaries.h"
#include "tests/e2e/resuming_watcher.h"

namespace quorate::testing {
namespace {

namespace pb = etcdserverpb;

constexpr int kShortLeases = 200;
constexpr int kLongLeases = 5;
constexpr int kKeysOfLease = 3;
constexpr int kPutsOfTxn = 120;
constexpr int64_t kShortSeconds = 3;
constexpr int64_t kLongSeconds = 100'000;
// Longer than the servers take to end them all.
constexpr std::chrono::milliseconds kKillAfterMax(60);
constexpr std::chrono::seconds kAllGoneWithin(60);
constexpr char kShort[] = "short/";
constexpr char kShortEnd[] = "short0";
constexpr char kLong[] = "long/";
constexpr char kLongEnd[] = "long0";

std::string ShortKey(int64_t lease, int number) {
  return kShort + std::to_string(lease) + "/" + std::to_string(number);
}

class LeaseCrash : public FaultTest {
 protected:
  void Grant(int64_t id, int64_t seconds) {
    pb::LeaseGrantRequest request;
    request.set_id(id);
    request.set_ttl(seconds);
    Ask<pb::LeaseGrantResponse>(*caller_, "Lease.LeaseGrant", request);
  }

  // Answers the revision of the last transaction.
  int64_t PutShortKeys(int64_t first_lease) {
    pb::TxnRequest request;
    int64_t revision = 0;
    for (int64_t lease = first_lease; lease < first_lease + kShortLeases; ++lease) {
      for (int number = 0; number < kKeysOfLease; ++number) {
        pb::PutRequest* put = request.add_success()->mutable_request_put();
        put->set_key(ShortKey(lease, number));
        put->set_lease(lease);
      }
      if (request.success_size() >= kPutsOfTxn || lease + 1 == first_lease + kShortLeases) {
        revision = Ask<pb::TxnResponse>(*caller_, "KV.Txn", request).header().revision();
        request.Clear();
      }
    }
    return revision;
  }

  int64_t Put(const std::string& key, int64_t lease) {
    pb::PutRequest request;
    request.set_key(key);
    request.set_lease(lease);
    return Ask<pb::PutResponse>(*caller_, "KV.Put", request).header().revision();
  }

  pb::RangeResponse Get(const std::string& key, const std::string& range_end) {
    pb::RangeRequest request;
    request.set_key(key);
    request.set_range_end(range_end);
    return Ask<pb::RangeResponse>(*caller_, "KV.Range", request);
  }

  std::set<int64_t> Leases() {
    std::set<int64_t> ids;
    const auto response = Ask<pb::LeaseLeasesResponse>(*caller_, "Lease.LeaseLeases", pb::LeaseLeasesRequest());
    for (const pb::LeaseStatus& lease : response.leases()) ids.insert(lease.id());
    return ids;
  }

  void PlayRound(int64_t first_lease);
  void CheckDeletions(const std::vector<mvccpb::Event>& events);

  std::set<int64_t> long_leases_;
};

// All keys of a lease go at one revision, each once.
void LeaseCrash::CheckDeletions(const std::vector<mvccpb::Event>& events) {
  std::map<int64_t, std::set<int64_t>> revisions;
  std::set<std::string> deleted;
  for (const mvccpb::Event& event : events) {
    if (event.type() != mvccpb::Event::DELETE) continue;
    EXPECT_TRUE(deleted.insert(event.kv().key()).second) << event.kv().key() << " is deleted twice";
    revisions[event.prev_kv().lease()].insert(event.kv().mod_revision());
  }
  EXPECT_EQ(deleted.size(), static_cast<size_t>(kShortLeases * kKeysOfLease));
  for (const auto& [lease, of_lease] : revisions) EXPECT_EQ(of_lease.size(), 1u) << "lease " << lease;
}

void LeaseCrash::PlayRound(int64_t first_lease) {
  int64_t next = first_lease;
  for (int i = 0; i < kShortLeases && !HasFailure(); ++i) Grant(next++, kShortSeconds);
  const int64_t from = Get(kShort, kShortEnd).header().revision() + 1;
  ResumingWatcher watcher(server_.address(), kShort, kShortEnd, from);
  ASSERT_FALSE(HasFailure());
  PutShortKeys(first_lease);
  for (int i = 0; i < kLongLeases; ++i) {
    Grant(next, kLongSeconds);
    Put(kLong + std::to_string(next), next);
    long_leases_.insert(next++);
  }
  ASSERT_FALSE(HasFailure());

  constexpr size_t kPuts = kShortLeases * kKeysOfLease;
  ASSERT_TRUE(watcher.WaitForEvents(kPuts + 1, kAllGoneWithin)) << "no lease ends";
  dice_.Dawdle(kKillAfterMax);
  ASSERT_NO_FATAL_FAILURE(KillAndStartAgain());

  std::map<int64_t, int> left;
  const pb::RangeResponse found = Get(kShort, kShortEnd);
  for (const mvccpb::KeyValue& kv : found.kvs()) {
    // Without a lease: the end of the round before.
    if (kv.lease() != 0) ++left[kv.lease()];
  }
  for (const auto& [lease, keys] : left) EXPECT_EQ(keys, kKeysOfLease) << "lease " << lease << " has lost only some";
  std::printf("%zu of %d leases were left\n", left.size(), kShortLeases);

  ASSERT_TRUE(watcher.WaitForEvents(2 * kPuts, kAllGoneWithin))
      << watcher.events().size() << " events of " << 2 * kPuts << ", last error " << watcher.last_error();
  const int64_t last = Put(std::string(kShort) + "end", 0);
  EXPECT_EQ(CompareWithHistory(&watcher, server_.address(), kShort, kShortEnd, from, last), "");
  CheckDeletions(watcher.events());
  EXPECT_EQ(Get(kShort, kShortEnd).count(), 1);
  EXPECT_EQ(Get(kLong, kLongEnd).count(), static_cast<int64_t>(long_leases_.size()));
  EXPECT_EQ(Leases(), long_leases_);
}

TEST_F(LeaseCrash, LeasesEndWholeAndOnceOverKill9) {
  for (int round = 0; round < Rounds(); ++round) {
    SCOPED_TRACE("round " + std::to_string(round) + " of --seed=" + std::to_string(Seed()));
    ASSERT_NO_FATAL_FAILURE(PlayRound(1 + round * int64_t{10'000}));
    ASSERT_FALSE(HasFailure());
  }
}

}  // namespace
}  // namespace quorate::testing
