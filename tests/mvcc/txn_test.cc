#include <gtest/gtest.h>

#include "quorate/base/errors.h"
#include "tests/base/eventually_testing.h"
#include "tests/mvcc/store_testing.h"

namespace quorate::mvcc {
namespace {

class TxnTest : public testing::Test {
 protected:
  static void AddPut(pb::RequestOp* operation, const std::string& key, const std::string& value) {
    operation->mutable_request_put()->set_key(key);
    operation->mutable_request_put()->set_value(value);
  }
  static void AddRange(pb::RequestOp* operation, const std::string& key, const std::string& end = "") {
    *operation->mutable_request_range() = RangeOf(key, end);
  }
  static void AddDelete(pb::RequestOp* operation, const std::string& key, const std::string& end = "") {
    operation->mutable_request_delete_range()->set_key(key);
    operation->mutable_request_delete_range()->set_range_end(end);
  }
  static pb::Compare* AddCompare(pb::TxnRequest* txn, const std::string& key, pb::Compare::CompareTarget target,
                                 pb::Compare::CompareResult result) {
    pb::Compare* compare = txn->add_compare();
    compare->set_key(key);
    compare->set_target(target);
    compare->set_result(result);
    return compare;
  }
  pb::TxnResponse Txn(const pb::TxnRequest& request) { return TestStore::Must(test_.Txn(request)); }
  bool Holds(const pb::Compare& compare) {
    pb::TxnRequest txn;
    *txn.add_compare() = compare;
    return TestStore::Must(test_.ReadTxn(txn)).succeeded();
  }

