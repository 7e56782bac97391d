#include "quorate/lease/lessor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <future>
#include <map>
#include <utility>

#include "quorate/base/errors.h"
#include "quorate/lease/leases.h"
#include "src/lease/expiry_wheel.h"
#include "tests/lease/lease_testing.h"

namespace quorate::lease {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using Outcome = Lessor::Renewal::Outcome;
using testing::ElementsAre;
using testing::IsEmpty;

// A slot of the wheel is this wide: so late is expiry noticed at most.
constexpr std::chrono::milliseconds kGrain(ExpiryWheel::kSlotMs + 1);
constexpr size_t kMany = 1'000'000;

class LessorTest : public testing::Test {
 protected:
  std::vector<int64_t> ExpiredAfter(std::chrono::nanoseconds time) {
    clock_.Advance(time);
    return lessor_.TakeExpired(kMany);
  }
  void Revoke(int64_t lease) {
    lessor_.Revoking(lease);
    lessor_.Revoked(lease);
  }

  TestClock clock_;
  Lessor lessor_{{.clock = &clock_, .ttl_min_seconds = 2}};
};

TEST_F(LessorTest, NothingRunsOutUntilThisMemberLeads) {
  lessor_.Granted(1, 10);
  EXPECT_THAT(ExpiredAfter(100s), IsEmpty());
  EXPECT_EQ(lessor_.Renew(1).outcome, Outcome::kNotLeading);
  lessor_.Promote(1s);
  EXPECT_EQ(lessor_.Find(1)->remaining, 11s);
  EXPECT_THAT(ExpiredAfter(11s - 1ms), IsEmpty());
  EXPECT_THAT(ExpiredAfter(kGrain), ElementsAre(1));
}

TEST_F(LessorTest, ALeaseRunsOutAfterItsTtl) {
  lessor_.Promote(0s);
  lessor_.Granted(1, 10);
  lessor_.Granted(2, 5);
  EXPECT_THAT(ExpiredAfter(5s - 1ms), IsEmpty());
  EXPECT_THAT(ExpiredAfter(kGrain), ElementsAre(2));
  EXPECT_THAT(ExpiredAfter(5s), ElementsAre(1));
  EXPECT_EQ(lessor_.Find(1)->granted_seconds, 10);
  EXPECT_LE(lessor_.Find(1)->remaining, 0s);
}

TEST_F(LessorTest, ShortTtlsCountAsTheMinimum) {
  lessor_.Promote(0s);
  lessor_.Granted(1, -5);
  EXPECT_EQ(lessor_.Find(1)->granted_seconds, 2);
  EXPECT_THAT(ExpiredAfter(2s - 1ms), IsEmpty());
}

TEST_F(LessorTest, TheLongestTtlRunsForCenturies) {
  lessor_.Promote(1s);
  lessor_.Granted(1, kTtlMaxSeconds);
  EXPECT_GT(lessor_.Find(1)->remaining, std::chrono::hours(24 * 365 * 200));
  EXPECT_THAT(ExpiredAfter(std::chrono::hours(24 * 365)), IsEmpty());
  EXPECT_EQ(lessor_.Renew(1).ttl_seconds, kTtlMaxSeconds);
}

TEST_F(LessorTest, ARenewedLeaseHasItsFullTtlAgain) {
  lessor_.Promote(0s);
  lessor_.Granted(1, 10);
  for (int i = 0; i < 50; ++i) {
    EXPECT_THAT(ExpiredAfter(6s), IsEmpty());
    const Lessor::Renewal renewal = lessor_.Renew(1);
    EXPECT_EQ(renewal.outcome, Outcome::kRenewed);
    EXPECT_EQ(renewal.ttl_seconds, 10);
    EXPECT_EQ(lessor_.Find(1)->remaining, 10s);
  }
  EXPECT_THAT(ExpiredAfter(10s + kGrain), ElementsAre(1));
  EXPECT_EQ(lessor_.statistics().renewed, 50u);
}

TEST_F(LessorTest, AnExpiredLeaseCannotBeRenewedAndIsWaitedFor) {
  lessor_.Promote(0s);
  lessor_.Granted(1, 10);
  clock_.Advance(10s);
  EXPECT_EQ(lessor_.Renew(1).outcome, Outcome::kExpired);
  std::vector<absl::Status> told;
  EXPECT_TRUE(lessor_.WhenRevoked(1, [&](absl::Status status) { told.push_back(status); }).has_value());
  EXPECT_THAT(told, IsEmpty());
  Revoke(1);
  EXPECT_THAT(told, ElementsAre(absl::OkStatus()));
  EXPECT_EQ(lessor_.Renew(1).outcome, Outcome::kNotFound);
  EXPECT_TRUE(lessor_.WhenRevoked(1, [&](absl::Status status) { told.push_back(status); }).has_value());
  EXPECT_EQ(told.size(), 2u);
}

TEST_F(LessorTest, WhoWaitsHearsOfALostLeadership) {
  lessor_.Promote(0s);
  lessor_.Granted(1, 10);
  clock_.Advance(10s);
  std::vector<absl::Status> told;
  EXPECT_TRUE(lessor_.WhenRevoked(1, [&](absl::Status status) { told.push_back(status); }).has_value());
  lessor_.Demote(base::errors::LeaderChanged());
  EXPECT_THAT(told, ElementsAre(base::errors::LeaderChanged()));
  EXPECT_THAT(ExpiredAfter(100s), IsEmpty());
  lessor_.Promote(0s);
  EXPECT_EQ(lessor_.Renew(1).outcome, Outcome::kRenewed);
}

TEST_F(LessorTest, WhoWaitsNoLongerHearsNothing) {
  lessor_.Promote(0s);
  lessor_.Granted(1, 10);
  clock_.Advance(10s);
  std::vector<int> told;
  const std::optional<uint64_t> first = lessor_.WhenRevoked(1, [&](absl::Status) { told.push_back(1); });
  ASSERT_TRUE(lessor_.WhenRevoked(1, [&](absl::Status) { told.push_back(2); }).has_value());
  lessor_.StopWaiting(1, *first);
  EXPECT_EQ(lessor_.waiting(), 1u);
  Revoke(1);
  EXPECT_THAT(told, ElementsAre(2));
  EXPECT_EQ(lessor_.waiting(), 0u);
  lessor_.StopWaiting(1, *first);
}

// A minute under the shard's lock, where each is sought among all.
TEST_F(LessorTest, AllThatWaitForOneLeaseMayStopWaiting) {
  lessor_.Promote(0s);
  lessor_.Granted(1, 10);
  clock_.Advance(10s);
  std::vector<uint64_t> waiters;
  for (size_t i = 0; i < Lessor::kWaitingMax; ++i) {
    waiters.push_back(*lessor_.WhenRevoked(1, [](absl::Status) { ADD_FAILURE(); }));
  }
  const auto begun = std::chrono::steady_clock::now();
  for (const uint64_t waiter : waiters) lessor_.StopWaiting(1, waiter);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 10s);
  EXPECT_EQ(lessor_.waiting(), 0u);
  std::vector<int> told;
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(lessor_.WhenRevoked(1, [&told, i](absl::Status) { told.push_back(i); }).has_value());
  }
  Revoke(1);
  EXPECT_THAT(told, ElementsAre(0, 1, 2));
}

