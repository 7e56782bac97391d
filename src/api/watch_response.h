#pragma once

// etcdserverpb.WatchResponse in wire form, made around events that are encoded already.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "quorate/base/payload.h"
#include "quorate/watch/sink.h"

namespace quorate::api {

// Everything but the events. `header` is the encoded field 1.
struct WatchResponseHead {
  std::string header;
  int64_t watch_id = 0;
  bool created = false;
  bool canceled = false;
  int64_t compact_revision = 0;
  std::string_view cancel_reason = {};
  bool fragment = false;

  std::string Encode() const;
};

// One response with all the events, or, where that would reach `bytes_max`, several of one event or more each that stay
// below it as far as possible, all but the last marked as fragments.
void WriteFragmented(WatchResponseHead head, const watch::Selection& events, bool with_previous, size_t bytes_max,
                     const std::function<void(base::Payload)>& write);

}  // namespace quorate::api
