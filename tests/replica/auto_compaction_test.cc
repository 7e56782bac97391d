#include "src/replica/auto_compaction.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "quorate/base/errors.h"

namespace quorate::replica {
namespace {

using Mode = AutoCompactionOptions::Mode;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

// A leader with a clock of its own, whose store gets one revision at every step.
class Leader {
 public:
  explicit Leader(const AutoCompactionOptions& options) : compaction_(options) { Tick(); }

  // Lets time pass in steps; "minute: revision" of every compaction asked for. Each is answered with `outcome`.
  std::vector<std::pair<int64_t, int64_t>> Pass(nanoseconds time, nanoseconds step,
                                                const absl::Status& outcome = absl::OkStatus()) {
    std::vector<std::pair<int64_t, int64_t>> compactions;
    for (nanoseconds end = now_ + time; now_ < end;) {
      now_ += step;
      revision += writes ? 1 : 0;
      const std::optional<int64_t> due = Tick();
      if (!due.has_value()) continue;
      compactions.emplace_back(std::chrono::duration_cast<minutes>(now_).count(), *due);
      compaction_.Finished(outcome);
      EXPECT_EQ(Tick(), std::nullopt);
    }
    return compactions;
  }

  std::optional<int64_t> Tick() { return compaction_.Tick(now_, leads, revision); }
  AutoCompaction& compaction() { return compaction_; }

  bool leads = true;
  bool writes = true;
  int64_t revision = 1;

 private:
  AutoCompaction compaction_;
  nanoseconds now_{0};
};

using Compactions = std::vector<std::pair<int64_t, int64_t>>;

TEST(AutoCompactionTest, WithoutRetentionNothingIsCompacted) {
  Leader leader(AutoCompactionOptions{});
  EXPECT_EQ(leader.Pass(hours(1000), minutes(1)), Compactions());
}

TEST(AutoCompactionTest, APeriodOfHoursIsKeptAndCompactedEveryHour) {
  Leader leader({.mode = Mode::kPeriodic, .period = hours(2), .revisions = 0});
  // A revision every six minutes, and at 120 minutes it is the one of two hours ago.
  EXPECT_EQ(leader.Pass(hours(2), minutes(6)), Compactions({{120, 1}}));
  EXPECT_EQ(leader.Pass(hours(3), minutes(6)), Compactions({{180, 10}, {240, 20}, {300, 30}}));
}

TEST(AutoCompactionTest, APeriodUnderAnHourIsCompactedOnceInThePeriod) {
  Leader leader({.mode = Mode::kPeriodic, .period = minutes(5), .revisions = 0});
  EXPECT_EQ(leader.Pass(minutes(20), seconds(30)), Compactions({{5, 1}, {10, 10}, {15, 20}, {20, 30}}));
}

TEST(AutoCompactionTest, AStoreThatDidNotChangeIsNotCompactedAgain) {
  Leader leader({.mode = Mode::kPeriodic, .period = minutes(5), .revisions = 0});
  leader.writes = false;
  EXPECT_EQ(leader.Pass(minutes(60), seconds(30)), Compactions({{5, 1}}));
  leader.writes = true;
  EXPECT_EQ(leader.Pass(minutes(10), seconds(30)), Compactions({{66, 2}}));
}

TEST(AutoCompactionTest, AFailureIsTriedAgainAfterATenthOfThePeriod) {
  Leader leader({.mode = Mode::kPeriodic, .period = hours(1), .revisions = 0});
  EXPECT_EQ(leader.Pass(minutes(72), minutes(6), base::errors::Timeout()), Compactions({{60, 1}, {66, 1}, {72, 2}}));
  // Compacted by somebody else counts as done.
  EXPECT_EQ(leader.Pass(minutes(66), minutes(6), base::errors::Compacted()), Compactions({{78, 3}, {138, 13}}));
}

TEST(AutoCompactionTest, OnlyTheLeaderCompactsButAllNoteRevisions) {
  Leader leader({.mode = Mode::kPeriodic, .period = hours(1), .revisions = 0});
  leader.leads = false;
  EXPECT_EQ(leader.Pass(hours(5), minutes(6)), Compactions());
  leader.leads = true;
  EXPECT_EQ(leader.Pass(minutes(6), minutes(6)), Compactions({{306, 41}}));
}

TEST(AutoCompactionTest, NothingIsProposedWhileAnAnswerIsAwaited) {
  AutoCompaction compaction({.mode = Mode::kPeriodic, .period = seconds(10), .revisions = 0});
  EXPECT_EQ(compaction.Tick(seconds(0), true, 5), std::nullopt);
  EXPECT_EQ(compaction.Tick(seconds(10), true, 6), 5);
  EXPECT_EQ(compaction.Tick(seconds(100), true, 7), std::nullopt);
  compaction.Finished(absl::OkStatus());
  EXPECT_EQ(compaction.Tick(seconds(200), true, 8), std::nullopt);
}

TEST(AutoCompactionTest, ByRevisionSoManyAreKeptEveryFiveMinutes) {
  Leader leader({.mode = Mode::kRevision, .period = {}, .revisions = 8});
  EXPECT_EQ(leader.Pass(minutes(15), minutes(1)), Compactions({{10, 3}, {15, 8}}));
}

TEST(AutoCompactionTest, AShortPeriodDoesNotSpin) {
  Leader leader({.mode = Mode::kPeriodic, .period = nanoseconds(1), .revisions = 0});
  EXPECT_LE(leader.Pass(std::chrono::milliseconds(10), std::chrono::microseconds(100)).size(), 10u);
}

}  // namespace
}  // namespace quorate::replica