TEST_F(LessorTest, NoMoreMayWaitThanTheBound) {
  lessor_.Promote(0s);
  for (int64_t id = 1; id <= 1000; ++id) lessor_.Granted(id, 10);
  clock_.Advance(10s);
  for (size_t i = 0; i < Lessor::kWaitingMax; ++i) {
    ASSERT_TRUE(lessor_.WhenRevoked(static_cast<int64_t>(i % 1000) + 1, [](absl::Status) {}).has_value());
  }
  EXPECT_FALSE(lessor_.WhenRevoked(1, [](absl::Status) { ADD_FAILURE(); }).has_value());
  lessor_.Demote(base::errors::LeaderChanged());
  EXPECT_EQ(lessor_.waiting(), 0u);
}

TEST_F(LessorTest, WhatIsAboutToGoIsNeitherRenewedNorFound) {
  lessor_.Promote(0s);
  lessor_.Granted(1, 10);
  ASSERT_TRUE(lessor_.Find(1).has_value());
  ASSERT_THAT(lessor_.List(), ElementsAre(1));
  lessor_.Revoking(1);
  lessor_.Revoking(2);
  EXPECT_FALSE(lessor_.Find(1).has_value());
  EXPECT_THAT(lessor_.List(), IsEmpty());
  EXPECT_EQ(lessor_.Renew(1).outcome, Outcome::kExpired);
  lessor_.Revoked(1);
  EXPECT_EQ(lessor_.Renew(1).outcome, Outcome::kNotFound);
}

