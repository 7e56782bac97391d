#include "src/api/lease_description.h"

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "quorate/base/errors.h"
#include "quorate/base/wire.h"
#include "quorate/lease/leases.h"
#include "quorate/lease/lessor.h"

namespace quorate::api {
namespace {

namespace wire = base::wire;

// Field numbers of LeaseTimeToLiveResponse.
constexpr uint32_t kId = 2;
constexpr uint32_t kTtl = 3;
constexpr uint32_t kGrantedTtl = 4;
constexpr uint32_t kKeys = 5;
// What the TTL of a lease is that is not there.
constexpr int64_t kNoTtl = -1;

// False: the lease is not there, or not any more.
absl::StatusOr<bool> AppendKeys(const lease::Leases& leases, int64_t id, uint64_t bytes_max,
                                absl::FunctionRef<bool()> is_over, base::Payload* out) {
  std::string last, prefix;
  while (true) {
    // Again and again, for others may come meanwhile.
    if (leases.KeyBytes(id) > bytes_max) return base::errors::TooManyRequests();
    if (is_over()) return base::errors::DeadlineExceeded();
    std::optional<std::vector<std::string>> keys = leases.KeysAfter(id, last);
    if (!keys.has_value()) return false;
    if (keys->empty()) return true;
    for (const std::string& key : *keys) {
      prefix.clear();
      wire::AppendBytesPrefix(&prefix, kKeys, key.size());
      out->Append(prefix);
      out->Append(key);
    }
    last = std::move(keys->back());
  }
}

}  // namespace

absl::StatusOr<base::Payload> DescribeLease(replica::Replica& replica, const lease::TimeToLiveRequest& request,
                                            uint64_t keys_bytes_max, absl::FunctionRef<bool()> is_over) {
  base::Payload keys;
  bool is_there = true;
  // First, lest a lease that ends meanwhile seem to have lost its keys.
  if (request.keys) {
    QUORATE_ASSIGN_OR_RETURN(is_there, AppendKeys(replica.leases(), request.id, keys_bytes_max, is_over, &keys));
  }
  std::optional<lease::Lessor::TimeLeft> left;
  if (is_there) left = replica.lessor().Find(request.id);
  std::string head;
  wire::AppendInt64Field(&head, kId, request.id);
  if (!left.has_value()) {
    wire::AppendInt64Field(&head, kTtl, kNoTtl);
    return base::Payload(std::move(head));
  }
  wire::AppendInt64Field(&head, kTtl, std::chrono::duration_cast<std::chrono::seconds>(left->remaining).count());
  wire::AppendInt64Field(&head, kGrantedTtl, left->granted_seconds);
  base::Payload body(std::move(head));
  body.Append(std::move(keys));
  return body;
}

}  // namespace quorate::api