  TestStore test_;
};

TEST_F(TxnTest, ReadsItsOwnWrites) {
  test_.PutKey("a", "old");
  pb::TxnRequest txn;
  AddPut(txn.add_success(), "a", "new");
  AddRange(txn.add_success(), "a");
  AddDelete(txn.add_success(), "a");
  AddRange(txn.add_success(), "a");
  AddPut(txn.add_success(), "b", "1");
  const auto response = Txn(txn);
  EXPECT_TRUE(response.succeeded());
  EXPECT_EQ(response.header().revision(), 3);
  EXPECT_EQ(Summary(response.responses(1).response_range()), "a=new@3");
  EXPECT_EQ(response.responses(2).response_delete_range().deleted(), 1);
  EXPECT_EQ(Summary(response.responses(3).response_range()), "");
  EXPECT_EQ(test_.store->revision(), 3);
  ASSERT_EQ(test_.events.size(), 4u);
  EXPECT_EQ(test_.events[3].revision, (Revision{3, 2}));
}

// Who else would wait for the family must not have the index rolled back by the writer, for whom all wait.
TEST_F(TxnTest, AListOfThePastHasTheKeysFamilyCompleted) {
  constexpr size_t kChanges = 5000;  // more than are rolled back, and fewer than the family takes by itself
  for (size_t i = 0; i < kChanges; ++i) test_.PutKey("a", "1");
  ASSERT_LT(test_.Entries(storage::Family::kKeys), kChanges);
  pb::TxnRequest txn;
  AddRange(txn.add_success(), "a", "b");
  txn.mutable_success(0)->mutable_request_range()->set_revision(3);
  AddPut(txn.add_success(), "b", "1");
  EXPECT_EQ(Summary(Txn(txn).responses(0).response_range()), "a=1@3");
  EXPECT_TRUE(base::Eventually([&] { return test_.Entries(storage::Family::kKeys) >= kChanges; }));
}

TEST_F(TxnTest, HeadersInsideTellTheRevisionSoFar) {
  test_.PutKey("a", "1");
  pb::TxnRequest txn;
  AddRange(txn.add_success(), "a");
  AddPut(txn.add_success(), "b", "1");
  AddRange(txn.add_success(), "a");
  AddDelete(txn.add_success(), "none");
  txn.add_success()->mutable_request_txn();
  const auto response = Txn(txn);
  EXPECT_EQ(response.responses(0).response_range().header().revision(), 2);
  EXPECT_EQ(response.responses(1).response_put().header().revision(), 3);
  EXPECT_EQ(response.responses(2).response_range().header().revision(), 3);
  EXPECT_EQ(response.responses(3).response_delete_range().header().revision(), 3);
  EXPECT_TRUE(response.responses(4).response_txn().has_header());
  EXPECT_EQ(response.responses(4).response_txn().header().revision(), 0);
}

TEST_F(TxnTest, ChangingNothingKeepsTheRevision) {
  test_.PutKey("a", "1");
  pb::TxnRequest txn;
  AddDelete(txn.add_success(), "none");
  EXPECT_EQ(Txn(txn).header().revision(), 2);
  EXPECT_EQ(Txn(pb::TxnRequest()).header().revision(), 2);
}

TEST_F(TxnTest, BranchesAreChosenBeforeAnythingIsDone) {
  pb::TxnRequest txn;
  AddPut(txn.add_success(), "a", "1");
  pb::TxnRequest* nested = txn.add_success()->mutable_request_txn();
  AddCompare(nested, "a", pb::Compare::VERSION, pb::Compare::EQUAL)->set_version(0);
  AddPut(nested->add_success(), "then", "1");
  AddPut(nested->add_failure(), "else", "1");
  const auto response = Txn(txn);
  EXPECT_TRUE(response.responses(1).response_txn().succeeded());
  EXPECT_EQ(test_.Get("then"), "1");
  EXPECT_EQ(test_.Get("else"), "<none>");
}

TEST_F(TxnTest, NestedBranchesDoNotMixUp) {
  test_.PutKey("a", "1");
  pb::TxnRequest txn;
  for (int i = 0; i < 4; ++i) {
    pb::TxnRequest* outer = txn.add_success()->mutable_request_txn();
    AddCompare(outer, "a", pb::Compare::VALUE, i % 2 == 0 ? pb::Compare::EQUAL : pb::Compare::NOT_EQUAL)
        ->set_value("1");
    for (auto* branch : {outer->mutable_success(), outer->mutable_failure()}) {
      pb::TxnRequest* inner = branch->Add()->mutable_request_txn();
      AddCompare(inner, "a", pb::Compare::MOD, i < 2 ? pb::Compare::LESS : pb::Compare::GREATER)->set_mod_revision(3);
      AddPut(inner->add_success(), std::to_string(i), "then");
      AddPut(inner->add_failure(), std::to_string(i), "else");
    }
  }
  const auto response = Txn(txn);
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(response.responses(i).response_txn().succeeded(), i % 2 == 0) << i;
    EXPECT_EQ(test_.Get(std::to_string(i)), i < 2 ? "then" : "else") << i;
  }
}

TEST_F(TxnTest, AnErrorLeavesNoTrace) {
  test_.PutKey("a", "1");
  pb::TxnRequest put_then_fail;
  AddPut(put_then_fail.add_success(), "a", "2");
  pb::TxnRequest txn = put_then_fail;
  AddPut(txn.add_success(), "b", "");
  txn.mutable_success(1)->mutable_request_put()->set_lease(77);
  EXPECT_EQ(test_.Txn(txn).status(), base::errors::LeaseNotFound());
  txn = put_then_fail;
  AddPut(txn.add_success(), "none", "");
  txn.mutable_success(1)->mutable_request_put()->set_ignore_value(true);
  EXPECT_EQ(test_.Txn(txn).status(), base::errors::KeyNotFound());
  txn = put_then_fail;
  AddRange(txn.add_success(), "a");
  // The revision of the transaction itself is still to come when it is checked.
  txn.mutable_success(1)->mutable_request_range()->set_revision(3);
  EXPECT_EQ(test_.Txn(txn).status(), base::errors::FutureRevision());
  EXPECT_EQ(test_.Get("a"), "1");
  EXPECT_EQ(test_.store->revision(), 2);
  // What is wrong in the branch not taken does not matter.
  std::swap(*txn.mutable_success(), *txn.mutable_failure());
  EXPECT_TRUE(test_.Txn(txn).ok());
}

TEST_F(TxnTest, ARangeInsideMayAskForThePast) {
  test_.PutKey("a", "1");
  test_.PutKey("a", "2");
  pb::TxnRequest txn;
  AddPut(txn.add_success(), "a", "3");
  AddPut(txn.add_success(), "b", "3");
  for (int revision : {2, 3}) {
    AddRange(txn.add_success(), "a", "z");
    txn.mutable_success(revision)->mutable_request_range()->set_revision(revision);
  }
  // Uncommitted and committed pasts are the same to it.
  for (bool commit : {false, true}) {
    const auto response = TestStore::Must(test_.Txn(txn, commit));
    EXPECT_EQ(Summary(response.responses(2).response_range()), "a=1@2");
    EXPECT_EQ(Summary(response.responses(3).response_range()), "a=2@3");
  }
}

TEST_F(TxnTest, AListOfAFarPastIsPiecedTogetherRatherThanRolledBackTo) {
  test_.PutKey("a", "then");
  for (int i = 0; i < 5'000; ++i) test_.PutKey("b", "", false);
  test_.Commit();
  const RangeRequest past{.key = "a", .range_end = "z", .revision = 2};
  const auto changes_to_roll_back = [&] { return test_.store->View().RangeCost(past); };
  // Has the `keys` family written.
  ASSERT_TRUE(test_.Compact(2).ok());
  test_.WaitForCompaction(2);
  pb::TxnRequest txn;
  AddPut(txn.add_success(), "c", "");
  AddRange(txn.add_success(), "a", "z");
  txn.mutable_success(1)->mutable_request_range()->set_revision(2);
  const auto response = Txn(txn);
  EXPECT_EQ(Summary(response.responses(1).response_range()), "a=then@2");
  EXPECT_EQ(response.responses(1).response_range().count(), 1);
  EXPECT_GT(changes_to_roll_back(), 5'000u);
  // A reader has time, and others come for the same state.
  pb::RangeRequest read = RangeOf("a", "z");
  read.set_revision(2);
  EXPECT_EQ(Summary(TestStore::Must(test_.Range(read))), "a=then@2");
  EXPECT_LT(changes_to_roll_back(), 5'000u);
}

TEST_F(TxnTest, ThePastInsideTheOpenBatchIsSeenToo) {
  test_.PutKey("a", "1");
  test_.PutKey("c", "1");
  test_.PutKey("a", "2", /*commit=*/false);  // 4
  test_.PutKey("b", "2", /*commit=*/false);  // 5
  test_.DeleteKey("c", /*commit=*/false);    // 6
  test_.PutKey("d", "2", /*commit=*/false);  // 7
  pb::TxnRequest txn;
  for (int revision = 2; revision <= 7; ++revision) {
    AddRange(txn.add_success(), "a", "z");
    txn.mutable_success(revision - 2)->mutable_request_range()->set_revision(revision);
  }
  const auto response = TestStore::Must(test_.Txn(txn));
  const std::vector<std::string> expected = {"a=1@2",       "a=1@2 c=1@3",      "a=2@4 c=1@3", "a=2@4 b=2@5 c=1@3",
                                             "a=2@4 b=2@5", "a=2@4 b=2@5 d=2@7"};
  for (int i = 0; i < 6; ++i) EXPECT_EQ(Summary(response.responses(i).response_range()), expected[i]) << i;
}

TEST_F(TxnTest, ComparesEveryTarget) {
  test_.leases.existing = {5};
  pb::PutRequest put;
  put.set_key("a");
  put.set_value("m");
  put.set_lease(5);
  ASSERT_TRUE(test_.Put(put).ok());
  ASSERT_TRUE(test_.Put(put).ok());  // created 2, modified 3, version 2
  struct Case {
    pb::Compare::CompareTarget target;
    int64_t actual;
  };
  for (const Case& one : {Case{pb::Compare::VERSION, 2}, Case{pb::Compare::CREATE, 2}, Case{pb::Compare::MOD, 3},
                          Case{pb::Compare::LEASE, 5}, Case{pb::Compare::VALUE, 0}}) {
    for (int difference : {-1, 0, 1}) {
      pb::Compare compare;
      compare.set_key("a");
      compare.set_target(one.target);
      const int64_t operand = one.actual + difference;
      if (one.target == pb::Compare::VERSION) compare.set_version(operand);
      if (one.target == pb::Compare::CREATE) compare.set_create_revision(operand);
      if (one.target == pb::Compare::MOD) compare.set_mod_revision(operand);
      if (one.target == pb::Compare::LEASE) compare.set_lease(operand);
      if (one.target == pb::Compare::VALUE) compare.set_value(std::string(1, static_cast<char>('m' + difference)));
      compare.set_result(pb::Compare::EQUAL);
      EXPECT_EQ(Holds(compare), difference == 0) << compare.DebugString();
      compare.set_result(pb::Compare::NOT_EQUAL);
      EXPECT_EQ(Holds(compare), difference != 0) << compare.DebugString();
      compare.set_result(pb::Compare::GREATER);
      EXPECT_EQ(Holds(compare), difference < 0) << compare.DebugString();
      compare.set_result(pb::Compare::LESS);
      EXPECT_EQ(Holds(compare), difference > 0) << compare.DebugString();
    }
  }
}

TEST_F(TxnTest, AnOperandOfAnotherTargetCountsAsAbsent) {
  test_.PutKey("a", "");
  pb::Compare compare;
  compare.set_key("a");
  compare.set_target(pb::Compare::VALUE);
  compare.set_version(9);
  EXPECT_TRUE(Holds(compare));
  compare.set_target(pb::Compare::MOD);
  EXPECT_FALSE(Holds(compare));
}

TEST_F(TxnTest, AMissingKeyComparesAsZerosAndItsValueNever) {
  pb::Compare compare;
  compare.set_key("none");
  for (const std::string end : {"", "nonf", "a"}) {
    compare.set_range_end(end);
    compare.set_target(pb::Compare::MOD);
    compare.set_result(pb::Compare::EQUAL);
    EXPECT_TRUE(Holds(compare));
    compare.set_result(pb::Compare::GREATER);
    EXPECT_FALSE(Holds(compare));
    compare.set_target(pb::Compare::VALUE);
    for (auto result : {pb::Compare::EQUAL, pb::Compare::NOT_EQUAL, pb::Compare::LESS}) {
      compare.set_result(result);
      EXPECT_FALSE(Holds(compare)) << result;
    }
  }
}

TEST_F(TxnTest, AComparisonOverARangeHoldsWhenItHoldsForAll) {
  for (int i = 0; i < 600; ++i) test_.PutKey("k" + std::to_string(i), "v", /*commit=*/i == 599);
  pb::Compare compare;
  compare.set_key("k");
  compare.set_range_end("l");
  compare.set_target(pb::Compare::VALUE);
  compare.set_value("v");
  EXPECT_TRUE(Holds(compare));
  pb::Compare created = compare;
  created.set_target(pb::Compare::CREATE);
  created.set_result(pb::Compare::LESS);
  created.set_create_revision(602);
  EXPECT_TRUE(Holds(created));
  created.set_create_revision(601);
  EXPECT_FALSE(Holds(created));
  test_.PutKey("k599", "w");
  EXPECT_FALSE(Holds(compare));
  test_.PutKey("k599", "v");
  test_.PutKey("k0", "w");
  EXPECT_FALSE(Holds(compare));
}

TEST_F(TxnTest, ReadOnlyMeansNoBranchCanChangeAnything) {
  auto is_read_only = [](const pb::TxnRequest& txn) {
    const std::string bytes = txn.SerializeAsString();
    TxnRequest decoded;
    EXPECT_TRUE(Decode(bytes, &decoded));
    return IsReadOnly(decoded);
  };
  pb::TxnRequest txn;
  EXPECT_TRUE(is_read_only(txn));
  AddRange(txn.add_success(), "a");
  pb::TxnRequest* nested = txn.add_failure()->mutable_request_txn();
  AddRange(nested->add_failure(), "a");
  EXPECT_TRUE(is_read_only(txn));
  AddDelete(nested->add_failure(), "a");
  EXPECT_FALSE(is_read_only(txn));
}

TEST_F(TxnTest, CompactedRevisionsInsideAreRefused) {
  for (int i = 0; i < 4; ++i) test_.PutKey("a", std::to_string(i));
  pb::TxnRequest txn;
  AddRange(txn.add_success(), "a");
  auto status_at = [&](int64_t revision) {
    txn.mutable_success(0)->mutable_request_range()->set_revision(revision);
    return test_.ReadTxn(txn).status();
  };
  EXPECT_TRUE(status_at(-1).ok());
  EXPECT_EQ(status_at(-2), base::errors::Compacted());
  ASSERT_TRUE(test_.Compact(3).ok());
  EXPECT_EQ(status_at(-1), base::errors::Compacted());
  EXPECT_EQ(status_at(2), base::errors::Compacted());
  EXPECT_TRUE(status_at(3).ok());
  EXPECT_TRUE(status_at(0).ok());
}

TEST_F(TxnTest, AnAnswerThatIsTooLongIsRefusedBeforeAnythingIsChanged) {
  TestStore test;
  test.PutKey("long", std::string(4 << 20, 'x'));
  const int64_t revision = test.store->revision();
  pb::TxnRequest reads;
  for (int i = 0; i < 300; ++i) *reads.add_success()->mutable_request_range() = RangeOf("long");
  EXPECT_EQ(test.ReadTxn(reads).status(), base::errors::TooManyRequests());
  pb::TxnRequest changes;
  changes.add_success()->mutable_request_put()->set_key("new");
  changes.MergeFrom(reads);
  EXPECT_EQ(test.Txn(changes).status(), base::errors::TooManyRequests());
  EXPECT_EQ(test.store->revision(), revision);
  EXPECT_EQ(test.Get("new"), "<none>");
  // What the transaction puts itself counts as well.
  pb::TxnRequest own;
  own.add_success()->mutable_request_put()->set_key("own");
  own.mutable_success(0)->mutable_request_put()->set_value(std::string(4 << 20, 'x'));
  for (int i = 0; i < 300; ++i) *own.add_success()->mutable_request_range() = RangeOf("own");
  EXPECT_EQ(test.Txn(own).status(), base::errors::TooManyRequests());
  EXPECT_EQ(test.PutKey("after", ""), revision + 1);
}

// Some thousand keys, and a transaction of a few kilobytes that finds none of them in tens of millions of visits.
class LaboriousTxnTest : public TxnTest {
 protected:
  void SetUp() override {
    constexpr int kKeys = 4000;
    pb::TxnRequest puts;
    for (int i = 0; i < kKeys; ++i) AddPut(puts.add_success(), "key" + std::to_string(i), "");
    Txn(puts);
    pb::TxnRequest inner;
    for (int i = 0; i < 128; ++i) {
      AddRange(inner.add_success(), "key", "kez");
      inner.mutable_success(i)->mutable_request_range()->set_max_create_revision(1);
    }
    for (int i = 0; i < 64; ++i) *reads_.add_success()->mutable_request_txn() = inner;
  }

  pb::TxnRequest reads_;
};

TEST_F(LaboriousTxnTest, ItIsRefused) {
  EXPECT_EQ(test_.ReadTxn(reads_).status(), base::errors::TooManyRequests());
  pb::TxnRequest few;
  *few.add_success() = reads_.success(0);
  EXPECT_TRUE(test_.ReadTxn(few).ok());
}

TEST_F(LaboriousTxnTest, ItIsRefusedBeforeAnythingIsChanged) {
  const int64_t revision = test_.store->revision();
  pb::TxnRequest changes;
  AddPut(changes.add_success(), "new", "");
  changes.MergeFrom(reads_);
  EXPECT_EQ(test_.Txn(changes).status(), base::errors::TooManyRequests());
  EXPECT_EQ(test_.store->revision(), revision);
  EXPECT_EQ(test_.PutKey("after", ""), revision + 1);
}

TEST_F(LaboriousTxnTest, ItsCountsInThePastAreMeasuredToo) {
  test_.PutKey("another", "");
  pb::TxnRequest changes;
  AddPut(changes.add_success(), "new", "");
  changes.MergeFrom(reads_);
  for (pb::RequestOp& outer : *changes.mutable_success()) {
    if (!outer.has_request_txn()) continue;
    for (pb::RequestOp& inner : *outer.mutable_request_txn()->mutable_success()) {
      inner.mutable_request_range()->set_count_only(true);
      inner.mutable_request_range()->set_revision(2);
    }
  }
  EXPECT_EQ(test_.Txn(changes).status(), base::errors::TooManyRequests());
  EXPECT_EQ(test_.Get("new"), "<none>");
}

// What was executed once is executed again from the log, by a store that remembers less.
TEST_F(LaboriousTxnTest, AStoreThatWasOpenedAnewComesToTheSame) {
  constexpr int64_t kPast = 2;
  test_.PutKey("another", "");
  ASSERT_TRUE(test_.database->Flush().ok());
  const auto outcomes = [this] {
    std::string all;
    // Of so many ranges, some are within the bound.
    for (const int ranges : {250, 375, 500, 625, 750, 875, 1000}) {
      pb::TxnRequest inner, txn;
      AddPut(txn.add_success(), "new", "");
      for (int i = 0; i < 125; ++i) {
        AddRange(inner.add_success(), "key", "kez");
        inner.mutable_success(i)->mutable_request_range()->set_limit(1);
        inner.mutable_success(i)->mutable_request_range()->set_revision(kPast);
      }
      for (int i = 0; i < ranges; i += 125) *txn.add_success()->mutable_request_txn() = inner;
      all += test_.Txn(txn).ok() ? "accepted " : "refused ";
    }
    return all;
  };
  const std::string first = outcomes();
  EXPECT_TRUE(first.starts_with("accepted "));
  EXPECT_TRUE(first.ends_with(" refused "));
  test_.Reopen();
  EXPECT_EQ(outcomes(), first);
}

TEST_F(LaboriousTxnTest, ItsComparisonsAreMeasuredToo) {
  pb::TxnRequest compares;
  for (int i = 0; i < 5000; ++i) {
    AddCompare(&compares, "key", pb::Compare::VERSION, pb::Compare::GREATER)->set_range_end("kez");
  }
  EXPECT_EQ(test_.ReadTxn(compares).status(), base::errors::TooManyRequests());
}

TEST_F(LaboriousTxnTest, ItEndsSoonAfterItMayNotGoOn) {
  std::string bytes = reads_.SerializeAsString();
  TxnRequest request;
  ASSERT_TRUE(Decode(bytes, &request));
  int asked = 0;
  const auto may_go_on = [&] { return ++asked < 3 ? absl::OkStatus() : base::errors::DeadlineExceeded(); };
  EXPECT_EQ(test_.store->View().Txn(request, may_go_on).status(), base::errors::DeadlineExceeded());
  EXPECT_EQ(asked, 3);
}

TEST_F(LaboriousTxnTest, WhetherItIsShortIsKnownSoon) {
  std::string bytes = reads_.SerializeAsString();
  TxnRequest request;
  ASSERT_TRUE(Decode(bytes, &request));
  const uint64_t cost = test_.store->View().TxnCost(request, 128);
  EXPECT_GT(cost, 128u);
  EXPECT_LT(cost, 10'000u);
}

TEST_F(TxnTest, AnswersAreTooLongTogetherUntilTheBudgetIsRenewed) {
  TestStore test(/*cache_bytes=*/32 << 20);
  test.PutKey("long", std::string(4 << 20, 'x'));
  RangeRequest range;
  range.key = "long";
  PutRequest put;
  put.key = "new";
  TxnRequest txn;  // 400 MiB
  txn.success.push_back({put});
  for (int i = 0; i < 100; ++i) txn.success.push_back({range});
  TxnRequest reads;
  for (int i = 0; i < 20; ++i) reads.success.push_back({range});
  DeleteRangeRequest deletion;
  deletion.key = put.key = "long";
  deletion.prev_kv = put.prev_kv = true;

  EXPECT_TRUE(test.store->Txn(txn).ok());
  EXPECT_TRUE(test.store->Txn(txn).ok());
  test.Commit();
  // What is refused takes nothing: 220 MiB are left, of which the reads take 80 each.
  EXPECT_EQ(test.store->Txn(txn).status(), base::errors::TooManyRequests());
  EXPECT_TRUE(test.store->Txn(reads).ok());
  EXPECT_TRUE(test.store->Txn(reads).ok());
  EXPECT_EQ(test.store->Txn(reads).status(), base::errors::TooManyRequests());
  reads.success.resize(15);
  EXPECT_TRUE(test.store->Txn(reads).ok());
  EXPECT_EQ(test.store->DeleteRange(deletion).status(), base::errors::TooManyRequests());
  EXPECT_EQ(test.store->Put(put).status(), base::errors::TooManyRequests());
  put.prev_kv = false;
  EXPECT_TRUE(test.store->Put(put).ok());
  test.store->RenewMemoryBudget();
  EXPECT_TRUE(test.store->Txn(txn).ok());
  EXPECT_TRUE(test.store->DeleteRange(deletion).ok());
}

TEST_F(TxnTest, ValuesThatAreKeptTakeOfTheBudgetAsWell) {
  TestStore test(/*cache_bytes=*/32 << 20);
  test.PutKey("long", std::string(4 << 20, 'x'));
  RangeRequest range;
  range.key = "long";
  TxnRequest reads;  // 1000 MiB
  for (int i = 0; i < 250; ++i) reads.success.push_back({range});
  EXPECT_TRUE(test.store->Txn(reads).ok());
  // 24 MiB are left, of which each takes 16.
  PutRequest keep;
  keep.key = "long";
  keep.ignore_value = true;
  TxnRequest twice;
  twice.success.push_back({keep});
  twice.success.push_back({keep});
  EXPECT_EQ(test.store->Txn(twice).status(), base::errors::TooManyRequests());
  EXPECT_TRUE(test.store->Put(keep).ok());
  EXPECT_EQ(test.store->Put(keep).status(), base::errors::TooManyRequests());
  test.store->RenewMemoryBudget();
  EXPECT_TRUE(test.store->Txn(twice).ok());
  test.Commit();
}

TEST_F(TxnTest, ALimitLetsThroughWhatTheTransactionItselfBringsToTheFront) {
  TestStore test(/*cache_bytes=*/32 << 20);
  test.PutKey("a", "");
  test.PutKey("b", "");
  test.PutKey("c", std::string(4 << 20, 'x'));
  RangeRequest range;
  range.key = "a";
  range.range_end = "d";
  range.limit = 1;
  PutRequest other;
  other.key = "e";
  TxnRequest txn;
  for (int i = 0; i < 300; ++i) txn.success.push_back({range});
  txn.success.push_back({other});
  EXPECT_TRUE(test.store->Txn(txn).ok());
  DeleteRangeRequest deletion;
  deletion.key = "a";
  deletion.range_end = "c";
  txn.success.insert(txn.success.begin(), {deletion});
  EXPECT_EQ(test.store->Txn(txn).status(), base::errors::TooManyRequests());
  // What is deleted elsewhere brings nothing to the front.
  test.PutKey("x", "");
  test.PutKey("y", "");
  deletion.key = "x";
  deletion.range_end = "z";
  txn.success.front() = {deletion};
  EXPECT_TRUE(test.store->Txn(txn).ok());
  EXPECT_EQ(test.Get("a"), "");
}

}  // namespace
}  // namespace quorate::mvcc
