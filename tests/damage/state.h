#pragma once

#include <string>

#include "quorate/base/status.h"
#include "quorate/replica/replica.h"

namespace quorate::testing {

// Everything that clients can ask of a member, as text of one fact a line: all keys now and at former revisions, all of
// history, hashes, leases with their keys. Equal texts mean equal members. Errors are those of the reads.
absl::StatusOr<std::string> Describe(replica::Replica& replica);

// The first line in which two descriptions differ.
std::string Difference(const std::string& expected, const std::string& found);

}  // namespace quorate::testing
