#pragma once

// A unary call of a service that is built on keys, leases and watches: it takes as long as others take, and answers
// what went wrong as etcd's services do, whose client is a client of their own: with the text of the error, and the
// code UNKNOWN.

#include <string>
#include <string_view>

#include "src/api/lasting_unary.h"
#include "src/api/local_calls.h"

namespace quorate::api {

// The TTL of a lease that is granted for a caller that names none, as etcd's sessions have it.
inline constexpr int64_t kSessionTtlSeconds = 60;

absl::Status Unknown(const absl::Status& status);
absl::Status Unknown(std::string_view text);

// The caller's lease, or a new one for 0.
void WithLease(ServiceContext* context, int loop_index, int64_t lease, LocalDone<int64_t> done);
// "<prefix><lease in hexadecimal>", as Go prints a signed number.
std::string KeyOfLease(const std::string& prefix, int64_t lease);

// Loop thread only.
class RecipeCall : public LastingUnary {
 public:
  using LastingUnary::LastingUnary;

 protected:
  void Fail(const absl::Status& status) { Finish(Unknown(status)); }
};

}  // namespace quorate::api
