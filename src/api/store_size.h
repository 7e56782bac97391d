#pragma once

#include <cstdint>

#include "src/api/service_context.h"

namespace quorate::api {

// The size of the store as Status and metrics tell it: on disk, and what of it is in use.
struct StoreSize {
  int64_t bytes = 0;
  int64_t in_use_bytes = 0;
};
// Walks the store's list of files: not on a loop.
StoreSize SizeOf(const ServiceContext& context);

}  // namespace quorate::api
