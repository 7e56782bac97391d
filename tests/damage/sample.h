#pragma once

// Data directories as members leave them, to be damaged: what is in them is known.

#include <cstdint>
#include <string>
#include <vector>

#include "quorate/base/status.h"

namespace quorate::testing {

struct Sample {
  std::string directory;
  // The same directory, copied while the member ran, before its last writes.
  std::string older;
  // Describe() of it: all that was acknowledged.
  std::string state;
};

struct Samples {
  // Members of one life each, some stopped and some killed.
  std::vector<Sample> members;
  // Of other members: one of another cluster, and one that was begun with the same flags as the first.
  std::vector<std::string> strangers;
};

// Makes them under `root`, each by a child process. The same seed gives the same requests.
absl::StatusOr<Samples> MakeSamples(const std::string& root, uint64_t seed);

// The whole file; empty when there is none.
std::string ReadAll(const std::string& path);

// Copies a directory with all in it; holes stay holes.
void CopyDirectory(const std::string& from, const std::string& to);

}  // namespace quorate::testing
