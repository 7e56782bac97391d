#pragma once

// Whether a member bears the damage: in a child process, so that a crash or a hang is an outcome like others.

#include <string>

namespace quorate::testing {

enum class Verdict {
  kWhole,    // it serves, and everything acknowledged is there
  kRefused,  // it does not start, and says which file and what to do
  kStopped,  // it met the damage later and ended, saying the same
  kUnread,   // it serves and answers some reads with an error that names the file, refusing writes
  // What must not be:
  kVague,  // it does not serve, and does not say which file or what to do
  kWrong,  // it serves something else
  kDied,   // a crash or a hang
};
std::string NameOf(Verdict verdict);
// `harmless`: the damage is to what nothing depends on.
inline bool IsBearable(Verdict verdict, bool harmless = false) {
  return harmless ? verdict == Verdict::kWhole : verdict < Verdict::kVague;
}

struct Outcome {
  Verdict verdict = Verdict::kDied;
  std::string text;
};

// Opens the member in `directory`, reads everything, rewrites its tables, reads again and writes; `thorough`: starts it
// once more.
Outcome TryMember(const std::string& directory, const std::string& state, bool thorough);

// Whether an error tells a file below `directory` and what can be done.
bool NamesFileAndRemedy(const std::string& text, const std::string& directory);

}  // namespace quorate::testing
