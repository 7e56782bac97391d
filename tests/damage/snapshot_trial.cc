#include "tests/damage/snapshot_trial.h"

#include <map>
#include <random>

#include "quorate/etcdfile/reader.h"
#include "quorate/utl/restore.h"
#include "tests/damage/child.h"
#include "tests/damage/local_member.h"
#include "tests/damage/state.h"
#include "tests/utl/snapshot_testing.h"

namespace quorate::testing {
namespace {

// A hang, even on a machine that does much else.
constexpr int kTimeoutMs = 120'000;
constexpr int kChanges = 500;
constexpr int kKeys = 60;
constexpr int kLeases = 5;
constexpr size_t kLongValueBytes = 20'000;
constexpr uint64_t kAlarmedMember = 0x77;

struct Trial {
  std::string path;
  std::string directory;
};

std::string StatusOf(const std::string& path) {
  const auto file = etcdfile::SnapshotFile::Open(path);
  if (!file.ok()) return "error " + std::string(base::MessageOf(file.status()));
  const auto status = (*file)->Status();
  if (!status.ok()) return "error " + std::string(base::MessageOf(status.status()));
  return "hash " + std::to_string(status->hash) + " revision " + std::to_string(status->revision) + " keys " +
         std::to_string(status->total_keys);
}

std::string RestoreAndDescribe(const Trial& trial) {
  utl::RestoreOptions options;
  options.snapshot = trial.path;
  options.member.data_dir = trial.directory;
  options.member.name = "m";
  options.member.cluster_token = "token";
  options.member.initial_cluster = {{"m", LocalMemberOptions().peer_url}};
  const auto restored = utl::RestoreSnapshot(options);
  if (!restored.ok()) return "error " + std::string(base::MessageOf(restored.status()));
  auto member = LocalMember::Open({.directory = trial.directory});
  if (!member.ok()) return "unusable " + std::string(base::MessageOf(member.status()));
  const auto state = Describe((*member)->replica());
  if (!state.ok()) return "unusable " + std::string(base::MessageOf(state.status()));
  return *state;
}

std::string Run(const Trial& trial) { return StatusOf(trial.path) + "\n" + RestoreAndDescribe(trial); }

// It must be what it was of the sound file, or an error that names the file.
void Compare(const std::string& found, const std::string& expected, const std::string& path, Outcome* outcome) {
  if (found == expected) return;
  if (!found.starts_with("error ")) {
    *outcome = {Verdict::kWrong, Difference(expected, found)};
  } else if (outcome->verdict == Verdict::kWhole) {
    *outcome = {found.find(path) != std::string::npos ? Verdict::kRefused : Verdict::kVague, found};
  }
}

}  // namespace

void WriteSnapshot(const std::string& path, uint64_t seed) {
  std::mt19937_64 random(seed);
  utl::SnapshotFile snapshot;
  struct Key {
    int64_t created = 0;
    int64_t version = 0;
  };
  std::map<std::string, Key> keys;
  for (int64_t revision = 2; revision < kChanges; ++revision) {
    const std::string name = "key/" + std::to_string(random() % kKeys);
    Key& key = keys[name];
    if (key.version > 0 && random() % 10 == 0) {
      snapshot.Delete({revision, 0}, name);
      key = {};
      continue;
    }
    if (key.version++ == 0) key.created = revision;
    std::string value(random() % 50 == 0 ? kLongValueBytes : random() % 300, '\0');
    for (char& byte : value) byte = static_cast<char>(random());
    snapshot.Put({revision, 0}, name, value, key.created, key.version,
                 random() % 5 == 0 ? static_cast<int64_t>(1 + random() % kLeases) : 0);
  }
  for (int64_t lease = 1; lease <= kLeases; ++lease) snapshot.Lease(lease, 1'000'000);
  snapshot.Alarm(kAlarmedMember, static_cast<int>(replica::AlarmType::kNoSpace));
  snapshot.Write(path);
}

Outcome TrySnapshot(const std::string& path, const std::string& directory) {
  const Trial trial{path, directory};
  const ChildEnd end = RunInChild(kTimeoutMs, directory + ".verdict", [&trial] { return Run(trial); });
  if (!end.returned) return {Verdict::kDied, end.how};
  return {Verdict::kWhole, end.output};
}

Outcome JudgeSnapshot(const std::string& path, const std::string& directory, const std::string& expected) {
  const Outcome found = TrySnapshot(path, directory);
  if (found.verdict != Verdict::kWhole) return found;
  const size_t found_line = found.text.find('\n');
  const size_t expected_line = expected.find('\n');
  Outcome outcome{Verdict::kWhole, ""};
  Compare(found.text.substr(0, found_line), expected.substr(0, expected_line), path, &outcome);
  Compare(found.text.substr(found_line + 1), expected.substr(expected_line + 1), path, &outcome);
  return outcome;
}

}  // namespace quorate::testing
