#include "src/replica/remedy.h"

#include <string_view>

namespace quorate::replica {
namespace {

constexpr std::string_view kDamaged =
    "; check the disk, then make the data directory anew from a snapshot (quorateutl snapshot restore) or put back a "
    "copy of the whole of it";
constexpr std::string_view kUnreadable =
    "; check the disk (dmesg), then start again; if that does not help, make the data directory anew from a snapshot "
    "(quorateutl snapshot restore)";

}  // namespace

absl::Status StoreFailure(const std::string& directory, const absl::Status& status) {
  const bool lacks_a_part =
      status.code() == absl::StatusCode::kNotFound || status.code() == absl::StatusCode::kInvalidArgument;
  return base::MakeStatus(lacks_a_part ? absl::StatusCode::kDataLoss : status.code(),
                          "cannot open the store in " + directory + ": " + std::string(base::MessageOf(status)));
}

absl::Status WithRemedy(const absl::Status& status) {
  std::string_view remedy;
  switch (status.code()) {
    case absl::StatusCode::kDataLoss:
      remedy = kDamaged;
      break;
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kNotFound:
      remedy = kUnreadable;
      break;
    default:
      return status;
  }
  const std::string text(base::MessageOf(status));
  if (text.ends_with(remedy)) return status;
  return base::MakeStatus(status.code(), text + std::string(remedy));
}

}  // namespace quorate::replica
