#include "src/api/watch_streams.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "quorate/base/errors.h"

namespace quorate::api {
namespace {

std::chrono::milliseconds IntervalFrom(std::chrono::milliseconds asked) {
  if (asked.count() <= 0) return WatchStreams::kNoticeIntervalDefault;
  return std::clamp(asked, WatchStreams::kNoticeIntervalMin, WatchStreams::kNoticeIntervalMax);
}

}  // namespace

WatchStreams::WatchStreams(ServiceContext* context, int loop_index)
    : context_(context),
      loop_index_(loop_index),
      interval_(IntervalFrom(context->options.watch_progress_notify_interval)),
      random_(std::random_device()()) {}

// Up to a tenth more than asked for: streams that began together, as after a client's restart, drift apart.
std::chrono::milliseconds WatchStreams::DrawInterval() {
  std::uniform_int_distribution<int64_t> jitter(0, std::max<int64_t>(interval_.count() / 10 - 1, 0));
  return interval_ + std::chrono::milliseconds(jitter(random_));
}

void WatchStreams::Add(WatchStreamEvents* stream, bool needs_leader) {
  const std::chrono::milliseconds interval = DrawInterval();
  streams_.emplace(stream, Entry{.beat = Clock::now() + interval, .interval = interval, .needs_leader = needs_leader});
  if (!needs_leader) return;
  ++needing_leader_;
  ArmLeaderLook();
}

void WatchStreams::Remove(WatchStreamEvents* stream) {
  auto found = streams_.find(stream);
  if (found == streams_.end()) return;
  const Entry& entry = found->second;
  if (entry.needs_leader) --needing_leader_;
  context_->loop(loop_index_).awaiting_room.Remove(stream);
  if (entry.noticed) {
    auto [first, last] = beats_.equal_range(entry.beat);
    while (first != last && first->second != stream) ++first;
    if (first != last) beats_.erase(first);
  }
  streams_.erase(found);
}

void WatchStreams::BeginNotices(WatchStreamEvents* stream) {
  auto found = streams_.find(stream);
  if (found == streams_.end() || std::exchange(found->second.noticed, true)) return;
  Entry& entry = found->second;
  // The beat goes on from the stream's beginning.
  const Clock::time_point now = Clock::now();
  if (entry.beat < now) entry.beat += ((now - entry.beat) / entry.interval + 1) * entry.interval;
  beats_.emplace(entry.beat, stream);
  Arm();
}

void WatchStreams::Arm() {
  if (beats_.empty() || beats_.begin()->first >= armed_for_) return;
  armed_for_ = beats_.begin()->first;
  const auto delay = std::chrono::ceil<std::chrono::milliseconds>(armed_for_ - Clock::now());
  context_->server->PostAfter(loop_index_, std::max(delay, std::chrono::milliseconds(0)), [this] { OnBeat(); });
}

void WatchStreams::OnBeat() {
  const Clock::time_point now = Clock::now();
  armed_for_ = Clock::time_point::max();
  while (!beats_.empty() && beats_.begin()->first <= now) {
    WatchStreamEvents* stream = beats_.begin()->second;
    beats_.erase(beats_.begin());
    Entry& entry = streams_.at(stream);
    entry.beat += ((now - entry.beat) / entry.interval + 1) * entry.interval;
    entry.noticed = stream->OnNoticeDue();
    if (entry.noticed) beats_.emplace(entry.beat, stream);
  }
  Arm();
}

void WatchStreams::ArmLeaderLook() {
  if (needing_leader_ == 0 || std::exchange(looking_, true)) return;
  context_->server->PostAfter(loop_index_, kLeaderLook, [this] {
    looking_ = false;
    LookForLeader();
  });
}

void WatchStreams::LookForLeader() {
  looks_without_leader_ = context_->HasLeader() ? 0 : looks_without_leader_ + 1;
  if (looks_without_leader_ >= kLooksWithoutLeaderMax) {
    std::vector<WatchStreamEvents*> ending;
    for (const auto& [stream, entry] : streams_) {
      if (entry.needs_leader) ending.push_back(stream);
    }
    for (WatchStreamEvents* stream : ending) stream->End(base::errors::NoLeader());
  }
  ArmLeaderLook();
}

void WatchStreams::AwaitRoom(WatchStreamEvents* stream) {
  if (streams_.contains(stream)) context_->loop(loop_index_).awaiting_room.Add(stream);
}

void WatchStreams::EndAll(const absl::Status& status) {
  std::vector<WatchStreamEvents*> ending;
  for (const auto& [stream, entry] : streams_) ending.push_back(stream);
  for (WatchStreamEvents* stream : ending) stream->End(status);
}

}  // namespace quorate::api
