#include "src/watch/progress_notices.h"

#include <list>
#include <utility>

namespace quorate::watch {

void ProgressNotices::Add(Watcher* watcher) {
  if (!watcher->request.progress_notify) return;
  ChannelProgress& progress = watcher->channel->progress;
  // Its first turn is in the next round.
  watcher->notice_round = progress.round;
  watcher->notice_place = progress.periodic.insert(progress.periodic.end(), watcher);
}

void ProgressNotices::Remove(Watcher* watcher) {
  if (!watcher->request.progress_notify) return;
  ChannelProgress& progress = watcher->channel->progress;
  if (watcher->notice_round != progress.round) --progress.due;
  progress.periodic.erase(watcher->notice_place);
}

void ProgressNotices::OnLive(const Watcher& watcher) {
  watcher.channel->progress.ahead.Add(watcher.next - 1, position_);
  watcher.channel->progress.starts.Add(watcher.request.start_revision, position_);
}

void ProgressNotices::OnNotLive(const Watcher& watcher) {
  watcher.channel->progress.ahead.Remove(watcher.next - 1, position_);
  watcher.channel->progress.starts.Remove(watcher.request.start_revision, position_);
}

void ProgressNotices::Request(ChannelState* channel, int64_t revision) {
  ChannelProgress& progress = channel->progress;
  // One that waits keeps its target: it must be answered however often others come.
  (progress.target == 0 ? progress.target : progress.newest) = revision;
  Answer(channel);
}

void ProgressNotices::Answer(ChannelState* channel) {
  ChannelProgress& progress = channel->progress;
  while (progress.target != 0 && channel->behind == 0 && !channel->blocked) {
    const bool has_come = position_ >= progress.target;
    // As etcd: one that is yet to begin is not in step, and nobody waits for it.
    const bool never = has_come && progress.starts.Any(position_);
    if (!never && (!has_come || progress.ahead.Any(position_))) {
      if (!std::exchange(progress.waiting, true)) waiting_.push_back(channel);
      return;
    }
    progress.target = std::exchange(progress.newest, 0);
    if (never || channel->watchers.size() == channel->over) continue;
    channel->blocked = !channel->sink->OnProgress(kNoWatchId, position_);
  }
}

void ProgressNotices::AnswerWaiting() {
  for (ChannelState* channel : std::exchange(waiting_, {})) {
    channel->progress.waiting = false;
    Answer(channel);
  }
}

void ProgressNotices::BeginRound(ChannelState* channel) {
  if (channel->blocked) return;
  ++channel->progress.round;
  channel->progress.due = channel->progress.periodic.size();
  GoOn(channel);
}

void ProgressNotices::GoOn(ChannelState* channel) {
  ChannelProgress& progress = channel->progress;
  std::list<Watcher*>& periodic = progress.periodic;
  for (size_t left = options_->moved_per_turn; left > 0 && progress.due > 0 && !channel->blocked; --left) {
    Watcher* watcher = periodic.front();
    periodic.splice(periodic.end(), periodic, periodic.begin());
    --progress.due;
    watcher->notice_round = progress.round;
    // As etcd: none to one that is yet to begin.
    if (std::exchange(watcher->heard, false) || !watcher->InStep(position_) ||
        watcher->request.start_revision > position_) {
      continue;
    }
    channel->blocked = !channel->sink->OnProgress(watcher->id, position_);
  }
  if (progress.due == 0 || channel->blocked || std::exchange(progress.in_round, true)) return;
  in_round_.push_back(channel);
  PostRounds();
}

void ProgressNotices::PostRounds() {
  if (std::exchange(posted_, true)) return;
  options_->post([this] {
    posted_ = false;
    if (in_round_.empty()) return;
    ChannelState* channel = in_round_.front();
    in_round_.pop_front();
    channel->progress.in_round = false;
    GoOn(channel);
    if (!in_round_.empty()) PostRounds();
  });
}

void ProgressNotices::Forget(ChannelState* channel) {
  ChannelProgress& progress = channel->progress;
  progress.target = 0;
  if (std::exchange(progress.waiting, false)) std::erase(waiting_, channel);
  if (std::exchange(progress.in_round, false)) std::erase(in_round_, channel);
}

}  // namespace quorate::watch