TEST_F(LessorTest, WhoComesTooLateToWaitForALeaseDoesNotWaitForTheNextOfItsId) {
  lessor_.Promote(0s);
  lessor_.Granted(1, 10);
  lessor_.Revoking(1);
  EXPECT_EQ(lessor_.Renew(1).outcome, Outcome::kExpired);
  lessor_.Revoked(1);
  lessor_.Granted(1, 10);
  std::vector<absl::Status> told;
  EXPECT_TRUE(lessor_.WhenRevoked(1, [&](absl::Status status) { told.push_back(status); }).has_value());
  EXPECT_THAT(told, ElementsAre(absl::OkStatus()));
  EXPECT_EQ(lessor_.waiting(), 0u);
}

TEST_F(LessorTest, WhoWaitsForALeaseWhoseIdIsGrantedAnewHearsOnceItsEndIsPublished) {
  lessor_.Promote(0s);
  lessor_.Granted(1, 10);
  lessor_.Revoking(1);
  EXPECT_EQ(lessor_.Renew(1).outcome, Outcome::kExpired);
  lessor_.Granted(1, 20);
  std::vector<absl::Status> told;
  EXPECT_TRUE(lessor_.WhenRevoked(1, [&](absl::Status status) { told.push_back(status); }).has_value());
  EXPECT_THAT(told, IsEmpty());
  EXPECT_EQ(lessor_.Renew(1).outcome, Outcome::kRenewed);
  lessor_.Revoked(1);
  EXPECT_THAT(told, ElementsAre(absl::OkStatus()));
  EXPECT_EQ(lessor_.waiting(), 0u);
  EXPECT_EQ(lessor_.Find(1)->granted_seconds, 20);
}

TEST_F(LessorTest, WhatIsNotRevokedIsGivenOutAgainAfterAWhile) {
  lessor_.Promote(0s);
  lessor_.Granted(1, 10);
  EXPECT_THAT(ExpiredAfter(10s + kGrain), ElementsAre(1));
  EXPECT_THAT(ExpiredAfter(Lessor::kRevocationRetry - 200ms), IsEmpty());
  EXPECT_THAT(ExpiredAfter(200ms + kGrain), ElementsAre(1));
  Revoke(1);
  EXPECT_THAT(ExpiredAfter(100s), IsEmpty());
}

TEST_F(LessorTest, GivesOutNoMoreThanAskedForAndLosesNone) {
  lessor_.Promote(0s);
  for (int64_t id = 1; id <= 1000; ++id) lessor_.Granted(id, 10);
  clock_.Advance(10s + kGrain);
  std::map<int64_t, int> seen;
  for (int i = 0; i < 10; ++i) {
    const std::vector<int64_t> expired = lessor_.TakeExpired(100);
    EXPECT_EQ(expired.size(), 100u);
    for (const int64_t id : expired) ++seen[id];
  }
  EXPECT_EQ(seen.size(), 1000u);
  EXPECT_THAT(lessor_.TakeExpired(100), IsEmpty());
}

TEST_F(LessorTest, AChangeOfLeaderSpreadsWhatWouldRunOutTogether) {
  constexpr int64_t kLeases = 10'000;
  for (int64_t id = 1; id <= kLeases; ++id) lessor_.Granted(id, 10);
  lessor_.Promote(1s);
  std::map<int64_t, int64_t> seconds;
  for (int64_t id = 1; id <= kLeases; ++id) {
    const auto remaining = lessor_.Find(id)->remaining;
    EXPECT_GE(remaining, 11s);
    ++seconds[std::chrono::duration_cast<std::chrono::seconds>(remaining).count()];
  }
  for (const auto& [second, leases] : seconds) EXPECT_LE(leases, Lessor::kPromotedExpiriesPerSecond);
  EXPECT_LE(seconds.rbegin()->first, 11 + kLeases / Lessor::kPromotedExpiriesPerSecond);
}

TEST_F(LessorTest, ARenewalEndsWhatAChangeOfLeaderPutOff) {
  constexpr int64_t kLeases = 10'000;
  for (int64_t id = 1; id <= kLeases; ++id) lessor_.Granted(id, 10);
  lessor_.Promote(0s);
  int64_t last = lessor_.List().back();
  EXPECT_GT(lessor_.Find(last)->remaining, 20s);
  EXPECT_EQ(lessor_.Renew(last).outcome, Outcome::kRenewed);
  EXPECT_EQ(lessor_.Find(last)->remaining, 10s);
  EXPECT_THAT(ExpiredAfter(10s + kGrain), testing::Contains(last));
}

TEST_F(LessorTest, AFewLeasesAreNotSpread) {
  for (int64_t id = 1; id <= 900; ++id) lessor_.Granted(id, 10);
  lessor_.Promote(0s);
  EXPECT_EQ(ExpiredAfter(10s + kGrain).size(), 900u);
}

