#include <algorithm>
#include <utility>

#include "src/watch/events_by_key.h"
#include "src/watch/feed_state.h"

namespace quorate::watch {

void Feed::Rep::OnCommitted() {
  if (!told.exchange(true)) PostPull();
}

void Feed::Rep::PostPull() {
  options.post([this] {
    told.store(false);
    Pull();
  });
}

void Feed::Rep::Pull() {
  if (watchers == 0) return;
  Batches batches;
  int64_t newest;
  const bool held = hub->Collect(position, options.step_bytes_max, &batches, &newest);
  if (newest == position) return notices.AnswerWaiting();
  if (!held) {
    // This loop was so slow that the window has passed it: everyone reads on from history.
    FallBehindAll(position + 1);
    MoveFallen();
    position = newest;
    return;
  }
  for (const auto& batch : batches) {
    if (!DeliverLive(batch)) break;
  }
  for (ChannelState* channel : std::exchange(open, {})) CloseSegment(channel);
  hits.Forget();
  MoveFallen();
  notices.AnswerWaiting();
  if (position < newest) OnCommitted();
}

bool Feed::Rep::DeliverLive(const std::shared_ptr<const Batch>& batch) {
  const std::vector<Event>& events = batch->events;
  auto event = std::partition_point(events.begin(), events.end(),
                                    [this](const Event& one) { return one.revision() <= position; });
  while (event != events.end()) {
    const int64_t revision = event->revision();
    const bool first = hits.size() == 0;
    hit_now.clear();
    for (; event != events.end() && event->revision() == revision; ++event) {
      live.Match(event->change.key, [this, event = &*event](Group& group) {
        if (group.hits.size() == group.offered) hit_now.push_back(&group);
        hits.Add(&group, event);
      });
      if (hits.size() <= options.hits_max) continue;
      // Again in the next delivery; if not even one of its own is enough, scans take their time for it.
      if (first) {
        FallBehindAt(batch, revision);
        scans.NoteLarge(revision);
        position = revision;
      }
      return false;
    }
    for (Group* group : hit_now) {
      const size_t from = std::exchange(group->offered, group->hits.size());
      for (Watcher* watcher = group->first; watcher != nullptr; watcher = watcher->following) {
        OfferLive(watcher, group, from, revision);
      }
    }
    position = revision;
  }
  return true;
}

void Feed::Rep::OfferLive(Watcher* watcher, Group* group, size_t from, int64_t revision) {
  // One that fell behind at an earlier event stays in its group until the delivery is over.
  if (watcher->state != Watcher::State::kLive || watcher->next > revision) return;
  const size_t to = group->hits.size();
  const auto missing = [](const Event* event) { return event->previous_missing(); };
  const bool from_store = watcher->request.prev_kv && LacksFormer(group, from, missing);
  ChannelState* channel = watcher->channel;
  Segment& segment = channel->segment;
  const bool goes_on = segment.watcher == watcher && segment.bytes < kResponseBytesMax &&
                       segment.revisions < kResponseRevisionsMax && !from_store;
  if (!goes_on) CloseSegment(channel);
  // What was to be sent to it may have found no room.
  if (watcher->state != Watcher::State::kLive) return;
  if (from_store || channel->blocked) return FallBehind(watcher, revision, from_store);
  if (!goes_on) {
    segment.watcher = watcher;
    segment.from = from;
    open.push_back(channel);
  }
  segment.to = to;
  segment.last_revision = revision;
  ++segment.revisions;
  for (size_t i = from; i < to; ++i) segment.bytes += group->hits[i]->change.record.size();
}

bool Feed::Rep::LacksFormer(Group* group, size_t from, absl::FunctionRef<bool(const Event*)> missing) const {
  const std::span events = std::span(group->hits).subspan(from);
  // As its watchers are offered the same, one after the other.
  if (group->former_look.from != from || group->former_look.to != group->hits.size()) {
    const bool lacks =
        std::any_of(events.begin(), events.end(), missing) || FormerBytes(events) > options.former_bytes_max;
    group->former_look = {from, group->hits.size(), lacks};
  }
  return group->former_look.lacks;
}

void Feed::Rep::CloseSegment(ChannelState* channel) {
  const Segment segment = std::exchange(channel->segment, {});
  if (segment.watcher == nullptr) return;
  Group* group = segment.watcher->group;
  if (!Send(segment.watcher, group, segment.from, segment.to, segment.last_revision)) {
    FallBehind(segment.watcher, group->hits[segment.from]->revision(), false);
  }
}

bool Feed::Rep::Send(Watcher* watcher, Group* group, size_t from, size_t to, int64_t revision) {
  std::unique_ptr<GroupSelection>& selection = group->selections[watcher->kind];
  if (selection == nullptr || !selection->Is(from, to)) {
    selection = std::make_unique<GroupSelection>(group->hits, from, to, watcher->kind, group->watchers > 1);
  }
  if (selection->size() == 0) return true;
  ChannelState* channel = watcher->channel;
  if (channel->blocked || !channel->sink->HasRoom(selection->bytes())) {
    channel->blocked = true;
    return false;
  }
  watcher->heard = true;
  statistics.events_sent.fetch_add(selection->size(), std::memory_order_relaxed);
  if (!channel->sink->OnEvents(watcher->id, watcher->request, *selection, revision)) channel->blocked = true;
  // Nobody else wants it.
  if (group->watchers == 1) selection.reset();
  return true;
}

void Feed::Rep::MakeLive(Watcher* watcher) {
  watcher->state = Watcher::State::kLive;
  watcher->from_store = watcher->kept_up = false;
  live.Add(watcher);
  notices.OnLive(*watcher);
}

void Feed::Rep::LeaveLive(Watcher* watcher) {
  live.Remove(watcher);
  notices.OnNotLive(*watcher);
}

}  // namespace quorate::watch
