#include "src/api/watch_response.h"

#include <utility>

#include "quorate/base/wire.h"

namespace quorate::api {
namespace {

namespace wire = base::wire;

// Fields of WatchResponse; the header is 1, the events are 11.
constexpr uint32_t kWatchId = 2;
constexpr uint32_t kCreated = 3;
constexpr uint32_t kCanceled = 4;
constexpr uint32_t kCompactRevision = 5;
constexpr uint32_t kCancelReason = 6;
constexpr uint32_t kFragment = 7;

}  // namespace

std::string WatchResponseHead::Encode() const {
  std::string out = header;
  wire::AppendInt64Field(&out, kWatchId, watch_id);
  wire::AppendBoolField(&out, kCreated, created);
  wire::AppendBoolField(&out, kCanceled, canceled);
  wire::AppendInt64Field(&out, kCompactRevision, compact_revision);
  wire::AppendBytesField(&out, kCancelReason, cancel_reason);
  wire::AppendBoolField(&out, kFragment, fragment);
  return out;
}

void WriteFragmented(WatchResponseHead head, const watch::Selection& events, bool with_previous, size_t bytes_max,
                     const std::function<void(base::Payload)>& write) {
  base::Payload whole(head.Encode());
  const size_t head_bytes = whole.size();
  if (events.size() < 2 || head_bytes + events.Encoded().size() < bytes_max) {
    whole.Append(events.Encoded());
    return write(std::move(whole));
  }
  head.fragment = true;
  const std::string head_of_fragment = head.Encode();
  head.fragment = false;
  for (size_t next = 0; next < events.size();) {
    base::Payload body;
    for (size_t first = next; next < events.size(); ++next) {
      base::Payload one;
      watch::AppendEvent(events.event(next), with_previous, &one);
      if (next > first && head_of_fragment.size() + body.size() + one.size() >= bytes_max) break;
      body.Append(std::move(one));
    }
    base::Payload part(next < events.size() ? head_of_fragment : head.Encode());
    part.Append(std::move(body));
    write(std::move(part));
  }
}

}  // namespace quorate::api
