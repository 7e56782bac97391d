#include "tests/e2e/watch_log.h"

#include <algorithm>

namespace quorate::testing {
namespace {

namespace pb = etcdserverpb;

// Speaks for all watchers of a stream, and for those that never came to be.
constexpr int64_t kNoWatcher = -1;
constexpr size_t kShownEventsMax = 5;

std::string Brief(pb::WatchResponse response) {
  const int events = response.events_size();
  if (static_cast<size_t>(events) > kShownEventsMax) {
    response.mutable_events()->DeleteSubrange(kShownEventsMax, events - static_cast<int>(kShownEventsMax));
  }
  for (mvccpb::Event& event : *response.mutable_events()) {
    event.mutable_kv()->clear_value();
    event.clear_prev_kv();
  }
  return "{" + response.ShortDebugString() + "} with " + std::to_string(events) + " events\n";
}

}  // namespace

void WatchLog::Fault(const std::string& what, const pb::WatchResponse& response) {
  faults_ += what + ": " + Brief(response);
}

void WatchLog::Take(const pb::WatchResponse& response) {
  if (response.created() || (response.canceled() && response.compact_revision() == 0)) {
    TakeControl(response);
    return;
  }
  if (response.watch_id() == kNoWatcher) {
    if (response.events_size() > 0) Fault("events of no watcher", response);
    manual_progress_.push_back(response.header().revision());
    for (const auto& [id, index] : by_id_) TakeProgress(response, &watchers_[index]);
    return;
  }
  const auto found = by_id_.find(response.watch_id());
  if (found == by_id_.end()) {
    Fault("a response of an unknown watcher", response);
    return;
  }
  ReceivedWatcher& watcher = watchers_[found->second];
  if (watcher.end) {
    Fault("a response of a watcher that has ended", response);
  } else if (response.canceled()) {
    if (response.events_size() > 0) Fault("events in a response that ends the watcher", response);
    watcher.end = response;
  } else if (response.events_size() == 0) {
    TakeProgress(response, &watcher);
    ++watcher.progress_responses;
    watcher.progress_revision = response.header().revision();
  } else {
    TakeEvents(response, &watcher);
  }
}

void WatchLog::TakeControl(const pb::WatchResponse& response) {
  controls_.push_back(response);
  if (response.events_size() > 0) Fault("events in the answer to a request", response);
  if (response.created()) {
    if (response.canceled()) {
      if (response.watch_id() != kNoWatcher) Fault("a refused watcher with an id", response);
      return;
    }
    const auto former = by_id_.find(response.watch_id());
    if (former != by_id_.end() && !watchers_[former->second].end) Fault("an id that is taken", response);
    by_id_[response.watch_id()] = watchers_.size();
    watchers_.emplace_back().id = response.watch_id();
    return;
  }
  const auto found = by_id_.find(response.watch_id());
  if (found == by_id_.end()) {
    Fault("the end of an unknown watcher", response);
    return;
  }
  if (!watchers_[found->second].end) watchers_[found->second].end = response;
  by_id_.erase(found);
}

void WatchLog::TakeProgress(const pb::WatchResponse& response, ReceivedWatcher* watcher) {
  const int64_t revision = response.header().revision();
  if (watcher->fragment_open) Fault("progress between two fragments", response);
  if (revision < watcher->last_revision) Fault("progress to before the events", response);
  watcher->last_revision = std::max(watcher->last_revision, revision);
}

void WatchLog::TakeEvents(const pb::WatchResponse& response, ReceivedWatcher* watcher) {
  int64_t last = watcher->last_revision;
  bool same_allowed = watcher->fragment_open;
  for (const mvccpb::Event& event : response.events()) {
    const int64_t revision = event.kv().mod_revision();
    if (revision < last || (revision == last && !same_allowed)) Fault("an event that is not new", response);
    last = revision;
    same_allowed = true;
    watcher->events.push_back(event);
  }
  if (response.header().revision() < last) Fault("events ahead of the header", response);
  watcher->last_revision = last;
  watcher->fragment_open = response.fragment();
  if (response.fragment()) ++watcher->fragments;
}

}  // namespace quorate::testing
