// kill -9 at random moments under 50 connections of writes, again and again on the same data.
//
//   quorate_crash_test [--rounds=<n>] [--seed=<n>]
//
// QUORATE_SEED gives the seed as well. A failure prints the seed and the round.

#include <cstdio>
#include <string>
#include <vector>

#include "tests/durability/fault_test.h"
#include "tests/e2e/recorded_writes.h"

namespace quorate::testing {
namespace {

constexpr std::chrono::milliseconds kLifeMax(700);
// Large enough, now and then, that memtables are flushed and segments are left behind.
constexpr size_t kLargeValueBytes = 30'000;

struct Round {
  std::string prefix;
  std::vector<RecordedWrite> writes;
};

class Crash : public FaultTest {
 protected:
  // Writes until it is killed.
  Round Live(int number) {
    Round round = {.prefix = "round/" + std::to_string(number) + "/", .writes = {}};
    RecordingWriters writers({.address = server_.address(),
                              .prefix = round.prefix,
                              .seed = dice_.Seed(),
                              .value_bytes_max = dice_.Below(5) == 0 ? kLargeValueBytes : 300});
    dice_.Dawdle(kLifeMax);
    server_.Kill();
    writers.Stop();
    round.writes = writers.TakeWrites();
    acknowledged_ += writers.acknowledged();
    return round;
  }
  void ExpectAcknowledged(const Round& round) {
    ASSERT_EQ(CheckAcknowledged(server_.address(), round.prefix, round.writes), "") << round.prefix;
  }

  uint64_t acknowledged_ = 0;
};

TEST_F(Crash, EveryAcknowledgedWriteSurvivesKill9) {
  std::vector<Round> past;
  int64_t revision = CurrentRevision(server_.address());
  ASSERT_GT(revision, 0);
  for (int number = 0; number < Rounds(); ++number) {
    SCOPED_TRACE("round " + std::to_string(number) + " of --seed=" + std::to_string(Seed()));
    past.push_back(Live(number));
    ASSERT_NO_FATAL_FAILURE(KillAndStartAgain());
    ASSERT_EQ(CheckWrites(server_.address(), past.back().prefix, past.back().writes, revision, &revision), "");
    ASSERT_NO_FATAL_FAILURE(ExpectAcknowledged(past[static_cast<size_t>(dice_.Below(static_cast<int>(past.size())))]));
  }
  for (const Round& round : past) ASSERT_NO_FATAL_FAILURE(ExpectAcknowledged(round));
  EXPECT_GT(acknowledged_, 0u);
  std::printf("seed %lu, %d rounds, %lu acknowledged writes\n", static_cast<unsigned long>(Seed()), Rounds(),
              static_cast<unsigned long>(acknowledged_));
}

}  // namespace
}  // namespace quorate::testing
