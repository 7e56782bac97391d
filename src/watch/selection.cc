#include "src/watch/selection.h"

#include <string>

#include "quorate/base/wire.h"

namespace quorate::watch {
namespace {

namespace wire = base::wire;

// WatchResponse.events, and the fields of mvccpb.Event.
constexpr uint32_t kEvents = 11;
constexpr uint32_t kType = 1;
constexpr uint32_t kKv = 2;
constexpr uint32_t kPrevKv = 3;
constexpr uint64_t kDelete = 1;

// Events larger than this on average are rather referred to, each on its own, than copied together.
constexpr size_t kJoinedEventBytesMax = 4096;
// What is longer stays in the pieces that it was made of: to join it would take as much once more, and it may be more
// than one buffer holds.
constexpr size_t kJoinedBytesMax = 1 << 20;

// An event's own fields, about.
constexpr size_t kEventBytes = 16;

size_t FieldBytes(size_t length) { return 1 + wire::VarintSize(length) + length; }

}  // namespace

void AppendEvent(const Event& event, bool with_previous, base::Payload* out) {
  const size_t kv_bytes = event.change.record.size() - event.change.kv_offset;
  const bool previous = with_previous && event.previous;
  const size_t previous_bytes = previous ? event.previous.size() - event.previous_offset : 0;
  std::string head;
  wire::AppendBytesPrefix(
      &head, kEvents,
      (event.change.deleted ? 2 : 0) + FieldBytes(kv_bytes) + (previous ? FieldBytes(previous_bytes) : 0));
  if (event.change.deleted) wire::AppendVarintField(&head, kType, kDelete);
  wire::AppendBytesPrefix(&head, kKv, kv_bytes);
  out->Append(head);
  out->Append(event.change.record, event.change.kv_offset, kv_bytes);
  if (!previous) return;
  head.clear();
  wire::AppendBytesPrefix(&head, kPrevKv, previous_bytes);
  out->Append(head);
  out->Append(event.previous, event.previous_offset, previous_bytes);
}

GroupSelection::GroupSelection(std::span<const Event* const> hits, size_t from, size_t to, size_t kind, bool shared)
    : from_(from), to_(to), with_previous_((kind & kWithPrevious) != 0), shared_(shared) {
  events_.reserve(to - from);
  for (const Event* event : hits.subspan(from, to - from)) {
    if ((kind & (event->change.deleted ? kWithoutDeletes : kWithoutPuts)) != 0) continue;
    events_.push_back(event);
    bytes_ += kEventBytes + event->change.record.size() + (with_previous_ ? event->previous.size() : 0);
  }
}

const base::Payload& GroupSelection::Encoded() const {
  if (encoded_made_) return encoded_;
  encoded_made_ = true;
  for (const Event* event : events_) AppendEvent(*event, with_previous_, &encoded_);
  const bool joined = shared_ && encoded_.size() >= base::Payload::kInlineBytes && encoded_.size() <= kJoinedBytesMax &&
                      encoded_.size() / events_.size() <= kJoinedEventBytesMax;
  if (joined) {
    const base::Buffer buffer = base::Buffer::Copy(encoded_.ToString());
    encoded_ = base::Payload();
    encoded_.Append(buffer);
  }
  return encoded_;
}

}  // namespace quorate::watch
