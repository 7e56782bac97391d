#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "quorate/tool/command.h"

namespace quorate::tool {

struct Candidate {
  std::string word;
  std::string meaning;  // may be empty
};

// What the last of the words, which may be empty or cut short, may become. None if it is a name the tool does not
// know, such as a key or a file.
std::vector<Candidate> CandidatesFor(const Command& root, const Arguments& words);

// A program for a shell that completes the tool's command lines by asking `<tool> __complete -- <words>`; empty for a
// shell that is not known.
std::string CompletionScript(const std::string& shell, const std::string& tool);

// Adds what such a program asks: `__complete`, which writes the candidates to `out`, each on a line. Both outlive the
// run.
void AddComplete(Command& root, std::ostream& out);

}  // namespace quorate::tool
