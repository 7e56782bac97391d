#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "quorate/base/status.h"
#include "quorate/watch/sink.h"

namespace quorate::watch {

class Feed;
struct ChannelState;

// One consumer's watchers: a watch stream. Its destruction ends them: its sink is not called any more. There may be so
// many that they are removed in later turns of the loop, and count as watchers until then.
class Channel {
 public:
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // Begins a watcher and returns its id: `watch_id`, or one of our choice for 0. `*revision` is the newest revision at
  // that moment: a watcher from now on hears of what comes after it. The sink hears nothing of it before this returns.
  // Errors have etcd's message: an empty range, an id in use.
  absl::StatusOr<int64_t> Watch(int64_t watch_id, WatchRequest request, int64_t* revision);
  // Returns how long its key and its range end were together, as asked for; nothing: no such watcher.
  std::optional<size_t> Cancel(int64_t watch_id);
  // The sink takes events again.
  void Resume();
  // OnProgress(kNoWatchId) as soon as every watcher is in step with the revision that is newest now; never, when there
  // is no watcher now or then, or one that starts in the future. Of requests that wait together the first and the
  // newest are answered.
  void RequestProgress();
  // The periodic notice: OnProgress for each watcher with `progress_notify` that heard nothing since the last notice
  // and is in step. When there are many, some have it in later turns of the loop; when the sink takes no more, once it
  // does.
  void NotifyProgress();
  bool wants_notices() const;
  size_t watchers() const;

 private:
  friend class Feed;
  explicit Channel(std::unique_ptr<ChannelState> state);
  std::unique_ptr<ChannelState> state_;
};

}  // namespace quorate::watch
