#pragma once

// Watches inside the server, for who waits for a key to go or follows one.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "quorate/base/buffer.h"
#include "quorate/base/status.h"

namespace quorate::watch {

// One change of a key, as a subscription tells of it.
struct Notice {
  bool deleted = false;
  std::string key;
  int64_t revision = 0;
  int64_t create_revision = 0;  // of a put
  base::Buffer record;          // of a put: `kv` is the mvccpb.KeyValue in wire form
  size_t kv_offset = 0;
  std::string_view kv() const { return record.view().substr(kv_offset); }
};

// Called on the loop's thread, from the loop itself and never from within a call to the feed: it may do anything, also
// end its own subscription. A status that is not OK is the last call: Compacted when the subscription begins (or has
// come) before what compaction left, DataLoss when what it has to hear of cannot be read.
using NoticeHandler = std::function<void(absl::StatusOr<std::vector<Notice>> notices)>;

// Ends when destroyed, on the loop's thread; the handler is not called after that.
class Subscription {
 public:
  virtual ~Subscription() = default;
  // Holds notices back, and lets them come again; what was held back is read from history then.
  virtual void Pause() = 0;
  virtual void Resume() = 0;
};

}  // namespace quorate::watch
