#include "src/api/store_size.h"

#include <algorithm>

namespace quorate::api {

StoreSize SizeOf(const ServiceContext& context) {
  const auto logical = static_cast<int64_t>(context.quota.used_bytes());
  const auto on_disk = static_cast<int64_t>(context.replica->database().Size().on_disk_bytes);
  // What is not flushed yet lies in the log alone, and tables are compressed: the store is never smaller than its data.
  return {.bytes = std::max(on_disk, logical), .in_use_bytes = logical};
}

}  // namespace quorate::api
