// The same random requests to a real etcd and to Quorate: every answer must be the same.
//
//   quorate_differential_test [--seed=<n>] [--steps=<n>] [--seconds=<n>] [--restart_percent=<n>]
//
// QUORATE_SEED gives the seed as well. A failure prints the seed and the step that reproduce it.

#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <random>
#include <string>

#include "tests/differential/canonical.h"
#include "tests/differential/clock.h"
#include "tests/differential/generator.h"
#include "tests/differential/player.h"
#include "tests/e2e/binaries.h"
#include "tests/seeded/seeded.h"

namespace quorate::testing {
namespace {

constexpr uint64_t kStepsOfEpoch = 1500;

// Which answers the run has seen, so that a run that tests nothing shows.
using Tally = std::map<std::string, uint64_t>;

void Print(const Tally& tally, uint64_t steps) {
  std::printf("seed %lu, %lu steps\n", static_cast<unsigned long>(Seed()), static_cast<unsigned long>(steps));
  for (const auto& [answer, count] : tally)
    std::printf("%8lu  %s\n", static_cast<unsigned long>(count), answer.c_str());
}

TEST(Differential, EveryAnswerEqualsEtcds) {
  const std::string etcd = ReferenceProgram("etcd");
  ASSERT_FALSE(etcd.empty()) << "no reference etcd: run tests/reference/build.sh";
  const Dialect dialect = ReferenceIsCurrent() ? Dialect::kCurrent : Dialect::kOld;
  if (dialect == Dialect::kOld) std::printf("without RangeStream: %s\n", OldReferenceReason().c_str());

  // Durability is not looked at here, and syncs are what the time goes to.
  const std::vector<std::string> fast = {"--unsafe-no-fsync"};
  Player reference(etcd, dialect == Dialect::kCurrent ? fast : std::vector<std::string>());
  Player subject(SubjectServer(), fast);
  ASSERT_NO_FATAL_FAILURE(reference.Start());
  ASSERT_NO_FATAL_FAILURE(subject.Start());

  Generator generator(Seed(), dialect);
  std::mt19937_64 restarts(Seed());
  Tally tally;
  const Clock clock;
  uint64_t number = 0;
  for (; !clock.Over(number); ++number) {
    if (number > 0 && number % kStepsOfEpoch == 0) {
      generator.StartEpoch();
      if (RestartsNow(restarts)) {
        ASSERT_NO_FATAL_FAILURE(subject.Restart(restarts() % 2 == 0));
      }
    }
    const Step step = generator.Next();
    const Answer wanted = reference.Send(step);
    const Answer got = subject.Send(step);
    const std::string wanted_text = Canonical(step, wanted);
    const std::string got_text = Canonical(step, got);
    // The old reference looks for several mistakes of one transaction in another order.
    const bool same_in_kind = dialect == Dialect::kOld && wanted.code != 0 && got.code != 0;
    ASSERT_TRUE(wanted_text == got_text || same_in_kind)
        << "step " << number << " of --seed=" << Seed() << "\n"
        << Shown(step.DebugString()) << "\netcd answers:\n"
        << Shown(wanted_text) << reference.Obituary() << "\nQuorate answers:\n"
        << Shown(got_text) << subject.Obituary();
    if (wanted.revision != 0) generator.ObserveRevision(wanted.revision);
    if (wanted.code == 0 && step.kind == Step::Kind::kCompact) generator.ObserveCompaction(step.compact.revision());
    ++tally[wanted.code == 0 ? "ok" : wanted.message.substr(0, wanted.message.find('('))];
  }
  Print(tally, number);
}

}  // namespace
}  // namespace quorate::testing
