#pragma once

// The watchers of one event loop: which of them hears of an event, in what order, and how those who fell behind come
// back.
//
// A watcher is live, behind or parked: what etcd calls synced, unsynced and a victim. Live ones are found by key in one
// matcher and hear of each commit as it is pulled from the hub's window. A watcher is behind when it starts in the
// past, or when its consumer took no more at an event meant for it; all that is kept of it then is the next revision it
// has to hear of. Once its consumer takes more, it reads on from there together with others near it: from the window
// when that reaches back so far, else from the store, in bounded pieces on a background thread, and is live again in
// the very moment when nothing is missing. While its consumer takes nothing it is parked: in no matcher, and nothing
// happens for it.
//
// Everything here belongs to the loop's thread unless it says otherwise. No call blocks.

#include <memory>

#include "quorate/watch/channel.h"
#include "quorate/watch/feed_options.h"
#include "quorate/watch/feed_statistics.h"
#include "quorate/watch/sink.h"
#include "quorate/watch/subscription.h"

namespace quorate::watch {

// Belongs to one loop. Made before the loop starts, destroyed after it has ended; all channels and subscriptions must
// be gone by then.
class Feed {
 public:
  explicit Feed(FeedOptions options);
  ~Feed();
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  // The sink must outlive the channel.
  std::unique_ptr<Channel> Open(Sink* sink);
  // Events of the request's range from its start revision on (0: what is not published yet), in order, none twice.
  // `prev_kv`, `fragment` and `progress_notify` mean nothing here.
  std::unique_ptr<Subscription> Subscribe(WatchRequest request, NoticeHandler handler);
  // Any thread.
  const FeedStatistics& statistics() const;

  struct Rep;

 private:
  std::unique_ptr<Rep> rep_;
};

}  // namespace quorate::watch
