#pragma once

// How a command fails: an absl::Status whose message goes to standard error behind "Error: ", with the exit code that
// scripts written for etcdctl test for.

#include <string>
#include <string_view>

#include "quorate/base/status.h"

namespace quorate::tool {

enum class Exit : int {
  kError = 1,
  kBadConnection = 2,
  kInvalidInput = 3,
  kBadFeature = 4,
  kInterrupted = 5,
  kBadArguments = 128,
};

absl::Status Fail(Exit exit, std::string_view message);

// Why the system refused, by errno, as etcdctl writes it: in lower case.
std::string ReasonOf(int error);

// Ends the run with the exit code alone: what there was to say has been written already.
absl::Status FailSilently(Exit exit);

// The exit code of a failure; Exit::kError for a status that Fail did not make.
Exit ExitOf(const absl::Status& failure);
bool IsSilent(const absl::Status& failure);
// Whether Fail made the status; what a server answered is not such a failure.
bool IsFailure(const absl::Status& status);

}  // namespace quorate::tool
