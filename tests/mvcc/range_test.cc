#include "src/mvcc/range.h"

#include <gtest/gtest.h>

#include <map>

#include "quorate/base/errors.h"
#include "src/mvcc/size_class.h"
#include "tests/mvcc/store_testing.h"

namespace quorate::mvcc {
namespace {

using Sort = pb::RangeRequest;

class RangeTest : public testing::Test {
 protected:
  // a=3@2, b=2@3, c=1@4, then b again: b=2@5.
  void SetUp() override {
    test_.PutKey("a", "3");
    test_.PutKey("b", "2");
    test_.PutKey("c", "1");
    test_.PutKey("b", "2");
  }
  pb::RangeResponse Range(const pb::RangeRequest& request) { return TestStore::Must(test_.Range(request)); }
  std::string Sorted(pb::RangeRequest request, Sort::SortTarget target, Sort::SortOrder order) {
    request.set_sort_target(target);
    request.set_sort_order(order);
    return Summary(Range(request));
  }

  TestStore test_;
};

TEST_F(RangeTest, TheFormsOfRangeEnd) {
  EXPECT_EQ(Summary(Range(RangeOf("a"))), "a=3@2");
  EXPECT_EQ(Summary(Range(RangeOf("a", "b"))), "a=3@2");
  EXPECT_EQ(Summary(Range(RangeOf("a", "c"))), "a=3@2 b=2@5");
  EXPECT_EQ(Summary(Range(RangeOf("b", std::string(1, '\0')))), "b=2@5 c=1@4");
  EXPECT_EQ(Summary(Range(AllKeys())), "a=3@2 b=2@5 c=1@4");
  EXPECT_EQ(Summary(Range(RangeOf("c", "a"))), "");
  EXPECT_EQ(Summary(Range(RangeOf("b", "b"))), "");
  EXPECT_EQ(Range(RangeOf("c", "a")).count(), 0);
}

TEST_F(RangeTest, ALimitCutsAndSaysSo) {
  pb::RangeRequest request = AllKeys();
  request.set_limit(2);
  auto response = Range(request);
  EXPECT_EQ(Summary(response), "a=3@2 b=2@5");
  EXPECT_TRUE(response.more());
  EXPECT_EQ(response.count(), 3);
  request.set_limit(3);
  EXPECT_FALSE(Range(request).more());
  request.set_limit(-1);
  EXPECT_EQ(Range(request).kvs_size(), 3);
  request.set_limit(std::numeric_limits<int64_t>::max());
  EXPECT_EQ(Range(request).kvs_size(), 3);
}

TEST_F(RangeTest, PastRevisionsAnswerAsThen) {
  pb::RangeRequest request = AllKeys();
  request.set_revision(3);
  auto response = Range(request);
  EXPECT_EQ(Summary(response), "a=3@2 b=2@3");
  EXPECT_EQ(response.count(), 2);
  EXPECT_EQ(response.header().revision(), 5);
  request.set_revision(1);
  EXPECT_EQ(Range(request).kvs_size(), 0);
  request.set_revision(-3);
  EXPECT_EQ(Range(request).kvs_size(), 3);
  request.set_revision(6);
  EXPECT_EQ(test_.Range(request).status(), base::errors::FutureRevision());
}

TEST_F(RangeTest, CountOnlyCounts) {
  pb::RangeRequest request = AllKeys();
  request.set_count_only(true);
  request.set_limit(1);
  auto response = Range(request);
  EXPECT_EQ(response.count(), 3);
  EXPECT_EQ(response.kvs_size(), 0);
  EXPECT_FALSE(response.more());
}

TEST_F(RangeTest, KeysOnlyLeavesOutTheValueAndTheLease) {
  test_.leases.existing = {9};
  pb::PutRequest put;
  put.set_key("d");
  put.set_value("v");
  put.set_lease(9);
  ASSERT_TRUE(test_.Put(put).ok());
  pb::RangeRequest request = RangeOf("d");
  EXPECT_EQ(Range(request).kvs(0).lease(), 9);
  request.set_keys_only(true);
  const auto kv = Range(request).kvs(0);
  EXPECT_EQ(kv.key(), "d");
  EXPECT_EQ(kv.value(), "");
  EXPECT_EQ(kv.create_revision(), 6);
  EXPECT_EQ(kv.mod_revision(), 6);
  EXPECT_EQ(kv.version(), 1);
  // As etcd: only where it had to read the values to sort by them does it know the lease.
  EXPECT_EQ(kv.lease(), 0);
  request.set_sort_target(Sort::VALUE);
  EXPECT_EQ(Range(request).kvs(0).lease(), 9);
}

TEST_F(RangeTest, Sorts) {
  EXPECT_EQ(Sorted(AllKeys(), Sort::KEY, Sort::DESCEND), "c=1@4 b=2@5 a=3@2");
  EXPECT_EQ(Sorted(AllKeys(), Sort::VALUE, Sort::ASCEND), "c=1@4 b=2@5 a=3@2");
  EXPECT_EQ(Sorted(AllKeys(), Sort::VALUE, Sort::DESCEND), "a=3@2 b=2@5 c=1@4");
  EXPECT_EQ(Sorted(AllKeys(), Sort::MOD, Sort::ASCEND), "a=3@2 c=1@4 b=2@5");
  EXPECT_EQ(Sorted(AllKeys(), Sort::CREATE, Sort::DESCEND), "c=1@4 b=2@5 a=3@2");
  EXPECT_EQ(Sorted(AllKeys(), Sort::VERSION, Sort::DESCEND), "b=2@5 a=3@2 c=1@4");
  EXPECT_EQ(Sorted(AllKeys(), Sort::VERSION, Sort::NONE), "a=3@2 c=1@4 b=2@5");
}

TEST_F(RangeTest, ALimitComesAfterTheSortUnlessNoOrderIsGiven) {
  pb::RangeRequest request = AllKeys();
  request.set_limit(1);
  EXPECT_EQ(Sorted(request, Sort::VALUE, Sort::ASCEND), "c=1@4");
  // No order: the first keys are fetched, one more than asked for, and those are sorted.
  EXPECT_EQ(Sorted(request, Sort::VALUE, Sort::NONE), "b=2@5");
  request.set_sort_target(Sort::VALUE);
  EXPECT_TRUE(Range(request).more());
}

TEST_F(RangeTest, FiltersLeaveTheCountAlone) {
  pb::RangeRequest request = AllKeys();
  request.set_min_mod_revision(3);
  auto response = Range(request);
  EXPECT_EQ(Summary(response), "b=2@5 c=1@4");
  EXPECT_EQ(response.count(), 3);
  request.set_max_mod_revision(4);
  EXPECT_EQ(Summary(Range(request)), "c=1@4");
  request = AllKeys();
  request.set_max_create_revision(3);
  EXPECT_EQ(Summary(Range(request)), "a=3@2 b=2@5");
  request.set_min_create_revision(3);
  EXPECT_EQ(Summary(Range(request)), "b=2@5");
  request = RangeOf("a");
  request.set_min_mod_revision(3);
  EXPECT_EQ(Range(request).kvs_size(), 0);
  EXPECT_EQ(Range(request).count(), 1);
}

TEST_F(RangeTest, MoreCountsOnlyWhatPassesTheFilter) {
  pb::RangeRequest request = AllKeys();
  request.set_min_mod_revision(4);
  request.set_limit(2);
  EXPECT_FALSE(Range(request).more());
  request.set_limit(1);
  EXPECT_TRUE(Range(request).more());
  EXPECT_EQ(Summary(Range(request)), "b=2@5");
}

TEST_F(RangeTest, AStreamIsOneStateInChunks) {
  for (int i = 0; i < 500; ++i) test_.PutKey("key" + std::to_string(1000 + i), std::string(100, 'x'));
  const auto chunks = TestStore::Must(test_.Stream(AllKeys(), 2000));
  ASSERT_GT(chunks.size(), 10u);
  int keys = 0;
  std::string last;
  for (size_t i = 0; i < chunks.size(); ++i) {
    EXPECT_GT(chunks[i].kvs_size(), 0);
    for (const auto& kv : chunks[i].kvs()) {
      EXPECT_LT(last, kv.key());
      last = kv.key();
      ++keys;
    }
    EXPECT_EQ(chunks[i].count(), i + 1 == chunks.size() ? 503 : 0);
    EXPECT_FALSE(chunks[i].more());
  }
  EXPECT_EQ(keys, 503);
}

TEST_F(RangeTest, AStreamBeginsWithTenKeys) {
  for (int i = 0; i < 8; ++i) test_.PutKey("d" + std::to_string(i), "0");
  auto chunks = TestStore::Must(test_.Stream(AllKeys(), 1 << 20));
  ASSERT_EQ(chunks.size(), 2u);
  EXPECT_EQ(chunks[0].kvs_size(), 10);
  EXPECT_EQ(chunks[1].kvs_size(), 1);
  test_.DeleteKey("d0");
  EXPECT_EQ(TestStore::Must(test_.Stream(AllKeys(), 1 << 20)).size(), 1u);
}

TEST_F(RangeTest, AStreamKeepsToItsLimit) {
  pb::RangeRequest request = AllKeys();
  request.set_limit(2);
  auto chunks = TestStore::Must(test_.Stream(request, 1));
  ASSERT_EQ(chunks.size(), 2u);
  EXPECT_EQ(Summary(chunks[0]), "a=3@2");
  EXPECT_EQ(Summary(chunks[1]), "b=2@5");
  EXPECT_TRUE(chunks.back().more());
  EXPECT_EQ(chunks.back().count(), 3);
  request.set_limit(3);
  chunks = TestStore::Must(test_.Stream(request, 1));
  EXPECT_FALSE(chunks.back().more());
  EXPECT_EQ(chunks.back().count(), 3);
  request.set_count_only(true);
  chunks = TestStore::Must(test_.Stream(request, 1));
  ASSERT_EQ(chunks.size(), 1u);
  EXPECT_EQ(chunks[0].count(), 3);
  chunks = TestStore::Must(test_.Stream(RangeOf("x", "z"), 1));
  ASSERT_EQ(chunks.size(), 1u);
  EXPECT_EQ(chunks[0].kvs_size(), 0);
}

TEST_F(RangeTest, AStreamThatIsOneChunkOfEtcdsIsSorted) {
  const auto stream = [this](pb::RangeRequest request) {
    request.set_sort_target(pb::RangeRequest::VALUE);
    const auto chunks = TestStore::Must(test_.Stream(request, 1));
    EXPECT_EQ(chunks.back().SerializeAsString(), Range(request).SerializeAsString());
    return Summary(chunks.back());
  };
  EXPECT_EQ(stream(AllKeys()), "c=1@4 b=2@5 a=3@2");
  pb::RangeRequest request = AllKeys();
  request.set_keys_only(true);
  EXPECT_EQ(stream(request), "c=@4 b=@5 a=@2");
  request.set_count_only(true);
  EXPECT_EQ(stream(request), "");
  for (int i = 0; i < 8; ++i) test_.PutKey("d" + std::to_string(i), "0");
  // The first ten keys, with the one that tells whether there is more, are what is sorted.
  request = AllKeys();
  request.set_limit(2);
  EXPECT_EQ(stream(request), "c=1@4 b=2@5");
  request.set_limit(0);
  request.set_sort_target(pb::RangeRequest::VALUE);
  EXPECT_EQ(Summary(TestStore::Must(test_.Stream(request, 1))[0]), "a=3@2");
}

TEST_F(RangeTest, AStreamOutlivesChangesAndCompaction) {
  for (int i = 0; i < 200; ++i) test_.PutKey("key" + std::to_string(1000 + i), "then");
  const int64_t then = test_.store->revision();
  RangeRequest request;
  request.key = "key";
  request.range_end = "kez";
  std::map<RangeCursor*, int> keys;
  const auto next = [&keys](RangeCursor& cursor) {
    bool last = false;
    pb::RangeResponse chunk;
    EXPECT_TRUE(chunk.ParseFromString(TestStore::Must(cursor.Next({}, &last)).ToString()));
    for (const auto& kv : chunk.kvs()) EXPECT_EQ(kv.value(), "then") << kv.key();
    keys[&cursor] += chunk.kvs_size();
    return !last;
  };
  auto newest = TestStore::Must(test_.store->OpenRange(request, 100));
  // The state it was opened on is let go of with the second.
  EXPECT_TRUE(next(*newest) && next(*newest));
  for (int i = 0; i < 200; ++i) test_.PutKey("key" + std::to_string(1000 + i), "now");
  request.revision = then;
  auto past = TestStore::Must(test_.store->OpenRange(request, 100));
  EXPECT_TRUE(next(*past) && next(*past));
  ASSERT_TRUE(test_.Compact(test_.store->revision()).ok());
  test_.WaitForCompaction(test_.store->revision());
  for (RangeCursor* cursor : {newest.get(), past.get()}) {
    while (next(*cursor)) {
    }
    EXPECT_EQ(keys[cursor], 200);
  }
}

TEST_F(RangeTest, CostFollowsWhatIsVisited) {
  const ReadView view = test_.store->View();
  RangeRequest request;
  request.key = "a";
  EXPECT_EQ(view.RangeCost(request), 1u);
  request.range_end = std::string_view("\0", 1);
  EXPECT_EQ(view.RangeCost(request), 3u);
  request.limit = 1;
  EXPECT_EQ(view.RangeCost(request), 2u);
  request.sort_order = SortOrder::kDescend;
  EXPECT_EQ(view.RangeCost(request), 3u);
  request.count_only = true;
  EXPECT_EQ(view.RangeCost(request), 1u);
  request.revision = 2;
  EXPECT_GT(view.RangeCost(request), 3u);
}

TEST_F(RangeTest, FarAwayStatesAndLongRecordsCostMore) {
  TestStore test;
  test.PutKey("a", "");
  for (int i = 0; i < 300; ++i) test.PutKey("b", "");
  test.PutKey("c", std::string(2 << 20, 'x'));
  RangeRequest request;
  request.key = "a";
  request.revision = 2;
  EXPECT_GT(test.store->View().RangeCost(request), 300u);
  // Once the `keys` family has it, one key is sought there.
  ASSERT_TRUE(test.Compact(2).ok());
  test.WaitForCompaction(2);
  EXPECT_LT(test.store->View().RangeCost(request), 100u);
  request.range_end = "c";
  EXPECT_GT(test.store->View().RangeCost(request), 300u);

  const ReadView view = test.store->View();
  request.revision = 0;
  EXPECT_EQ(view.RangeCost(request), 2u);
  request.range_end = "d";
  EXPECT_GT(view.RangeCost(request), 128u);
  request.keys_only = true;
  EXPECT_EQ(view.RangeCost(request), 3u);

  TxnRequest txn;
  RangeRequest one;
  one.key = "a";
  txn.success.push_back({one});
  EXPECT_EQ(view.TxnCost(txn, 128), 1u);
  one.key = "c";
  txn.success.push_back({one});
  EXPECT_GT(view.TxnCost(txn, 128), 128u);
}

// Ten keys whose records, the index says, have 256 MiB each; one that is read fails.
class HeavyState final : public State, public KeySource {
 public:
  int64_t revision() const override { return 20; }
  int64_t compacted_revision() const override { return -1; }
  KeySource& Now() const override { return *const_cast<HeavyState*>(this); }
  std::unique_ptr<KeySource> At(int64_t revision, const KeyRange& range,
                                const std::function<absl::Status()>& may_go_on) const override {
    return nullptr;
  }
  uint64_t CostOfPast(int64_t revision, const KeyRange& range) const override { return 0; }
  absl::StatusOr<std::vector<base::Buffer>> Fetch(const std::vector<Revision>& revisions,
                                                  const std::function<absl::Status()>& may_go_on) const override {
    return absl::UnavailableError(std::to_string(revisions.size()) + " records were read");
  }
  absl::StatusOr<base::Buffer> FetchOne(Revision revision) const override { return absl::UnavailableError("read"); }

