#include <algorithm>
#include <chrono>
#include <utility>

#include "quorate/base/logging.h"
#include "src/watch/feed_state.h"
#include "src/watch/history_batch.h"

namespace quorate::watch {
namespace {

// Scans moved on before the loop turns to other things, and scans looked at for that.
constexpr size_t kScansPerTurn = 8;
constexpr size_t kScansLookedAtPerTurn = 256;

}  // namespace

void Feed::Rep::Park(Watcher* watcher) {
  watcher->state = Watcher::State::kParked;
  watcher->kept_up = false;
  watcher->channel->parked.Add(watcher);
}

void Feed::Rep::UnparkSome(ChannelState* channel) {
  if (channel->blocked) return;
  while (channel->parked.size() > 0 && channel->returning < channel->returning_max) {
    Watcher* watcher = channel->parked.first();
    channel->parked.Remove(watcher);
    watcher->returning = true;
    ++channel->returning;
    statistics.returned.fetch_add(1, std::memory_order_relaxed);
    CatchUp(watcher);
  }
}

void Feed::Rep::OnCaughtUp(ChannelState* channel) {
  channel->returning_max = std::min(channel->returning_max + 1, kReturningMax);
  UnparkSome(channel);
  notices.Answer(channel);
}

void Feed::Rep::PostAdvance() {
  if (std::exchange(advance_posted, true)) return;
  options.post([this] {
    advance_posted = false;
    Advance();
  });
}

void Feed::Rep::Advance() {
  Pull();
  MoveFallen();
  drained = 0;
  StepWithoutReads();
  const bool more_reads = StartReads();
  if (scans.queued() > 0 || more_reads) PostAdvance();
}

void Feed::Rep::StepWithoutReads() {
  size_t moved_on = 0;
  for (size_t left = std::min(scans.queued(), kScansLookedAtPerTurn); left > 0 && moved_on < kScansPerTurn; --left) {
    Scan* scan = scans.TakeQueued();
    if (Step(scan)) {
      ++moved_on;
    } else {
      scans.WaitForRead(scan);
    }
  }
}

bool Feed::Rep::StartReads() {
  for (size_t moved_on = 0; moved_on < kScansPerTurn && !reads.full();) {
    Scan* scan = scans.TakeToRead();
    if (scan == nullptr) return false;
    // Compaction may have passed it meanwhile, or its watchers may be gone.
    if (Step(scan)) {
      ++moved_on;
    } else if (!reads.Start(scan)) {
      RequeueAfter(scan, kHistoryRetry);
    }
  }
  return !reads.full() && scans.any_to_read();
}

bool Feed::Rep::Step(Scan* scan) {
  const int64_t compacted = hub->store().compacted_revision();
  const bool is_compacted = scan->cursor < compacted;
  if (!scan->failure.ok()) {
    EndFailed(scan);
  } else if (is_compacted && !scan->kept_up) {
    EndCompacted(scan, compacted);
  } else if (scan->matcher.size() > 0) {
    if (scan->cursor <= position && !StepInWindow(scan, compacted)) {
      if (!is_compacted) return false;
      EndCompacted(scan, compacted);
    } else if (scan->cursor > position) {
      // At once, since by the next turn the position may have moved on.
      Finish(scan);
    }
  }
  if (scan->matcher.size() == 0) {
    scans.Erase(scan);
  } else {
    Requeue(scan);
  }
  return true;
}

bool Feed::Rep::StepInWindow(Scan* scan, int64_t compacted) {
  const bool is_compacted = scan->cursor < compacted;
  if (scan->from_store && !is_compacted) return false;
  Batches batches;
  int64_t newest;
  if (!hub->Collect(scan->cursor - 1, options.step_bytes_max, &batches, &newest)) return false;
  // What this loop has not pulled yet reaches them as live ones.
  while (!batches.empty() && batches.back()->first_revision > position) batches.pop_back();
  if (batches.empty()) return false;
  // As etcd, which had it ready for them before the compaction, and looks for former values afterwards. What lies
  // beyond the compacted revision still has its own.
  if (is_compacted) batches = {WithoutPrevious(batches, scan->cursor, compacted)};
  DeliverScan(scan, batches, is_compacted);
  return true;
}

void Feed::Rep::OnRead(uint64_t scan_id, const absl::StatusOr<std::shared_ptr<const Batch>>& read, bool no_thread) {
  PostAdvance();  // others may read now
  Scan* scan = scans.Get(scan_id);
  if (no_thread) return RequeueAfter(scan, kHistoryRetry);
  if (read.ok()) {
    statistics.history_events.fetch_add((*read)->events.size(), std::memory_order_relaxed);
    scan->retry = std::chrono::milliseconds::zero();
    if ((*read)->previous_left_out) {
      SplitFormer(scan, {*read});
    } else {
      DeliverScan(scan, {*read}, true);
    }
  } else if (absl::IsDataLoss(read.status())) {
    QUORATE_LOG(kError, "history cannot be read; the watchers that need it are cancelled",
                {{"revision", scan->cursor}, {"watchers", scan->matcher.size()}, {"error", read.status()}});
    scan->failure = read.status();
  } else if (!absl::IsOutOfRange(read.status())) {
    return RetryLater(scan, read.status());
  }
  // Damaged, or compacted meanwhile: the next step ends those whom it concerns.
  Requeue(scan);
}

void Feed::Rep::RetryLater(Scan* scan, const absl::Status& failure) {
  const bool first = scan->retry == std::chrono::milliseconds::zero();
  if (first) {
    QUORATE_LOG(kError, "could not read history for watchers, will try again",
                {{"revision", scan->cursor}, {"watchers", scan->matcher.size()}, {"error", failure}});
  }
  scan->retry = first ? kHistoryRetry : std::min(2 * scan->retry, kHistoryRetryMax);
  RequeueAfter(scan, scan->retry);
}

void Feed::Rep::RequeueAfter(Scan* scan, std::chrono::milliseconds time) {
  options.post_after(time, [this, id = scan->id] { Requeue(scans.Get(id)); });
}

void Feed::Rep::Requeue(Scan* scan) {
  scans.Queue(scan);
  PostAdvance();
}

void Feed::Rep::DeliverScan(Scan* scan, const Batches& batches, bool previous_is_complete) {
  if (batches.back()->last_revision < scan->cursor) return;
  const int64_t heard = GatherHits(scan, batches);
  if (heard < scan->cursor) {
    hits.Forget();
    if (scan->large == scan->cursor) DeliverLarge(scan, batches, previous_is_complete);
    return;
  }
  for (Group* group : hits.groups()) OfferScan(group, heard, previous_is_complete);
  hits.Forget();
  MoveLeaving();
  scan->cursor = heard + 1;
  scan->advanced = true;
}

int64_t Feed::Rep::GatherHits(Scan* scan, const Batches& batches) {
  if (scans.IsAtLarge(*scan)) {
    scan->large = scan->cursor;
    return scan->cursor - 1;
  }
  for (const auto& batch : batches) {
    for (const Event& event : batch->events) {
      if (event.revision() < scan->cursor) continue;
      scan->matcher.Match(event.change.key, [this, &event](Group& group) { hits.Add(&group, &event); });
      if (hits.size() <= options.hits_max) continue;
      for (Group* group : hits.groups()) {
        while (!group->hits.empty() && group->hits.back()->revision() == event.revision()) group->hits.pop_back();
      }
      if (event.revision() == scan->cursor) {
        scan->large = scan->cursor;
        scans.NoteLarge(scan->cursor);
      }
      return event.revision() - 1;
    }
  }
  return batches.back()->last_revision;
}

void Feed::Rep::OfferScan(Group* group, int64_t heard, bool previous_is_complete) {
  for (Watcher* watcher = group->first; watcher != nullptr; watcher = watcher->following) {
    const auto from = std::partition_point(group->hits.begin(), group->hits.end(),
                                           [watcher](const Event* hit) { return hit->revision() < watcher->next; });
    if (from == group->hits.end()) continue;
    const auto first = static_cast<size_t>(from - group->hits.begin());
    if (!OfferBehind(watcher, group, first, heard, previous_is_complete)) leaving.push_back(watcher);
  }
}

bool Feed::Rep::OfferBehind(Watcher* watcher, Group* group, size_t from, int64_t heard, bool previous_is_complete) {
  if (watcher->channel->blocked) return false;
  // What the window holds of it may be more than the store would tell: a value from before the compacted revision.
  const int64_t compacted = hub->store().compacted_revision();
  const auto missing = [compacted](const Event* event) {
    return event->previous_missing() || event->revision() <= compacted;
  };
  if (watcher->request.prev_kv && !previous_is_complete && LacksFormer(group, from, missing)) {
    watcher->from_store = true;
    return false;
  }
  if (!Send(watcher, group, from, group->hits.size(), heard)) return false;
  watcher->next = heard + 1;
  return true;
}

void Feed::Rep::MoveLeaving() {
  for (Watcher* watcher : std::exchange(leaving, {})) {
    scans.Leave(watcher);
    ParkOrCatchUp(watcher);
  }
}

void Feed::Rep::CatchUp(Watcher* watcher) {
  scans.Enter(watcher);
  PostAdvance();
}

void Feed::Rep::ParkOrCatchUp(Watcher* watcher) { watcher->channel->blocked ? Park(watcher) : CatchUp(watcher); }

void Feed::Rep::End(Watcher* watcher, absl::FunctionRef<void(Sink&)> tell) {
  ChannelState* channel = watcher->channel;
  watcher->state = Watcher::State::kOver;
  --channel->behind;
  ++channel->over;
  statistics.behind.fetch_sub(1, std::memory_order_relaxed);
  if (channel->sink != nullptr) tell(*channel->sink);
  OnCaughtUp(channel);
}

void Feed::Rep::Drain(Scan* scan, absl::FunctionRef<void(Watcher*)> take) {
  for (; scan->matcher.size() > 0 && drained < options.moved_per_turn; ++drained) {
    // The last group costs least to take out.
    Watcher* watcher = scan->matcher.groups().back()->first;
    scans.Leave(watcher);
    take(watcher);
  }
}

void Feed::Rep::EndCompacted(Scan* scan, int64_t compacted) {
  Drain(scan, [=, this](Watcher* watcher) {
    if (watcher->next >= compacted) return ParkOrCatchUp(watcher);
    End(watcher, [=](Sink& sink) { sink.OnCompacted(watcher->id, compacted); });
  });
}

void Feed::Rep::EndFailed(Scan* scan) {
  Drain(scan,
        [=, this](Watcher* watcher) { End(watcher, [=](Sink& sink) { sink.OnFailed(watcher->id, scan->failure); }); });
}

void Feed::Rep::Finish(Scan* scan) {
  Drain(scan, [this](Watcher* watcher) {
    MakeLive(watcher);
    --watcher->channel->behind;
    statistics.behind.fetch_sub(1, std::memory_order_relaxed);
    OnCaughtUp(watcher->channel);
  });
}

}  // namespace quorate::watch
