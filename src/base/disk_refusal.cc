#include "quorate/base/disk_refusal.h"

#include "absl/strings/cord.h"

namespace quorate::base {
namespace {

// A code of its own would have to be known wherever a full disk is; only where it is told does it make a difference.
constexpr char kWant[] = "quorate/want-of-descriptors-or-memory";

}  // namespace

absl::Status WantOfDescriptorsOrMemory(std::string_view message) {
  absl::Status status = MakeStatus(absl::StatusCode::kResourceExhausted, message);
  status.SetPayload(kWant, absl::Cord());
  return status;
}

bool IsWantOfDescriptorsOrMemory(const absl::Status& status) { return status.GetPayload(kWant).has_value(); }

}  // namespace quorate::base
