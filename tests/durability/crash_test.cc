// kill -9 at random moments under 50 connections of writes, again and again on the same data.
//
//   quorate_crash_test [--rounds=<n>] [--seed=<n>]
//
// QUORATE_SEED gives the seed as well. A failure prints the seed and the round.

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/flags/flag.h"
#include "tests/e2e/binaries.h"
#include "tests/e2e/recorded_writes.h"
#include "tests/e2e/server_process.h"
#include "tests/e2e/temporary_directory.h"
#include "tests/seeded/seeded.h"

ABSL_FLAG(int, rounds, 20, "how often it is killed");

namespace quorate::testing {
namespace {

constexpr int kLifeMsMax = 700;
constexpr int kStartMsMax = 150;
// Large enough, now and then, that memtables are flushed and segments are left behind.
constexpr size_t kLargeValueBytes = 30'000;

struct Round {
  std::string prefix;
  std::vector<RecordedWrite> writes;
};

TEST(Crash, EveryAcknowledgedWriteSurvivesKill9) {
  const TemporaryDirectory directory;
  ServerProcess server({.binary = SubjectServer(), .directory = directory.path()});
  absl::Status started = server.Start();
  ASSERT_TRUE(started.ok()) << base::MessageOf(started);

  const int rounds = absl::GetFlag(FLAGS_rounds);
  std::mt19937_64 random(Seed());
  const auto below = [&random](int bound) { return static_cast<int>(random() % static_cast<uint64_t>(bound)); };
  const auto sleep = [](int ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); };
  std::vector<Round> past;
  int64_t revision = CurrentRevision(server.address());
  ASSERT_GT(revision, 0);
  uint64_t acknowledged = 0;
  for (int number = 0; number < rounds; ++number) {
    SCOPED_TRACE("round " + std::to_string(number) + " of --seed=" + std::to_string(Seed()));
    Round& round = past.emplace_back();
    round.prefix = "round/" + std::to_string(number) + "/";
    RecordingWriters writers({.address = server.address(),
                              .prefix = round.prefix,
                              .seed = random(),
                              .value_bytes_max = below(5) == 0 ? kLargeValueBytes : 300});
    sleep(1 + below(kLifeMsMax));
    server.Kill();
    writers.Stop();
    round.writes = writers.TakeWrites();
    acknowledged += writers.acknowledged();

    // A start that is cut short must not make anything worse.
    for (int cut = below(3); cut > 0; --cut) {
      server.Launch();
      sleep(below(kStartMsMax));
      server.Kill();
    }
    started = server.Start();
    ASSERT_TRUE(started.ok()) << base::MessageOf(started);
    ASSERT_EQ(CheckWrites(server.address(), round.prefix, round.writes, revision, &revision), "");
    const Round& earlier = past[static_cast<size_t>(below(static_cast<int>(past.size())))];
    ASSERT_EQ(CheckAcknowledged(server.address(), earlier.prefix, earlier.writes), "") << earlier.prefix;
  }
  for (const Round& round : past) {
    ASSERT_EQ(CheckAcknowledged(server.address(), round.prefix, round.writes), "") << round.prefix;
  }
  EXPECT_GT(acknowledged, 0u);
  std::printf("seed %lu, %d rounds, %lu acknowledged writes\n", static_cast<unsigned long>(Seed()), rounds,
              static_cast<unsigned long>(acknowledged));
}

}  // namespace
}  // namespace quorate::testing

int main(int argc, char** argv) { return quorate::testing::RunSeededTests(argc, argv); }
