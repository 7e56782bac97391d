#pragma once

// Requests that are decoded again where they are executed, because a decoded one lives as long as its bytes only.

#include <string_view>

#include "quorate/base/check.h"
#include "quorate/mvcc/request.h"

namespace quorate::api {

// `bytes`: decoded before, or the server's own.
template <typename Request>
Request MustDecode(std::string_view bytes) {
  Request request;
  QUORATE_CHECK(mvcc::Decode(bytes, &request)) << "a request that was decoded before";
  return request;
}

}  // namespace quorate::api
