// The checker finds what it is there to find.

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "tests/soak/lease_ledger.h"
#include "tests/soak/resources.h"
#include "tests/soak/timeline.h"

namespace quorate::soak {
namespace {

namespace pb = etcdserverpb;

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

mvccpb::Event Put(const std::string& key, uint64_t operation, int64_t revision, int64_t created, int64_t version,
                  int64_t lease = 0) {
  mvccpb::Event event;
  mvccpb::KeyValue* kv = event.mutable_kv();
  kv->set_key(key);
  kv->set_value(ValueOf(operation, 10));
  kv->set_mod_revision(revision);
  kv->set_create_revision(created);
  kv->set_version(version);
  kv->set_lease(lease);
  return event;
}

mvccpb::Event Deletion(const std::string& key, int64_t revision) {
  mvccpb::Event event;
  event.set_type(mvccpb::Event::DELETE);
  event.mutable_kv()->set_key(key);
  event.mutable_kv()->set_mod_revision(revision);
  return event;
}

std::shared_ptr<Operation> PutOf(uint64_t id, const std::vector<std::string>& keys, int64_t lease = 0) {
  auto operation = std::make_shared<Operation>();
  operation->id = id;
  for (const std::string& key : keys) {
    pb::PutRequest* put = operation->txn.add_success()->mutable_request_put();
    put->set_key(key);
    put->set_value(ValueOf(id, 10));
    put->set_lease(lease);
  }
  return operation;
}

std::shared_ptr<Operation> DeletionOf(uint64_t id, const std::string& key) {
  auto operation = std::make_shared<Operation>();
  operation->id = id;
  operation->txn.add_success()->mutable_request_delete_range()->set_key(key);
  return operation;
}

pb::TxnResponse AnswerAt(int64_t revision, const Operation& operation, int64_t deleted = 0) {
  pb::TxnResponse response;
  response.mutable_header()->set_revision(revision);
  response.set_succeeded(true);
  for (const pb::RequestOp& op : operation.txn.success()) {
    pb::ResponseOp* answer = response.add_responses();
    if (op.has_request_put()) answer->mutable_response_put();
    if (op.has_request_delete_range()) answer->mutable_response_delete_range()->set_deleted(deleted);
  }
  return response;
}

class CheckerTest : public ::testing::Test {
 protected:
  CheckerTest() { timeline_.StartBehind(1); }
  // A put that goes as it should, at the next revision.
  void PutFirst(const std::string& key, int64_t lease = 0) {
    const auto operation = PutOf(100 + static_cast<uint64_t>(timeline_.last()), {key}, lease);
    const int64_t told = timeline_.Begin(operation);
    const int64_t revision = timeline_.last() + 1;
    timeline_.Take({Put(key, operation->id, revision, revision, 1, lease)});
    timeline_.Finish(*operation, told, AnswerAt(revision, *operation));
    ASSERT_EQ(findings_.count(), 0);
  }

