#include "tests/damage/trial.h"

#include <string_view>

#include "etcdserverpb/rpc.pb.h"
#include "tests/damage/child.h"
#include "tests/damage/local_member.h"
#include "tests/damage/state.h"

namespace quorate::testing {
namespace {

// A hang, even on a machine that does much else.
constexpr int kTimeoutMs = 120'000;

struct Trial {
  std::string directory;
  const std::string* state;
  bool writes;
};

std::string Judge(Verdict verdict, const std::string& text) { return std::to_string(static_cast<int>(verdict)) + text; }

std::string JudgeError(Verdict verdict, const std::string& directory, const absl::Status& status) {
  const std::string text(base::MessageOf(status));
  return Judge(NamesFileAndRemedy(text, directory) ? verdict : Verdict::kVague, text);
}

class Attempt {
 public:
  explicit Attempt(const Trial& trial) : trial_(trial) {}

  std::string Run() {
    std::string verdict = Live();
    if (verdict.empty() && trial_.writes) verdict = Write();
    return verdict.empty() ? Judge(Verdict::kWhole, "") : verdict;
  }

 private:
  // "" when everything is there.
  std::string Live() {
    auto opened = LocalMember::Open({.directory = trial_.directory});
    if (!opened.ok()) return JudgeError(Verdict::kRefused, trial_.directory, opened.status());
    LocalMember& member = **opened;
    for (const bool rewritten : {false, true}) {
      const absl::StatusOr<std::string> found = Describe(member.replica());
      if (!found.ok()) return JudgeUnread(member, found.status());
      if (*found != *trial_.state) return Judge(Verdict::kWrong, Difference(*trial_.state, *found));
      if (rewritten || !trial_.writes) return "";
      absl::Status compacted = member.replica().database().CompactAll();
      if (!compacted.ok()) return JudgeUnread(member, compacted);
    }
    return "";
  }

  // One more write, and what the member then holds, as a kill leaves it.
  std::string Write() {
    auto opened = LocalMember::Open({.directory = trial_.directory});
    if (!opened.ok()) return JudgeError(Verdict::kRefused, trial_.directory, opened.status());
    etcdserverpb::PutRequest put;
    put.set_key("one more");
    put.set_value("after the damage");
    const absl::Status written = (*opened)->Do(replica::CommandType::kPut, put);
    if (!written.ok()) return Judge(Verdict::kWrong, "a write fails: " + std::string(base::MessageOf(written)));
    const absl::StatusOr<std::string> found = Describe((*opened)->replica());
    if (!found.ok()) return JudgeUnread(**opened, found.status());
    (void)opened->release();
    return Judge(Verdict::kWhole, *found);
  }

  std::string JudgeUnread(LocalMember& member, const absl::Status& status) {
    if (absl::Status fatal = member.fatal(); !fatal.ok()) return JudgeError(Verdict::kStopped, trial_.directory, fatal);
    const absl::Status trouble = member.replica().status().trouble;
    if (trouble.ok()) {
      return Judge(Verdict::kVague,
                   "reads fail and the member says that it is well: " + std::string(base::MessageOf(status)));
    }
    etcdserverpb::PutRequest put;
    put.set_key("another");
    if (member.Do(replica::CommandType::kPut, put).ok()) return Judge(Verdict::kWrong, "writes go on");
    return JudgeError(Verdict::kUnread, trial_.directory, trouble);
  }

  const Trial& trial_;
};

Outcome Run(const Trial& trial) {
  const ChildEnd end = RunInChild(kTimeoutMs, trial.directory + ".verdict", [&trial] { return Attempt(trial).Run(); });
  if (!end.returned || end.output.empty()) return {Verdict::kDied, end.how};
  return {static_cast<Verdict>(end.output[0] - '0'), end.output.substr(1)};
}

}  // namespace

std::string NameOf(Verdict verdict) {
  static constexpr const char* kNames[] = {"whole", "refused", "stopped", "unread", "VAGUE", "WRONG", "DIED"};
  return kNames[static_cast<int>(verdict)];
}

bool NamesFileAndRemedy(const std::string& text, const std::string& directory) {
  if (text.find(directory + "/") == std::string::npos) return false;
  for (const std::string_view way : {"snapshot restore", "correct --", "another directory", "run that version"}) {
    if (text.find(way) != std::string::npos) return true;
  }
  return false;
}

Outcome TryMember(const std::string& directory, const std::string& state, bool thorough) {
  const Outcome first = Run({directory, &state, thorough});
  if (first.verdict != Verdict::kWhole || !thorough) return first;
  Outcome second = Run({directory, &first.text, false});
  if (second.verdict != Verdict::kWhole) second.text = "at the next start: " + second.text;
  // What was served must be served again.
  if (second.verdict != Verdict::kWhole && IsBearable(second.verdict)) second.verdict = Verdict::kWrong;
  return second;
}

}  // namespace quorate::testing
