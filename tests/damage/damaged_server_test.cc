// The server itself on damaged directories, as a few clients left them.
//
//   quorate_damaged_server_test [--cases=<n>] [--seed=<n>]

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "tests/base/files_testing.h"
#include "tests/damage/injury.h"
#include "tests/damage/sample.h"
#include "tests/damage/trial.h"
#include "tests/e2e/binaries.h"
#include "tests/e2e/recorded_writes.h"
#include "tests/e2e/server_process.h"
#include "tests/seeded/seeded.h"

ABSL_FLAG(int, cases, 12, "to try");

namespace quorate::testing {
namespace {

constexpr uint64_t kWritesOfALife = 200;
constexpr size_t kValueBytesMax = 2000;
constexpr int kConnections = 8;

// A server that lived three times, and what it acknowledged.
class Victim {
 public:
  explicit Victim(const std::string& directory)
      : directory_(directory), server_({.binary = SubjectServer(), .directory = directory}) {}

  void Live() {
    for (const char* life : {"first/", "second/", "third/"}) {
      const absl::Status started = server_.Start();
      ASSERT_TRUE(started.ok()) << base::MessageOf(started);
      RecordingWriters writers({.address = server_.address(),
                                .prefix = life,
                                .connections = kConnections,
                                .seed = Seed(),
                                .value_bytes_max = kValueBytesMax});
      ASSERT_TRUE(writers.WaitForAcknowledged(kWritesOfALife / 2));
      CopyDirectory(server_.data_directory(), directory_ + "/older");
      ASSERT_TRUE(writers.WaitForAcknowledged(kWritesOfALife));
      const bool is_last = std::string(life) == "third/";
      if (is_last) {
        server_.Kill();
        writers.Stop();
      } else {
        writers.Stop();
        ASSERT_EQ(server_.Terminate(), std::optional<int>(0));
      }
      writes_[life] = writers.TakeWrites();
    }
  }
  Sample sample() const { return {.directory = directory_ + "/data", .older = directory_ + "/older", .state = {}}; }
  // What is missing; "" when nothing is.
  std::string Missing(const std::string& address) const {
    for (const auto& [life, writes] : writes_) {
      if (std::string missing = CheckAcknowledged(address, life, writes); !missing.empty()) return missing;
    }
    return "";
  }

 private:
  const std::string directory_;
  ServerProcess server_;
  std::map<std::string, std::vector<RecordedWrite>> writes_;
};

Verdict Try(const std::string& directory, const Victim& victim, std::string* text) {
  ServerProcess server({.binary = SubjectServer(), .directory = directory});
  const absl::Status started = server.Start();
  if (!started.ok()) {
    *text = base::MessageOf(started);
    if (text->find("ended with 1:") == std::string::npos) return Verdict::kDied;
    return NamesFileAndRemedy(server.Log(), directory + "/data/member") ? Verdict::kRefused : Verdict::kVague;
  }
  *text = victim.Missing(server.address());
  if (!text->empty()) return Verdict::kWrong;
  if (server.Terminate() == std::optional<int>(0)) return Verdict::kWhole;
  *text = server.LogTail();
  return Verdict::kDied;
}

TEST(DamagedServer, ServesEverythingOrEndsWithFileAndRemedy) {
  const base::TemporaryDirectory root;
  for (const char* name : {"/victim", "/stranger"}) std::filesystem::create_directory(root.path() + name);
  Victim victim(root.path() + "/victim");
  ASSERT_NO_FATAL_FAILURE(victim.Live());
  Victim stranger(root.path() + "/stranger");
  ASSERT_NO_FATAL_FAILURE(stranger.Live());
  Samples samples;
  samples.strangers = {stranger.sample().directory};
  std::map<Verdict, int> tally;
  for (int number = 0; number < absl::GetFlag(FLAGS_cases); ++number) {
    std::mt19937_64 random(Seed() * 1'000'003 + static_cast<uint64_t>(number));
    const std::string directory = root.path() + "/case";
    CopyDirectory(victim.sample().directory, directory + "/data");
    const Injury injury = Injure(directory + "/data", victim.sample(), samples, random);
    std::string text;
    const Verdict verdict = Try(directory, victim, &text);
    ++tally[verdict];
    EXPECT_TRUE(IsBearable(verdict, injury.harmless))
        << NameOf(verdict) << ": --seed=" << Seed() << ", case " << number << ", " << injury.text << ": " << text;
    std::filesystem::remove_all(directory);
  }
  for (const auto& [verdict, count] : tally) std::printf("%s %d ", NameOf(verdict).c_str(), count);
  std::printf("\n");
}

}  // namespace
}  // namespace quorate::testing

int main(int argc, char** argv) {
  // Directories of hundreds of megabytes are made and thrown away.
  if (std::filesystem::is_directory("/dev/shm")) setenv("TMPDIR", "/dev/shm", /*overwrite=*/0);
  return quorate::testing::RunSeededTests(argc, argv);
}