  Findings findings_{Findings::Output::kNone};
  LeaseLedger leases_;
  Timeline timeline_{&findings_, &leases_};
};

TEST_F(CheckerTest, WhatWasAskedForAndDoneIsFine) {
  PutFirst("a");
  const auto both = PutOf(1, {"a", "b"});
  timeline_.Begin(both);
  timeline_.Take({Put("a", 1, 3, 2, 2), Put("b", 1, 3, 3, 1)});
  timeline_.Finish(*both, 2, AnswerAt(3, *both));
  const auto deletion = DeletionOf(2, "a");
  timeline_.Begin(deletion);
  timeline_.Take({Deletion("a", 4)});
  timeline_.Finish(*deletion, 3, AnswerAt(4, *deletion, 1));
  const auto nothing = DeletionOf(3, "a");
  timeline_.Begin(nothing);
  timeline_.Finish(*nothing, 4, AnswerAt(4, *nothing, 0));
  EXPECT_EQ(findings_.count(), 0);
}

TEST_F(CheckerTest, AnAcknowledgedWriteThatIsLostIsFound) {
  const auto lost = PutOf(1, {"a"});
  timeline_.Begin(lost);
  PutFirst("b");
  timeline_.Finish(*lost, 1, AnswerAt(2, *lost));
  EXPECT_EQ(findings_.count(), 1);
}

TEST_F(CheckerTest, AnAcknowledgedDeletionThatIsLostIsFound) {
  PutFirst("a");
  const auto lost = DeletionOf(1, "a");
  timeline_.Begin(lost);
  PutFirst("b");
  timeline_.Finish(*lost, 2, AnswerAt(3, *lost, 1));
  EXPECT_EQ(findings_.count(), 1);
}

TEST_F(CheckerTest, HalfATransactionIsFound) {
  timeline_.Begin(PutOf(1, {"a", "b"}));
  timeline_.Take({Put("a", 1, 2, 2, 1)});
  EXPECT_EQ(findings_.count(), 1);
}

TEST_F(CheckerTest, AWriteThatWasNotAnsweredMayBeThereOnceOrNot) {
  const auto done = PutOf(1, {"a"});
  const auto undone = PutOf(2, {"a"});
  timeline_.Begin(done);
  timeline_.Begin(undone);
  timeline_.Take({Put("a", 1, 2, 2, 1)});
  timeline_.Abandon(*done, 2);
  timeline_.Abandon(*undone, 2);
  EXPECT_EQ(findings_.count(), 0);
  timeline_.Take({Put("a", 2, 3, 2, 2)});
  EXPECT_EQ(findings_.count(), 1) << "an abandoned write comes later";
}

TEST_F(CheckerTest, AWriteThatIsDoneTwiceIsFound) {
  timeline_.Begin(PutOf(1, {"a"}));
  timeline_.Take({Put("a", 1, 2, 2, 1), Put("a", 1, 3, 2, 2)});
  EXPECT_EQ(findings_.count(), 1);
}

TEST_F(CheckerTest, WhatNobodyAskedForIsFound) {
  timeline_.Take({Put("a", 1, 2, 2, 1)});
  EXPECT_EQ(findings_.count(), 1);
  timeline_.Take({Deletion("a", 3)});
  EXPECT_EQ(findings_.count(), 2);
}

TEST_F(CheckerTest, AnotherVersionThanTheHistorysIsFound) {
  PutFirst("a");
  timeline_.Begin(PutOf(1, {"a"}));
  timeline_.Take({Put("a", 1, 3, 2, 3)});
  EXPECT_EQ(findings_.count(), 1);
}

TEST_F(CheckerTest, ARevisionThatIsSkippedIsFound) {
  timeline_.Begin(PutOf(1, {"a"}));
  timeline_.Take({Put("a", 1, 3, 3, 1)});
  EXPECT_EQ(findings_.count(), 1);
}

TEST_F(CheckerTest, AnAnswerOfBeforeTheQuestionIsFound) {
  PutFirst("a");
  const auto nothing = DeletionOf(1, "b");
  timeline_.Begin(nothing);
  timeline_.Finish(*nothing, 3, AnswerAt(2, *nothing, 0));
  EXPECT_EQ(findings_.count(), 1);
}

TEST_F(CheckerTest, ARangeThatIsNotWhatTheHistorySaysIsFound) {
  PutFirst("a");
  PutFirst("b");
  pb::RangeRequest request;
  request.set_key("a");
  request.set_range_end("c");
  pb::RangeResponse response;
  response.mutable_header()->set_revision(3);
  response.set_count(2);
  *response.add_kvs() = Put("a", 101, 2, 2, 1).kv();
  *response.add_kvs() = Put("b", 102, 3, 3, 1).kv();
  timeline_.CheckAnswer(request, response);
  EXPECT_EQ(findings_.count(), 0);
  response.mutable_kvs(1)->set_value("another");
  timeline_.CheckAnswer(request, response);
  EXPECT_EQ(findings_.count(), 1);
  request.set_revision(2);
  timeline_.CheckAnswer(request, response);
  EXPECT_EQ(findings_.count(), 2);
}

TEST_F(CheckerTest, ALeaseEndsWithAllItsKeysAndNotBeforeItsTime) {
  const auto now = steady_clock::now();
  leases_.Renewed(7, seconds(0), now - seconds(1), now - seconds(1));
  leases_.Renewed(8, seconds(1000), now, now);
  PutFirst("a", 7);
  PutFirst("b", 8);
  timeline_.Take({Deletion("a", 4)});
  EXPECT_EQ(findings_.count(), 0);
  timeline_.Take({Deletion("b", 5)});
  EXPECT_EQ(findings_.count(), 1) << "too early";
}

TEST_F(CheckerTest, ALeaseThatTakesSomeOfItsKeysIsFound) {
  leases_.Revoking(7);
  PutFirst("a", 7);
  PutFirst("b", 7);
  timeline_.Take({Deletion("a", 4)});
  EXPECT_EQ(findings_.count(), 1);
}

TEST_F(CheckerTest, ALeaseIsOverdueOnceItsTimeIsOver) {
  const auto now = steady_clock::now();
  leases_.Renewed(7, seconds(2), now, now);
  EXPECT_FALSE(leases_.IsOverdue(7, seconds(3), now + seconds(4)));
  EXPECT_TRUE(leases_.IsOverdue(7, seconds(3), now + seconds(6)));
  leases_.Restarted(now + seconds(5));
  EXPECT_FALSE(leases_.IsOverdue(7, seconds(3), now + seconds(6)));
}

TEST_F(CheckerTest, AWatcherHearsEachEventOnceAndInOrder) {
  PutFirst("a");
  PutFirst("b");
  const WatchSpec spec = {.key = "a", .range_end = "c", .from = 2};
  const mvccpb::Event first = Put("a", 101, 2, 2, 1);
  const mvccpb::Event second = Put("b", 102, 3, 3, 1);
  timeline_.CheckWatch(spec, {first, second}, 3);
  EXPECT_EQ(findings_.count(), 0);
  int expected = 0;
  for (const std::vector<mvccpb::Event>& heard : std::vector<std::vector<mvccpb::Event>>{
           {first}, {second}, {second, first}, {first, first, second}, {first, second, second}}) {
    timeline_.CheckWatch(spec, heard, 3);
    EXPECT_EQ(findings_.count(), ++expected);
  }
}

TEST_F(CheckerTest, AFormerValueMayLackAtACompactedRevisionAndNowhereElse) {
  PutFirst("a");
  timeline_.Begin(PutOf(102, {"a"}));
  const mvccpb::Event again = Put("a", 102, 3, 2, 2);
  timeline_.Take({again});
  WatchSpec spec = {.key = "a", .range_end = "b", .from = 3, .former = true, .formerless_to = 3};
  timeline_.CheckWatch(spec, {again}, 3);
  EXPECT_EQ(findings_.count(), 0);
  spec.formerless_to = 2;
  timeline_.CheckWatch(spec, {again}, 3);
  EXPECT_EQ(findings_.count(), 1);
}

TEST(Resources, GrowthIsFoundAndBreathingIsNot) {
  constexpr int64_t kMiB = 1 << 20;
  std::vector<ResourceSample> flat;
  std::vector<ResourceSample> growing;
  for (int i = 0; i < 100; ++i) {
    ResourceSample sample = {.at = milliseconds(i), .age = seconds(100), .life = i / 30};
    sample.resident_bytes = (100 + i % 10 + i) * kMiB;
    sample.cache_bytes = i * kMiB;
    sample.descriptors = 50;
    flat.push_back(sample);
    sample.cache_bytes = 0;
    sample.descriptors = 50 + i;
    growing.push_back(sample);
  }
  EXPECT_EQ(CheckFlat(flat, seconds(60)).faults, "");
  const std::string faults = CheckFlat(growing, seconds(60)).faults;
  EXPECT_NE(faults.find("bytes outside of caches grow over all lives"), std::string::npos) << faults;
  EXPECT_NE(faults.find("descriptors grow over all lives"), std::string::npos) << faults;
}

TEST(Resources, WhatFillsWithAgeIsNoGrowthOverLives) {
  constexpr int64_t kMiB = 1 << 20;
  std::vector<ResourceSample> samples;
  for (int i = 0; i < 60; ++i) {
    samples.push_back({.age = seconds(100), .life = i / 10, .resident_bytes = 190 * kMiB});
  }
  for (int i = 0; i < 30; ++i) {
    samples.push_back({.age = seconds(100 + 50 * i), .life = 6, .resident_bytes = (190 + 5 * i / 2) * kMiB});
  }
  EXPECT_EQ(CheckFlat(samples, seconds(60)).faults, "");
}

}  // namespace
}  // namespace quorate::soak
