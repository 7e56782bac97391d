// The same random requests to a real etcd and to Quorate: every answer must be the same.
//
//   quorate_differential_test [--seed=<n>] [--steps=<n>] [--seconds=<n>] [--restart-percent=<n>]
//
// QUORATE_SEED gives the seed as well. A failure prints the seed and the step that reproduce it.

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <string>

#include "tests/differential/canonical.h"
#include "tests/differential/generator.h"
#include "tests/differential/seat.h"
#include "tests/e2e/binaries.h"
#include "tests/e2e/server_process.h"
#include "tests/e2e/temporary_directory.h"

namespace quorate::testing {
namespace {

struct Arguments {
  uint64_t seed = 0;
  uint64_t steps = UINT64_MAX;
  double seconds = 0;
  // Chance that Quorate is restarted between two epochs, half of the times by kill -9.
  int restart_percent = 50;
};
Arguments arguments;

constexpr uint64_t kStepsOfEpoch = 1500;
constexpr size_t kShownBytesMax = 20'000;

// One server and its client.
class Player {
 public:
  Player(const std::string& binary, std::vector<std::string> flags)
      : process_({.binary = binary, .directory = directory_.path(), .flags = std::move(flags)}) {}

  void Start() {
    const absl::Status started = process_.Start();
    ASSERT_TRUE(started.ok()) << base::MessageOf(started);
    seat_ = std::make_unique<Seat>(process_.address());
  }
  void Restart(bool kill) {
    if (kill) {
      process_.Kill();
    } else {
      ASSERT_TRUE(process_.Terminate().has_value()) << process_.LogTail();
    }
    Start();
  }
  Answer Send(const Step& step) { return seat_->Send(step); }
  // Empty while the server runs.
  std::string Obituary() {
    return process_.WaitForExit(std::chrono::milliseconds(0)) ? "its server has stopped: " + process_.LogTail() : "";
  }

 private:
  const TemporaryDirectory directory_;
  ServerProcess process_;
  std::unique_ptr<Seat> seat_;
};

std::string Shown(const std::string& text) {
  return text.size() <= kShownBytesMax ? text : text.substr(0, kShownBytesMax) + "…";
}

class Clock {
 public:
  bool Over(uint64_t step) const {
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
    return step >= arguments.steps || (arguments.seconds > 0 && elapsed.count() > arguments.seconds);
  }

 private:
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// Which answers the run has seen, so that a run that tests nothing shows.
using Tally = std::map<std::string, uint64_t>;

void Print(const Tally& tally, uint64_t steps) {
  std::printf("seed %lu, %lu steps\n", static_cast<unsigned long>(arguments.seed), static_cast<unsigned long>(steps));
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

  Generator generator(arguments.seed, dialect);
  std::mt19937_64 restarts(arguments.seed);
  Tally tally;
  const Clock clock;
  uint64_t number = 0;
  for (; !clock.Over(number); ++number) {
    if (number > 0 && number % kStepsOfEpoch == 0) {
      generator.StartEpoch();
      if (static_cast<int>(restarts() % 100) < arguments.restart_percent) {
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
        << "step " << number << " of --seed=" << arguments.seed << "\n"
        << Shown(step.DebugString()) << "\netcd answers:\n"
        << Shown(wanted_text) << reference.Obituary() << "\nQuorate answers:\n"
        << Shown(got_text) << subject.Obituary();
    if (wanted.revision != 0) generator.ObserveRevision(wanted.revision);
    if (wanted.code == 0 && step.kind == Step::Kind::kCompact) generator.ObserveCompaction(step.compact.revision());
    ++tally[wanted.code == 0 ? "ok" : wanted.message.substr(0, wanted.message.find('('))];
  }
  Print(tally, number);
}

bool TakeNumber(const std::string& argument, const std::string& name, double* number) {
  const std::string prefix = "--" + name + "=";
  if (!argument.starts_with(prefix)) return false;
  *number = std::strtod(argument.c_str() + prefix.size(), nullptr);
  return true;
}

}  // namespace
}  // namespace quorate::testing

int main(int argc, char** argv) {
  using quorate::testing::arguments;
  ::testing::InitGoogleTest(&argc, argv);
  arguments.seed = std::random_device()() % 1'000'000'000;
  if (const char* seed = std::getenv("QUORATE_SEED"); seed != nullptr)
    arguments.seed = std::strtoull(seed, nullptr, 10);
  for (int i = 1; i < argc; ++i) {
    double number = 0;
    if (quorate::testing::TakeNumber(argv[i], "seed", &number)) {
      arguments.seed = static_cast<uint64_t>(number);
    } else if (quorate::testing::TakeNumber(argv[i], "steps", &number)) {
      arguments.steps = static_cast<uint64_t>(number);
    } else if (quorate::testing::TakeNumber(argv[i], "restart-percent", &number)) {
      arguments.restart_percent = static_cast<int>(number);
    } else if (!quorate::testing::TakeNumber(argv[i], "seconds", &arguments.seconds)) {
      std::fprintf(stderr, "unknown argument %s\n", argv[i]);
      return 2;
    }
  }
  return RUN_ALL_TESTS();
}