  absl::StatusOr<std::optional<KeyState>> Find(std::string_view key) override { return Heavy(2); }
  absl::StatusOr<uint64_t> Count(const KeyRange& range) override { return 10; }
  absl::Status Scan(const KeyRange& range, const Visit& visit) override {
    bool more = true;
    for (visited = 0; visited < 10 && more; ++visited) more = visit(keys_.substr(visited, 1), Heavy(2 + visited));
    return absl::OkStatus();
  }

  mutable int64_t visited = 0;  // by the last Scan

 private:
  static KeyState Heavy(int64_t main) {
    return {.modified = {main, 0}, .created = main, .version = 1, .size_class = SizeClassOf(256 << 20, 1)};
  }
  const std::string_view keys_ = "abcdefghij";
};

TEST_F(RangeTest, AnAnswerThatIsTooLongIsRefusedBeforeItsRecordsAreRead) {
  const HeavyState state;
  const auto execute = [&state](const RangeRequest& request) {
    uint64_t budget = kAnswerBytesMax;
    return ExecuteRange(state, request, &budget).status();
  };
  RangeRequest request;
  request.key = "a";
  request.range_end = "z";
  EXPECT_EQ(execute(request), base::errors::TooManyRequests());
  request.limit = 4;
  request.sort_order = SortOrder::kDescend;
  EXPECT_EQ(execute(request), base::errors::TooManyRequests());
  request.limit = 3;
  EXPECT_EQ(execute(request).message(), "3 records were read");
  request.sort_target = SortTarget::kValue;
  EXPECT_EQ(execute(request), base::errors::TooManyRequests());
  request = {.key = "a", .range_end = "z", .keys_only = true};
  EXPECT_TRUE(execute(request).ok());
  request = {.key = "a", .range_end = "z", .count_only = true};
  EXPECT_TRUE(execute(request).ok());
}

TEST_F(RangeTest, WhatIsSureToBeTooLongIsNotGatheredToTheEnd) {
  const HeavyState state;
  RangeRequest request{.key = "a", .range_end = "z", .limit = 5, .sort_order = SortOrder::kDescend};
  for (const SortTarget target : {SortTarget::kKey, SortTarget::kCreate}) {
    request.sort_target = target;
    uint64_t budget = 100;
    EXPECT_EQ(ExecuteRange(state, request, &budget).status(), base::errors::TooManyRequests());
    EXPECT_EQ(state.visited, 3);
  }
}

TEST_F(RangeTest, AStreamHoldsNoStateBetweenItsChunks) {
  // Long keys, which the index has in memory.
  TestStore test;
  for (char key = 'a'; key <= 'e'; ++key) test.PutKey(std::string(50'000, key), std::string(100, key));
  const RangeRequest request{.key = std::string_view("a"), .range_end = std::string_view("z")};
  auto cursor = TestStore::Must(test.store->OpenRange(request, 100));
  bool last = false;
  size_t kvs = 0;
  const auto next = [&] {
    pb::RangeResponse chunk;
    ASSERT_TRUE(chunk.ParseFromString(TestStore::Must(cursor->Next({}, &last)).ToString()));
    for (const auto& kv : chunk.kvs()) EXPECT_EQ(kv.value(), std::string(100, static_cast<char>('a' + kvs++)));
  };
  next();
  next();
  EXPECT_FALSE(last);
  // All of it becomes garbage, and so far away that it is not rolled back to.
  for (char key = 'a'; key <= 'e'; ++key) test.DeleteKey(std::string(50'000, key));
  for (int i = 0; i < 5'000; ++i) test.PutKey("a", "", false);
  test.Commit();
  ASSERT_TRUE(test.Compact(test.store->revision()).ok());
  test.WaitForCompaction(test.store->revision());
  // The index frees it with the next commits, a little with each, unless somebody holds a state of it.
  for (int i = 0; i < 40; ++i) test.PutKey("a", "");
  EXPECT_LT(test.store->statistics().index_bytes, 200'000u);
  while (!last) next();
  EXPECT_EQ(kvs, 5u);
  EXPECT_EQ(cursor->revision(), 6);
}

TEST_F(RangeTest, AChunkEndsByBytesThoughItsFirstKeysAreSmall) {
  TestStore test;
  for (int i = 0; i < 20; ++i) test.PutKey("a" + std::to_string(100 + i), "");
  for (int i = 0; i < 50; ++i) test.PutKey("b" + std::to_string(100 + i), std::string(100'000, 'x'));
  const auto chunks = TestStore::Must(test.Stream(AllKeys(), 200'000));
  EXPECT_GE(chunks.size(), 17u);
  for (const pb::RangeResponse& chunk : chunks) EXPECT_LE(chunk.ByteSizeLong(), 310'000u);
}

// A list for a client that has gone, or a server that stops.
TEST_F(RangeTest, ALongListEndsSoonAfterItMayNotGoOn) {
  pb::TxnRequest many;
  for (int i = 0; i < 20'000; ++i) {
    many.add_success()->mutable_request_put()->set_key("many" + std::to_string(i));
  }
  TestStore::Must(test_.Txn(many));
  for (const bool count_only : {false, true}) {
    RangeRequest list{.key = "many", .range_end = "manz", .keys_only = true, .count_only = count_only};
    int asked = 0;
    const auto may_go_on = [&] { return ++asked < 3 ? absl::OkStatus() : base::errors::DeadlineExceeded(); };
    const absl::StatusOr<Answer> answer = test_.store->View().Range(list, may_go_on);
    if (count_only) {
      EXPECT_TRUE(answer.ok()) << "what is short is not asked for";
      EXPECT_EQ(asked, 0);
    } else {
      EXPECT_EQ(answer.status(), base::errors::DeadlineExceeded());
      EXPECT_EQ(asked, 3);
    }
  }
}

// Nor does one of a past that the index has forgotten run through all that is counted, or was deleted by then.
TEST_F(RangeTest, AListOfThePastEndsSoonAfterItMayNotGoOn) {
  pb::TxnRequest puts;
  for (int i = 0; i < 3'000; ++i) {
    puts.add_success()->mutable_request_put()->set_key("many" + std::to_string(i));
  }
  const int64_t there = TestStore::Must(test_.Txn(puts)).header().revision();
  pb::DeleteRangeRequest deletion;
  deletion.set_key("many");
  deletion.set_range_end("manz");
  const int64_t deleted = TestStore::Must(test_.DeleteRange(deletion)).header().revision();
  test_.PutKey("after", "");
  test_.Flush();
  test_.Reopen();
  int asked = 0;
  const MayGoOn may_go_on = [&asked] {
    ++asked;
    return base::errors::DeadlineExceeded();
  };
  for (const int64_t revision : {there, deleted}) {
    for (const bool count_only : {false, true}) {
      const RangeRequest list{.key = "many",
                              .range_end = "manz",
                              .limit = 1,
                              .revision = revision,
                              .keys_only = true,
                              .count_only = count_only};
      asked = 0;
      EXPECT_EQ(test_.store->View().Range(list, may_go_on).status(), base::errors::DeadlineExceeded());
      EXPECT_EQ(asked, 1) << revision << " " << count_only;
      const auto cursor = TestStore::Must(test_.store->OpenRange(list, 100));
      bool last = false;
      EXPECT_EQ(cursor->Next(may_go_on, &last).status(), base::errors::DeadlineExceeded());
      EXPECT_EQ(asked, 2) << revision << " " << count_only;
    }
  }
}

// Nothing of an answer depends on whether it may be given up.
TEST_F(RangeTest, WhatMayBeGivenUpIsAnsweredAlike) {
  for (const bool keys_only : {false, true}) {
    for (const int64_t revision : {0, 2, 4, 9}) {
      for (const char* end : {"", "c", "z"}) {
        const RangeRequest request{.key = "a",
                                   .range_end = end,
                                   .limit = 2,
                                   .revision = revision,
                                   .sort_order = SortOrder::kDescend,
                                   .sort_target = SortTarget::kValue,
                                   .keys_only = keys_only};
        const auto plain = test_.store->View().Range(request);
        const auto measured = test_.store->View().Range(request, [] { return absl::OkStatus(); });
        ASSERT_EQ(plain.status(), measured.status());
        EXPECT_EQ(plain.ok() ? plain->body.ToString() : "", measured.ok() ? measured->body.ToString() : "");
      }
    }
  }
}

}  // namespace
}  // namespace quorate::mvcc
