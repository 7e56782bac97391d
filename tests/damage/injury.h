#pragma once

// What can happen to the files of a data directory.

#include <random>
#include <string>

#include "tests/damage/sample.h"

namespace quorate::testing {

struct Injury {
  // The kind of file: "wal", "wal-last", "sst", "MANIFEST", "identity"...
  std::string victim;
  // What was done: "flip", "zero", "truncate"...
  std::string kind;
  // For people, with names and places.
  std::string text;
  // Nothing depends on what was in the file: a member has to bear it and lose nothing.
  bool harmless = false;
};

// Damages one file, or two, of the copy of `sample` in `directory`. What is drawn from `random` and the sample's files
// decides what.
Injury Injure(const std::string& directory, const Sample& sample, const Samples& samples, std::mt19937_64& random);

}  // namespace quorate::testing
