// Damages copies of data directories and starts members on them: each serves everything that was acknowledged, or says
// which file is damaged and what to do.
//
//   quorate_damage_test [--cases=<n>] [--seed=<n>] [--only=<case>] [--keep]
//
// A failure prints the seed and the number of the case. --keep leaves the directory of that case for a look.

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <string>

#include "absl/flags/flag.h"
#include "quorate/base/logging.h"
#include "tests/damage/injury.h"
#include "tests/damage/sample.h"
#include "tests/damage/snapshot_trial.h"
#include "tests/damage/trial.h"
#include "tests/seeded/seeded.h"

ABSL_FLAG(int, cases, 200, "to try; a third as many of snapshots");
ABSL_FLAG(int, only, -1, "the one case to try, and to tell of");
ABSL_FLAG(bool, keep, false, "leaves the directories");

namespace quorate::testing {
namespace {

namespace fs = std::filesystem;

// Memory where there is some: thousands of members are started.
std::string MakeRoot() {
  const bool in_memory = fs::is_directory("/dev/shm");
  std::string pattern = (in_memory ? "/dev/shm" : fs::temp_directory_path().string()) + "/quorate-damage-XXXXXX";
  return mkdtemp(pattern.data());
}

class Tally {
 public:
  void Count(const Injury& injury, Verdict verdict) {
    ++by_injury_[injury.victim + " " + injury.kind][verdict];
    ++total_[verdict];
  }
  void Print() const {
    for (const auto& [injury, verdicts] : by_injury_) {
      std::printf("%-28s", injury.c_str());
      for (const auto& [verdict, count] : verdicts) std::printf(" %s %d", NameOf(verdict).c_str(), count);
      std::printf("\n");
    }
    std::printf("%-28s", "all");
    for (const auto& [verdict, count] : total_) std::printf(" %s %d", NameOf(verdict).c_str(), count);
    std::printf("\n");
  }

 private:
  std::map<std::string, std::map<Verdict, int>> by_injury_;
  std::map<Verdict, int> total_;
};

TEST(Damage, IsBorneOrToldWithFileAndRemedy) {
  const int only = absl::GetFlag(FLAGS_only);
  const bool keep = absl::GetFlag(FLAGS_keep);
  const std::string root = MakeRoot();
  const auto samples = MakeSamples(root, Seed());
  ASSERT_TRUE(samples.ok()) << samples.status();
  for (const Sample& sample : samples->members) {
    const std::string copy = root + "/sound";
    CopyDirectory(sample.directory, copy);
    const Outcome outcome = TryMember(copy, sample.state, /*thorough=*/true);
    ASSERT_EQ(outcome.verdict, Verdict::kWhole) << sample.directory << ": " << outcome.text;
    fs::remove_all(copy);
  }
  Tally tally;
  for (int number = 0; number < absl::GetFlag(FLAGS_cases); ++number) {
    if (only >= 0 && number != only) continue;
    std::mt19937_64 random(Seed() * 1'000'003 + static_cast<uint64_t>(number));
    const Sample& sample = samples->members[random() % samples->members.size()];
    const std::string copy = root + "/case-" + std::to_string(number);
    CopyDirectory(sample.directory, copy);
    const Injury injury = Injure(copy, sample, *samples, random);
    const Outcome outcome = TryMember(copy, sample.state, /*thorough=*/random() % 4 == 0);
    tally.Count(injury, outcome.verdict);
    EXPECT_TRUE(IsBearable(outcome.verdict, injury.harmless))
        << NameOf(outcome.verdict) << ": --seed=" << Seed() << " --only=" << number << ", " << sample.directory << ", "
        << injury.text << ": " << outcome.text;
    if (only >= 0)
      std::printf("%s: %s: %s\n", injury.text.c_str(), NameOf(outcome.verdict).c_str(), outcome.text.c_str());
    if (!keep) fs::remove_all(copy);
  }
  tally.Print();
  if (!keep) fs::remove_all(root);
}

TEST(Damage, OfASnapshotIsTold) {
  const int only = absl::GetFlag(FLAGS_only);
  const bool keep = absl::GetFlag(FLAGS_keep);
  const std::string root = MakeRoot();
  const Sample sample{.directory = root + "/sound", .older = root + "/none", .state = {}};
  fs::create_directories(sample.directory);
  const std::string name = "/snapshot.db";
  WriteSnapshot(sample.directory + name, Seed());
  const Outcome sound = TrySnapshot(sample.directory + name, root + "/restored");
  ASSERT_EQ(sound.verdict, Verdict::kWhole) << sound.text;
  ASSERT_EQ(sound.text.find("error "), std::string::npos) << sound.text;
  Tally tally;
  for (int number = 0; number < absl::GetFlag(FLAGS_cases) / 3; ++number) {
    if (only >= 0 && number != only) continue;
    std::mt19937_64 random(Seed() * 1'000'003 + static_cast<uint64_t>(number));
    const std::string copy = root + "/case-" + std::to_string(number);
    CopyDirectory(sample.directory, copy);
    const Injury injury = Injure(copy, sample, {}, random);
    const Outcome outcome = JudgeSnapshot(copy + name, copy + "/restored", sound.text);
    tally.Count(injury, outcome.verdict);
    EXPECT_TRUE(IsBearable(outcome.verdict, injury.harmless))
        << NameOf(outcome.verdict) << ": --seed=" << Seed() << " --only=" << number << ", " << injury.text << ": "
        << outcome.text;
    if (!keep) fs::remove_all(copy);
  }
  tally.Print();
  if (!keep) fs::remove_all(root);
}

}  // namespace
}  // namespace quorate::testing

int main(int argc, char** argv) {
  (void)quorate::base::SetUpLogging({.outputs = {"/dev/null"}});
  return quorate::testing::RunSeededTests(argc, argv);
}
