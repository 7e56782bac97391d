#include "src/api/parse.h"

namespace quorate::api {

absl::Status Malformed() {
  return base::MakeStatus(absl::StatusCode::kInternal,
                          "grpc: error unmarshalling request: proto: cannot parse invalid wire-format data");
}

absl::Status MalformedInStream() {
  return base::MakeStatus(
      absl::StatusCode::kInternal,
      "grpc: failed to unmarshal the received message: proto: cannot parse invalid wire-format data");
}

}  // namespace quorate::api
