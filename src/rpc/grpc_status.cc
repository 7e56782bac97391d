#include "src/rpc/grpc_status.h"

#include <array>

#include "src/rpc/percent_encoding.h"

namespace quorate::rpc {
namespace {

// A message much longer than this would not fit in what clients take as headers.
constexpr size_t kMessageBytesMax = 4096;

}  // namespace

std::string_view StatusText(absl::StatusCode code) {
  constexpr std::array<std::string_view, 17> kTexts = {"0", "1",  "2",  "3",  "4",  "5",  "6",  "7", "8",
                                                       "9", "10", "11", "12", "13", "14", "15", "16"};
  const auto number = static_cast<size_t>(code);
  constexpr size_t kUnknown = 2;
  return kTexts[number < kTexts.size() ? number : kUnknown];
}

std::string EncodedStatusMessage(std::string_view message) {
  return EncodeGrpcMessage(message.substr(0, kMessageBytesMax));
}

absl::Status Internal(std::string_view message) { return base::MakeStatus(absl::StatusCode::kInternal, message); }

}  // namespace quorate::rpc
