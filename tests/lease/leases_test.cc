#include "quorate/lease/leases.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "quorate/base/big_endian.h"
#include "quorate/base/errors.h"
#include "quorate/lease/id_generator.h"
#include "tests/lease/lease_testing.h"

namespace quorate::lease {
namespace {

using std::chrono_literals::operator""s;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> KeysOf(const std::vector<mvcc::Event>& events) {
  std::vector<std::string> keys;
  for (const mvcc::Event& event : events) keys.emplace_back(event.key);
  return keys;
}

// Takes the lease away from under its keys, as etcd's data may have them.
void Orphan(TestLeases& test, int64_t lease) {
  storage::WriteBatch batch;
  batch.Delete(storage::Family::kMeta, "lease/" + base::BigEndian(static_cast<uint64_t>(lease)));
  ASSERT_TRUE(test.database->WriteUnmarked(batch).ok());
  test.Flush();
  test.Reopen();
}

TEST(LeasesTest, RefusesWhatEtcdRefuses) {
  TestLeases test;
  EXPECT_EQ(test.Grant(0, 10), base::errors::LeaseNotFound());
  EXPECT_EQ(test.Grant(1, kTtlMaxSeconds + 1), base::errors::LeaseTtlTooLarge());
  EXPECT_TRUE(test.Grant(1, kTtlMaxSeconds).ok());
  EXPECT_EQ(test.Grant(1, 10), base::errors::LeaseExists());
  EXPECT_EQ(test.Grant(1, kTtlMaxSeconds + 1), base::errors::LeaseTtlTooLarge());
  EXPECT_EQ(test.Revoke(2), base::errors::LeaseNotFound());
  EXPECT_EQ(test.Put("a", 2), base::errors::LeaseNotFound());
}

TEST(LeasesTest, RevokingDeletesTheKeysInOneRevisionInTheirOrder) {
  TestLeases test;
  ASSERT_TRUE(test.Grant(7, 10).ok());
  for (const char* key : {"c", "a", "b"}) ASSERT_TRUE(test.Put(key, 7).ok());
  ASSERT_TRUE(test.Put("other").ok());
  test.events.clear();
  const int64_t before = test.store->revision();
  ASSERT_TRUE(test.Revoke(7).ok());
  EXPECT_EQ(test.store->revision(), before + 1);
  EXPECT_THAT(KeysOf(test.events), ElementsAre("a", "b", "c"));
  for (size_t i = 0; i < test.events.size(); ++i) {
    EXPECT_TRUE(test.events[i].deleted);
    EXPECT_EQ(test.events[i].revision, (mvcc::Revision{before + 1, static_cast<int64_t>(i)}));
  }
  EXPECT_EQ(test.Keys(), 1u);
}

TEST(LeasesTest, KnowsHowManyThereAre) {
  TestLeases test;
  for (const int64_t id : {1, 2, 3}) ASSERT_TRUE(test.Grant(id, 10).ok());
  EXPECT_EQ(test.Grant(1, 10), base::errors::LeaseExists());
  ASSERT_TRUE(test.Revoke(2).ok());
  EXPECT_EQ(test.Revoke(2), base::errors::LeaseNotFound());
  EXPECT_EQ(test.leases->count(), 2u);
  test.Flush();
  test.Reopen();
  EXPECT_EQ(test.leases->count(), 2u);
}

TEST(LeasesTest, RevokingALeaseWithoutKeysChangesNoRevision) {
  TestLeases test;
  ASSERT_TRUE(test.Grant(7, 10).ok());
  const int64_t before = test.store->revision();
  ASSERT_TRUE(test.Revoke(7).ok());
  EXPECT_EQ(test.store->revision(), before);
}

TEST(LeasesTest, AKeyHangsOnTheLeaseOfItsLastPut) {
  TestLeases test;
  ASSERT_TRUE(test.Grant(1, 10).ok());
  ASSERT_TRUE(test.Grant(2, 10).ok());
  ASSERT_TRUE(test.Put("a", 1).ok());
  EXPECT_THAT(KeysOf(*test.leases, 1), ElementsAre("a"));
  ASSERT_TRUE(test.Put("a", 2).ok());
  EXPECT_THAT(KeysOf(*test.leases, 1), IsEmpty());
  EXPECT_THAT(KeysOf(*test.leases, 2), ElementsAre("a"));
  ASSERT_TRUE(test.Put("a").ok());
  EXPECT_THAT(KeysOf(*test.leases, 2), IsEmpty());
  ASSERT_TRUE(test.Put("b", 2).ok());
  ASSERT_TRUE(test.Delete("b").ok());
  EXPECT_EQ(test.leases->KeyCount(2), 0u);
  ASSERT_TRUE(test.Revoke(1).ok());
  ASSERT_TRUE(test.Revoke(2).ok());
  EXPECT_EQ(test.Keys(), 1u);
}

TEST(LeasesTest, KeysComeInSlicesBetweenWhichTheWriterGoesOn) {
  TestLeases test;
  constexpr size_t kKeys = 2 * Leases::kSliceKeysMax + 1;
  ASSERT_TRUE(test.leases->Grant({1, 100}, *test.store).ok());
  const auto attach = [&test](const std::string& key) {
    mvcc::PutRequest put;
    put.key = key;
    put.lease = 1;
    ASSERT_TRUE(test.store->Put(put).ok());
  };
  std::vector<std::string> keys;
  for (size_t i = 0; i < kKeys; ++i) keys.push_back("k" + std::to_string(10'000 + i));
  for (const std::string& key : keys) attach(key);
  test.Commit();
  std::vector<std::string> got;
  auto slice = test.leases->KeysAfter(1, "");
  ASSERT_TRUE(slice.has_value());
  EXPECT_EQ(slice->size(), Leases::kSliceKeysMax);
  got = *slice;
  // Before the next one and behind it; and the one that it would go on behind goes itself.
  attach("a");
  attach("z");
  ASSERT_TRUE(test.Delete(got.back()).ok());
  while (!slice->empty()) {
    slice = test.leases->KeysAfter(1, slice->back());
    ASSERT_TRUE(slice.has_value());
    got.insert(got.end(), slice->begin(), slice->end());
  }
  keys.push_back("z");
  EXPECT_EQ(got, keys);
  keys.erase(keys.begin() + static_cast<ptrdiff_t>(Leases::kSliceKeysMax) - 1);
  keys.insert(keys.begin(), "a");
  EXPECT_EQ(KeysOf(*test.leases, 1), keys);
  ASSERT_TRUE(test.Revoke(1).ok());
  EXPECT_FALSE(test.leases->KeysAfter(1, got.front()).has_value());
  EXPECT_FALSE(test.leases->KeysAfter(2, "").has_value());
}

TEST(LeasesTest, ASliceOfLongKeysHasFew) {
  TestLeases test;
  ASSERT_TRUE(test.Grant(1, 10).ok());
  for (const char* name : {"a", "b", "c"}) {
    ASSERT_TRUE(test.Put(name + std::string(Leases::kSliceBytesMax / 2, 'k'), 1).ok());
  }
  EXPECT_EQ(test.leases->KeysAfter(1, "")->size(), 2u);
  EXPECT_EQ(KeysOf(*test.leases, 1).size(), 3u);
}

TEST(LeasesTest, KnowsHowLongTheKeysAreTogether) {
  TestLeases test;
  EXPECT_EQ(test.leases->KeyBytes(1), 0u);
  ASSERT_TRUE(test.Grant(1, 10).ok());
  EXPECT_EQ(test.leases->KeyBytes(1), 0u);
  for (const char* key : {"abc", "de", "abc"}) ASSERT_TRUE(test.Put(key, 1).ok());
  EXPECT_EQ(test.leases->KeyBytes(1), 5u);
  test.Flush();
  test.Reopen();
  EXPECT_EQ(test.leases->KeyBytes(1), 5u);
  ASSERT_TRUE(test.Put("de").ok());
  EXPECT_EQ(test.leases->KeyBytes(1), 3u);
  ASSERT_TRUE(test.Delete("abc").ok());
  EXPECT_EQ(test.leases->KeyBytes(1), 0u);
}

TEST(LeasesTest, ManyCommandsInOneBatchSeeEachOther) {
  TestLeases test;
  mvcc::PutRequest put;
  put.key = "a";
  put.lease = 5;
  ASSERT_TRUE(test.leases->Grant({5, 10}, *test.store).ok());
  ASSERT_TRUE(test.store->Put(put).ok());
  ASSERT_TRUE(test.leases->Revoke({5}, *test.store).ok());
  EXPECT_EQ(test.store->Put(put).status(), base::errors::LeaseNotFound());
  ASSERT_TRUE(test.leases->Grant({5, 20}, *test.store).ok());
  test.Commit();
  EXPECT_EQ(test.Keys(), 0u);
  EXPECT_EQ(test.lessor->Find(5)->granted_seconds, 20);
  EXPECT_THAT(KeysOf(*test.leases, 5), IsEmpty());
}

TEST(LeasesTest, WhoSeesAKeyOfALeaseFindsTheLease) {
  TestLeases test;
  test.lessor->Promote(0s);
  ASSERT_TRUE(test.leases->Grant({5, 10}, *test.store).ok());
  mvcc::PutRequest put;
  put.key = "a";
  put.lease = 5;
  ASSERT_TRUE(test.store->Put(put).ok());
  test.leases->Publishing();
  ASSERT_TRUE(test.store->Commit(++test.mark).ok());
  EXPECT_EQ(test.Keys(), 1u);
  EXPECT_TRUE(test.lessor->Find(5).has_value());
  EXPECT_EQ(test.lessor->Renew(5).outcome, Lessor::Renewal::Outcome::kRenewed);
  test.leases->Published();
  EXPECT_EQ(test.lessor->Find(5)->granted_seconds, 10);
}

TEST(LeasesTest, TheLastOfAnIdInABatchDecides) {
  TestLeases test;
  const auto grant = [&](int64_t ttl) { ASSERT_TRUE(test.leases->Grant({5, ttl}, *test.store).ok()); };
  const auto revoke = [&] { ASSERT_TRUE(test.leases->Revoke({5}, *test.store).ok()); };
  grant(10);
  revoke();
  test.Commit();
  EXPECT_FALSE(test.lessor->Find(5).has_value());
  EXPECT_EQ(test.lessor->statistics().leases, 0u);
  grant(10);
  test.Commit();
  for (const int64_t ttl : {20, 30}) {
    revoke();
    grant(ttl);
  }
  test.Commit();
  EXPECT_EQ(test.lessor->Find(5)->granted_seconds, 30);
  revoke();
  grant(40);
  revoke();
  test.Commit();
  EXPECT_EQ(test.lessor->statistics().leases, 0u);
  EXPECT_EQ(test.lessor->statistics().granted, 5u);
  EXPECT_EQ(test.lessor->statistics().revoked, 5u);
}

TEST(LeasesTest, SurvivesARestart) {
  TestLeases test;
  for (const int64_t id : {int64_t{1}, int64_t{-1}, std::numeric_limits<int64_t>::max()}) {
    ASSERT_TRUE(test.Grant(id, 100).ok());
  }
  ASSERT_TRUE(test.Grant(2, 100).ok());
  ASSERT_TRUE(test.Put("a", 1).ok());
  ASSERT_TRUE(test.Put("b", 1).ok());
  ASSERT_TRUE(test.Put("c", 2).ok());
  ASSERT_TRUE(test.Delete("b").ok());
  ASSERT_TRUE(test.Revoke(2).ok());
  test.Flush();
  test.Reopen();
  EXPECT_THAT(KeysOf(*test.leases, 1), ElementsAre("a"));
  EXPECT_FALSE(test.leases->Exists(2));
  EXPECT_TRUE(test.leases->Exists(-1));
  EXPECT_EQ(test.lessor->Find(std::numeric_limits<int64_t>::max())->granted_seconds, 100);
  EXPECT_EQ(test.lessor->statistics().leases, 3u);
  ASSERT_TRUE(test.Revoke(1).ok());
  EXPECT_EQ(test.Keys(), 0u);
}

TEST(LeasesTest, KeysThatNameALeaseThatIsNotThereAreHeldOnceItIsGranted) {
  TestLeases test;
  ASSERT_TRUE(test.Grant(1, 10).ok());
  for (const char* key : {"abc", "b", "c"}) ASSERT_TRUE(test.Put(key, 1).ok());
  Orphan(test, 1);
  EXPECT_EQ(test.leases->count(), 0u);
  EXPECT_FALSE(test.leases->KeysAfter(1, "").has_value());
  EXPECT_EQ(test.leases->KeyCount(1), 0u);
  EXPECT_EQ(test.leases->KeyBytes(1), 0u);
  EXPECT_EQ(test.Put("d", 1), base::errors::LeaseNotFound());
  EXPECT_EQ(test.Revoke(1), base::errors::LeaseNotFound());
  ASSERT_TRUE(test.Put("b").ok());
  ASSERT_TRUE(test.Delete("c").ok());
  ASSERT_TRUE(test.Grant(1, 10).ok());
  EXPECT_THAT(KeysOf(*test.leases, 1), ElementsAre("abc"));
  EXPECT_EQ(test.leases->KeyBytes(1), 3u);
  ASSERT_TRUE(test.Put("abc", 1).ok());
  EXPECT_THAT(KeysOf(*test.leases, 1), ElementsAre("abc"));
  ASSERT_TRUE(test.Revoke(1).ok());
  EXPECT_EQ(test.Keys(), 1u);
  ASSERT_TRUE(test.Grant(1, 10).ok());
  EXPECT_THAT(KeysOf(*test.leases, 1), IsEmpty());
}

TEST(LeasesTest, ALogExecutedAgainFindsTheSameKeysOfALease) {
  TestLeases test;
  ASSERT_TRUE(test.Grant(1, 10).ok());
  ASSERT_TRUE(test.Put("a", 1).ok());
  Orphan(test, 1);
  ASSERT_TRUE(test.Grant(1, 10).ok());
  test.Flush();
  ASSERT_TRUE(test.Revoke(1).ok());
  const int64_t revision = test.store->revision();
  test.Reopen();
  ASSERT_TRUE(test.Revoke(1).ok());
  EXPECT_EQ(test.store->revision(), revision);
  EXPECT_EQ(test.Keys(), 0u);
}

TEST(LeasesTest, WhatACrashTakesIsGoneAltogether) {
  TestLeases test;
  ASSERT_TRUE(test.Grant(1, 100).ok());
  ASSERT_TRUE(test.Put("a", 1).ok());
  test.Flush();
  ASSERT_TRUE(test.Revoke(1).ok());
  test.Reopen();
  EXPECT_THAT(KeysOf(*test.leases, 1), ElementsAre("a"));
  EXPECT_EQ(test.Keys(), 1u);
}

TEST(LeasesTest, AnAnswerWaitsUntilWhatItShowsIsPublished) {
  TestLeases test;
  int told = 0;
  EXPECT_TRUE(test.leases->WhenPublished([&](const absl::Status& status) {
    ++told;
    EXPECT_TRUE(status.ok()) << status;
  }));
  EXPECT_EQ(told, 1);
  ASSERT_TRUE(test.leases->Grant({1, 10}, *test.store).ok());
  EXPECT_TRUE(test.leases->WhenPublished([&](const absl::Status& status) {
    ++told;
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_TRUE(test.lessor->Find(1).has_value());
  }));
  EXPECT_EQ(told, 1);
  EXPECT_FALSE(test.lessor->Find(1).has_value());
  test.Commit();
  EXPECT_EQ(told, 2);
}

TEST(LeasesTest, NobodyWaitsForWhatTheDiskRefuses) {
  TestLeases test;
  std::vector<absl::Status> heard;
  const auto ask = [&] {
    EXPECT_TRUE(test.leases->WhenPublished([&](absl::Status status) { heard.push_back(std::move(status)); }));
  };
  const absl::Status ok, refused = base::errors::TimeoutWaitAppliedIndex();
  test.leases->PublishRefused(refused);  // it is no matter of leases
  ask();
  EXPECT_THAT(heard, ElementsAre(ok));
  ASSERT_TRUE(test.leases->Grant({1, 10}, *test.store).ok());
  ask();
  EXPECT_THAT(heard, ElementsAre(ok));
  test.leases->PublishRefused(refused);
  EXPECT_THAT(heard, ElementsAre(ok, refused));
  ask();
  EXPECT_THAT(heard, ElementsAre(ok, refused, refused));
  test.Commit();
  ask();
  EXPECT_THAT(heard, ElementsAre(ok, refused, refused, ok));
}

TEST(LeasesTest, DamagedLeasesAreFoundAtStart) {
  TestLeases test;
  storage::WriteBatch batch;
  batch.Put(storage::Family::kMeta, "lease/short", "\x0a");
  ASSERT_TRUE(test.database->WriteUnmarked(batch).ok());
  TestClock clock;
  Lessor lessor({.clock = &clock});
  Leases leases(&lessor);
  EXPECT_EQ(leases.Load(*test.database).code(), absl::StatusCode::kDataLoss);
}

TEST(LeasesTest, AHundredThousandKeysGoTogether) {
  TestLeases test;
  constexpr size_t kKeys = 100'000;
  ASSERT_TRUE(test.leases->Grant({1, 100}, *test.store).ok());
  for (size_t i = 0; i < kKeys; ++i) {
    const std::string key = "k" + std::to_string(i);
    mvcc::PutRequest put;
    put.key = key;
    put.lease = 1;
    ASSERT_TRUE(test.store->Put(put).ok());
  }
  test.Commit();
  EXPECT_EQ(test.leases->KeyCount(1), kKeys);
  test.events.clear();
  const int64_t before = test.store->revision();
  ASSERT_TRUE(test.Revoke(1).ok());
  EXPECT_EQ(test.store->revision(), before + 1);
  EXPECT_EQ(test.events.size(), kKeys);
  EXPECT_EQ(test.Keys(), 0u);
}

TEST(LeaseRequestTest, ReadsWhatItWrites) {
  GrantRequest grant;
  ASSERT_TRUE(Decode(Encode(GrantRequest{-5, 77}), &grant));
  EXPECT_EQ(grant.id, -5);
  EXPECT_EQ(grant.ttl, 77);
  RevokeRequest revoke;
  ASSERT_TRUE(Decode(Encode(RevokeRequest{9}), &revoke));
  EXPECT_EQ(revoke.id, 9);
  EXPECT_FALSE(Decode("\x08", &grant));
}

TEST(IdGeneratorTest, IdsArePositiveAndDiffer) {
  IdGenerator before(0xffffffffffffffff, 1'000'000);
  const int64_t first = before.Next();
  EXPECT_GT(first, 0);
  EXPECT_EQ(before.Next(), first + 1);
  IdGenerator later(0xffffffffffffffff, 1'000'001);
  EXPECT_GT(later.Next(), first + 1);
  IdGenerator elsewhere(0xfffffffffffffffe, 1'000'000);
  EXPECT_NE(elsewhere.Next(), first);
}

}  // namespace
}  // namespace quorate::lease
