#pragma once

#include <cstdint>
#include <list>

#include "quorate/mvcc/key_range.h"
#include "quorate/watch/sink.h"
#include "src/watch/matcher.h"

namespace quorate::watch {

struct ChannelState;
struct Scan;

// One watcher. Its channel owns it.
struct Watcher {
  enum class State {
    kLive,           // in the feed's matcher
    kFallingBehind,  // in the feed's matcher still, where it hears of nothing more, and among those that leave it
    kBehind,         // in a scan's matcher
    kParked,         // in its channel's list: the consumer takes nothing
    kOver,  // ended, by compaction or because history cannot be read or is too much; keeps its id until it is cancelled
  };

  Watcher(ChannelState* channel, int64_t id, WatchRequest asked)
      : channel(channel),
        id(id),
        request(std::move(asked)),
        kind(SelectionKind(request)),
        range_bytes(request.key.size() + request.range_end.size()) {
    if (request.key.empty()) request.key.assign(1, '\0');
  }
  // Whether it has heard of everything up to the feed's position and of nothing beyond: one that has read history, or
  // was made after a commit that the loop has not pulled, may be ahead.
  bool InStep(int64_t position) const { return state == State::kLive && next <= position + 1; }
  mvcc::KeyRange range() const { return mvcc::KeyRange::FromRequest(request.key, request.range_end); }

  ChannelState* const channel;
  const int64_t id;
  WatchRequest request;
  const size_t kind;
  const size_t range_bytes;  // as asked for
  State state = State::kLive;
  // It hears of nothing before this revision. Behind, also of nothing before its scan's cursor.
  int64_t next = 0;
  // What it needs of the window's events is not in memory.
  bool from_store = false;
  // It is behind although its consumer took everything: compaction does not end it while the window holds what it
  // missed.
  bool kept_up = false;
  // It was parked, and is in the scan that it came back to.
  bool returning = false;
  // Something was sent since the last periodic notice.
  bool heard = false;
  uint32_t notice_round = 0;  // the last in which it had its turn
  std::list<Watcher*>::iterator notice_place;  // in its channel's list, when it wants notices
  uint64_t fallen_place = 0;

  Group* group = nullptr;
  Scan* scan = nullptr;
  // In the group, or in the channel's list of parked ones.
  Watcher* previous = nullptr;
  Watcher* following = nullptr;
};

}  // namespace quorate::watch