TEST_F(LessorTest, ListsThoseThatRunOutSoonestFirst) {
  lessor_.Promote(0s);
  lessor_.Granted(1, 30);
  lessor_.Granted(2, 10);
  lessor_.Granted(3, 20);
  EXPECT_THAT(lessor_.List(), ElementsAre(2, 3, 1));
  clock_.Advance(5s);
  lessor_.Renew(2);
  lessor_.Renew(1);
  EXPECT_THAT(lessor_.List(), ElementsAre(2, 3, 1));
  clock_.Advance(9s);
  lessor_.Renew(2);
  EXPECT_THAT(lessor_.List(), ElementsAre(3, 2, 1));
}

TEST_F(LessorTest, TheClockMayPauseForAnyTime) {
  lessor_.Promote(0s);
  lessor_.Granted(1, 10);
  lessor_.Granted(2, 1'000'000);
  EXPECT_THAT(ExpiredAfter(std::chrono::hours(24)), ElementsAre(1));
  EXPECT_EQ(lessor_.Renew(2).outcome, Outcome::kRenewed);
}

TEST_F(LessorTest, CountsTtls) {
  for (const int64_t ttl : {1, 2, 3, 4, 1 << 23, (1 << 23) + 1}) lessor_.Granted(ttl, ttl);
  const LessorStatistics statistics = lessor_.statistics();
  EXPECT_EQ(statistics.granted, 6u);
  EXPECT_EQ(statistics.ttls[0], 1u);
  EXPECT_EQ(statistics.ttls[1], 1u);
  EXPECT_EQ(statistics.ttls[2], 2u);
  EXPECT_EQ(statistics.ttls[23], 1u);
  EXPECT_EQ(statistics.ttls[24], 1u);
}

// Whoever reads it next does something else before going on with what it read.
class InterruptingClock : public TestClock {
 public:
  std::chrono::nanoseconds Monotonic() const override {
    const std::chrono::nanoseconds now = TestClock::Monotonic();
    if (interruption) std::exchange(interruption, {})();
    return now;
  }
  mutable std::function<void()> interruption;
};

TEST(LessorClockTest, WhatWasTakenAsExpiredIsNotRenewedByWhoReadTheClockBefore) {
  InterruptingClock clock;
  Lessor lessor({.clock = &clock});
  lessor.Promote(0s);
  lessor.Granted(1, 10);
  clock.Advance(10s - 1ms);
  std::future<std::vector<int64_t>> taken;
  clock.interruption = [&] {
    clock.Advance(1s);
    taken = std::async(std::launch::async, [&] { return lessor.TakeExpired(kMany); });
    // In vain where it has to wait for the renewal.
    taken.wait_for(100ms);
  };
  EXPECT_EQ(lessor.Renew(1).outcome, Outcome::kRenewed);
  EXPECT_THAT(taken.get(), IsEmpty());
}

TEST(MinimumTtlTest, IsOneAndAHalfElectionTimeoutsInWholeSeconds) {
  EXPECT_EQ(MinimumTtlSeconds(100ms, 1000ms), 2);
  EXPECT_EQ(MinimumTtlSeconds(10ms, 100ms), 1);
  EXPECT_EQ(MinimumTtlSeconds(100ms, 5000ms), 8);
  // Whole ticks: nine of them make thirteen, not thirteen and a half.
  EXPECT_EQ(MinimumTtlSeconds(1000ms, 9999ms), 13);
}

TEST(ExpiryWheelTest, NothingComesUpTooEarlyWithinItsReach) {
  ExpiryWheel wheel(1000);
  std::vector<int64_t> due;
  const int64_t at = wheel.Add(1, 5000);
  EXPECT_GE(at, 5000);
  EXPECT_LT(at, 5000 + ExpiryWheel::kSlotMs);
  wheel.Advance(at - 1, &due);
  EXPECT_THAT(due, IsEmpty());
  wheel.Advance(at, &due);
  EXPECT_THAT(due, ElementsAre(1));
}

TEST(ExpiryWheelTest, WhatLiesFarOffComesUpAtTheEndOfItsReach) {
  ExpiryWheel wheel(0);
  std::vector<int64_t> due;
  const int64_t at = wheel.Add(1, int64_t{1} << 60);
  EXPECT_EQ(at, ExpiryWheel::kSlots * ExpiryWheel::kSlotMs);
  wheel.Advance(at - 1, &due);
  EXPECT_THAT(due, IsEmpty());
  wheel.Advance(at, &due);
  EXPECT_THAT(due, ElementsAre(1));
  EXPECT_GT(wheel.Add(2, 0), at);
}

}  // namespace
}  // namespace quorate::lease
