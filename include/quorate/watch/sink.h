#pragma once

// What a watcher asks for, and how it is told.

#include <cstddef>
#include <cstdint>
#include <string>

#include "quorate/base/payload.h"
#include "quorate/base/status.h"
#include "quorate/watch/event.h"

namespace quorate::watch {

// etcd's watch id that speaks for all watchers of a stream, or for none.
inline constexpr int64_t kNoWatchId = -1;

// What a watcher asks for, in the API's own terms.
struct WatchRequest {
  std::string key;             // empty: the smallest key
  std::string range_end;       // empty: the one key; "\0": from key on
  int64_t start_revision = 0;  // 0: from now on
  bool prev_kv = false;
  bool no_put = false;
  bool no_delete = false;
  bool fragment = false;
  bool progress_notify = false;
};

// Events for one watcher, filtered, in order, of whole revisions. Valid during the call it is given in.
class Selection {
 public:
  virtual ~Selection() = default;
  virtual size_t size() const = 0;
  virtual const Event& event(size_t index) const = 0;
  // As fields `events` of a WatchResponse, former values included for those who asked. Made once for all watchers that
  // share it.
  virtual const base::Payload& Encoded() const = 0;
  // How long that is, about, without making it.
  virtual size_t bytes() const = 0;
};

// One event as a field `events` of a WatchResponse.
void AppendEvent(const Event& event, bool with_previous, base::Payload* out);

// Whom a channel tells. Must not call the channel or its feed back from here.
class Sink {
 public:
  virtual ~Sink() = default;
  // Asked before OnEvents, whether that may come with about so many bytes of events. False: no more until
  // Channel::Resume.
  virtual bool HasRoom(size_t bytes) = 0;
  // `revision`: the watcher has heard of everything up to it. False: no more until Channel::Resume, this was taken.
  virtual bool OnEvents(int64_t watch_id, const WatchRequest& request, const Selection& events, int64_t revision) = 0;
  // The watcher is over: what it has to hear of next lies before the compacted revision.
  virtual void OnCompacted(int64_t watch_id, int64_t compacted_revision) = 0;
  // The watcher is over: what it has to hear of next cannot be read any more, or is too much, for this reason.
  virtual void OnFailed(int64_t watch_id, const absl::Status& reason) = 0;
  // All watchers of the channel (kNoWatchId), or this one, have heard of everything up to the revision. False: as for
  // events.
  virtual bool OnProgress(int64_t watch_id, int64_t revision) = 0;
};

}  // namespace quorate::watch
