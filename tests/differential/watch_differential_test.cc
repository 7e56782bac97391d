// The same history and the same watch requests at a real etcd and at Quorate. Compared are
// - the answers to create and cancel requests, all fields, in order;
// - for each watcher the sequence of its events, all fields; how it ended, with compact_revision and reason;
// - that all events of one revision come in one response or in adjacent fragments, and fragments only if asked for;
// - progress, asked for or periodic: that it comes, to the store's revision, and never ahead of an event.
// Not compared: how many revisions one response carries and the header revision of responses with events, except that
// it is not behind them.
//
//   quorate_watch_differential_test [--seed=<n>] [--steps=<epochs>] [--seconds=<n>] [--restart_percent=<n>]
//
// QUORATE_SEED gives the seed as well. A failure prints the seed and the epoch that reproduce it.

#include <gtest/gtest.h>

#include <cstdio>
#include <random>
#include <string>

#include "tests/differential/clock.h"
#include "tests/differential/player.h"
#include "tests/differential/watch_run.h"
#include "tests/e2e/binaries.h"
#include "tests/seeded/seeded.h"

namespace quorate::testing {
namespace {

TEST(WatchDifferential, EveryWatcherIsToldWhatEtcdTells) {
  const std::string etcd = ReferenceProgram("etcd");
  ASSERT_FALSE(etcd.empty()) << "no reference etcd: run tests/reference/build.sh";
  if (!ReferenceIsCurrent()) GTEST_SKIP() << OldReferenceReason();

  // Fragments are as large as requests may be, and half a MiB more.
  const std::vector<std::string> flags = {"--unsafe-no-fsync", "--watch-progress-notify-interval=200ms",
                                          "--max-request-bytes=262144"};
  Player reference(etcd, flags);
  Player subject(SubjectServer(), flags);
  ASSERT_NO_FATAL_FAILURE(reference.Start());
  ASSERT_NO_FATAL_FAILURE(subject.Start());
  WatchRun run(Seed(), &reference, &subject);
  std::mt19937_64 restarts(Seed());
  const Clock clock;
  uint64_t epoch = 0;
  for (; !clock.Over(epoch); ++epoch) {
    SCOPED_TRACE("epoch " + std::to_string(epoch) + " of --seed=" + std::to_string(Seed()));
    ASSERT_NO_FATAL_FAILURE(run.PlayEpoch());
    if (RestartsNow(restarts)) {
      ASSERT_NO_FATAL_FAILURE(subject.Restart(restarts() % 2 == 0));
    }
  }
  std::printf("seed %lu, %lu epochs\n", static_cast<unsigned long>(Seed()), static_cast<unsigned long>(epoch));
  for (const auto& [what, count] : run.tally()) {
    std::printf("%8lu  %s\n", static_cast<unsigned long>(count), what.c_str());
  }
}

}  // namespace
}  // namespace quorate::testing
