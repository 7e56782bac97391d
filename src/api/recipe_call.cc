#include "src/api/recipe_call.h"

#include <cinttypes>
#include <cstdio>
#include <utility>

namespace quorate::api {

absl::Status Unknown(std::string_view text) { return base::MakeStatus(absl::StatusCode::kUnknown, text); }
absl::Status Unknown(const absl::Status& status) { return Unknown(base::MessageOf(status)); }

void WithLease(ServiceContext* context, int loop_index, int64_t lease, LocalDone<int64_t> done) {
  if (lease != 0) return done(lease);
  LocalGrant(context, loop_index, kSessionTtlSeconds, std::move(done));
}

std::string KeyOfLease(const std::string& prefix, int64_t lease) {
  const bool negative = lease < 0;
  char hex[18];
  std::snprintf(hex, sizeof hex, "%s%" PRIx64, negative ? "-" : "",
                negative ? -static_cast<uint64_t>(lease) : static_cast<uint64_t>(lease));
  return prefix + hex;
}

}  // namespace quorate::api
