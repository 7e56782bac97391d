#pragma once

#include <cstdint>
#include <string>

#include "tests/damage/trial.h"

namespace quorate::testing {

// Writes a snapshot as a client would have saved it: keys with their history, deletions, leases, an alarm.
void WriteSnapshot(const std::string& path, uint64_t seed);

// What `snapshot status` tells of it and, in `directory`, what a member restored from it serves; or the error.
Outcome TrySnapshot(const std::string& path, const std::string& directory);

// The same of a damaged one, `expected` being what the sound one gave: either tool gives the same, or an error that
// names the file.
Outcome JudgeSnapshot(const std::string& path, const std::string& directory, const std::string& expected);

}  // namespace quorate::testing
