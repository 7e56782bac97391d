#pragma once

// Tells channels how far they have heard: all watchers of one at once when its consumer asks, and now and then each
// that wants it.

#include <cstdint>
#include <deque>
#include <vector>

#include "quorate/watch/feed_options.h"
#include "src/watch/channel_state.h"

namespace quorate::watch {

class ProgressNotices {
 public:
  // `position`: the feed's, up to which all live watchers have heard of everything. Both must outlive this.
  ProgressNotices(const FeedOptions* options, const int64_t* position) : options_(options), position_(*position) {}

  // A new watcher of its channel, and one that goes.
  void Add(Watcher* watcher);
  void Remove(Watcher* watcher);
  // It is live from here on, or no more; its next revision is known.
  void OnLive(const Watcher& watcher);
  void OnNotLive(const Watcher& watcher);

  // The channel wants to know once its watchers have heard of everything up to the revision.
  void Request(ChannelState* channel, int64_t revision);
  // Tells a channel that wants to know, or makes it wait for the position; whoever ends another cause to wait calls
  // again.
  void Answer(ChannelState* channel);
  // The position has moved on.
  void AnswerWaiting();

  // Each of the channel's watchers that wants notices has one, unless it heard something since the last.
  void BeginRound(ChannelState* channel);
  // To those who have not had their turn in this round, as many as may be told in one turn of the loop; the others
  // follow.
  void GoOn(ChannelState* channel);

  // The channel is told nothing from here on.
  void Forget(ChannelState* channel);

 private:
  void PostRounds();

  const FeedOptions* const options_;
  const int64_t& position_;
  std::vector<ChannelState*> waiting_;  // for the position
  std::deque<ChannelState*> in_round_;
  bool posted_ = false;
};

}  // namespace quorate::watch
