#include "quorate/watch/channel.h"

#include <algorithm>
#include <utility>

#include "src/watch/feed_state.h"

namespace quorate::watch {
namespace {

// etcd's words.
absl::Status EmptyRange() {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument, "mvcc: watcher range is empty");
}
absl::Status DuplicateId() {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument, "mvcc: duplicate watch ID provided on the WatchStream");
}

}  // namespace

void Feed::Rep::Enter(const Watcher& watcher) {
  statistics.watchers.fetch_add(1, std::memory_order_relaxed);
  departures.OnMade(WatcherBytes(watcher.range_bytes));
  if (watchers++ > 0) return;
  // In this order, so that no commit after the revision is missed.
  hub->Join(this);
  position = hub->store().revision();
}

void Feed::Rep::Remove(Watcher* watcher) {
  ChannelState* channel = watcher->channel;
  switch (watcher->state) {
    case Watcher::State::kLive:
      LeaveLive(watcher);
      break;
    case Watcher::State::kFallingBehind:
      fallen.Remove(watcher);
      LeaveLive(watcher);
      break;
    case Watcher::State::kBehind:
      scans.Leave(watcher);
      break;
    case Watcher::State::kParked:
      channel->parked.Remove(watcher);
      break;
    case Watcher::State::kOver:
      --channel->over;
      break;
  }
  const bool was_behind = watcher->state != Watcher::State::kLive && watcher->state != Watcher::State::kOver;
  if (was_behind) {
    --channel->behind;
    statistics.behind.fetch_sub(1, std::memory_order_relaxed);
  }
  notices.Remove(watcher);
  if (watcher->request.prev_kv) hub->WantPrevious(-1);
  channel->watchers.erase(watcher->id);
  statistics.watchers.fetch_sub(1, std::memory_order_relaxed);
  if (--watchers == 0) hub->Leave(this);
  if (was_behind) OnCaughtUp(channel);
}

void Feed::Rep::Depart(std::unique_ptr<ChannelState> channel) {
  notices.Forget(channel.get());
  departures.Add(std::move(channel));
}

Channel::Channel(std::unique_ptr<ChannelState> state) : state_(std::move(state)) {
  state_->feed->statistics.channels.fetch_add(1, std::memory_order_relaxed);
}

Channel::~Channel() {
  Feed::Rep& feed = *state_->feed;
  feed.statistics.channels.fetch_sub(1, std::memory_order_relaxed);
  feed.Depart(std::move(state_));
}

absl::StatusOr<int64_t> Channel::Watch(int64_t watch_id, WatchRequest request, int64_t* revision) {
  ChannelState& state = *state_;
  Feed::Rep& feed = *state.feed;
  *revision = feed.hub->store().revision();
  auto made = std::make_unique<Watcher>(&state, watch_id, request);
  if (made->range().IsEmpty()) return EmptyRange();
  if (watch_id == 0) {
    while (state.watchers.contains(state.next_id)) ++state.next_id;
    watch_id = state.next_id++;
    made = std::make_unique<Watcher>(&state, watch_id, std::move(request));
  } else if (state.watchers.contains(watch_id)) {
    return DuplicateId();
  }
  feed.Enter(*made);
  *revision = std::max(feed.position, feed.hub->store().revision());
  Watcher* watcher = made.get();
  state.watchers.emplace(watch_id, std::move(made));
  feed.notices.Add(watcher);
  if (watcher->request.prev_kv) feed.hub->WantPrevious(1);
  const int64_t start = watcher->request.start_revision;
  watcher->next = start == 0 ? *revision + 1 : start;
  if (watcher->next > feed.position) {
    feed.MakeLive(watcher);
  } else {
    ++state.behind;
    feed.statistics.behind.fetch_add(1, std::memory_order_relaxed);
    feed.CatchUp(watcher);
  }
  return watch_id;
}

std::optional<size_t> Channel::Cancel(int64_t watch_id) {
  auto found = state_->watchers.find(watch_id);
  if (found == state_->watchers.end()) return std::nullopt;
  const size_t range_bytes = found->second->range_bytes;
  state_->feed->Remove(found->second.get());
  return range_bytes;
}

void Channel::Resume() {
  if (!std::exchange(state_->blocked, false)) return;
  Feed::Rep& feed = *state_->feed;
  state_->returning_max = kReturningFirst;
  feed.UnparkSome(state_.get());
  feed.notices.Answer(state_.get());
  feed.notices.GoOn(state_.get());
}

void Channel::RequestProgress() {
  Feed::Rep& feed = *state_->feed;
  if (state_->watchers.size() == state_->over) return;
  // What is published is pulled soon in any case.
  feed.notices.Request(state_.get(), feed.hub->store().revision());
}

void Channel::NotifyProgress() { state_->feed->notices.BeginRound(state_.get()); }
bool Channel::wants_notices() const { return !state_->progress.periodic.empty(); }
size_t Channel::watchers() const { return state_->watchers.size(); }

Feed::Feed(FeedOptions options) : rep_(std::make_unique<Rep>(std::move(options))) {}
Feed::~Feed() = default;

std::unique_ptr<Channel> Feed::Open(Sink* sink) {
  return std::unique_ptr<Channel>(new Channel(std::make_unique<ChannelState>(rep_.get(), sink, rep_->next_channel++)));
}

const FeedStatistics& Feed::statistics() const { return rep_->statistics; }

}  // namespace quorate::watch
