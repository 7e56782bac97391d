#pragma once

// The inside of a feed. Six files work on it: live.cc delivers what is pulled from the window, fall_behind.cc takes out
// those who cannot be told of it, catch_up.cc brings back those who are behind, large_revision.cc delivers what is too
// much for either, former_values.cc splits those whose former values are too much to be read at once, channel.cc is
// what consumers ask. One more, subscription.cc, is such a consumer and takes nothing of it but the options.

#include <algorithm>
#include <functional>
#include <memory>
#include <vector>

#include "absl/functional/function_ref.h"
#include "quorate/watch/feed.h"
#include "src/watch/channel_state.h"
#include "src/watch/departures.h"
#include "src/watch/fallen_queue.h"
#include "src/watch/history_reads.h"
#include "src/watch/hits.h"
#include "src/watch/matcher.h"
#include "src/watch/progress_notices.h"
#include "src/watch/scans.h"
#include "src/watch/watcher.h"

namespace quorate::watch {

// Watchers for whom former values that weigh so much are read by themselves.
struct SeparateRead {
  size_t bytes = 0;
  std::vector<Watcher*> watchers;
};

struct Feed::Rep final : public Listener {
  explicit Rep(FeedOptions options) : options(std::move(options)), hub(this->options.hub) {}
  // While a watcher is left, the hub tells this feed of commits.
  ~Rep() { departures.RemoveAll(); }

  // --- Apply thread.
  void OnCommitted() override;

  // --- live.cc
  // Delivers what is new in the window to live watchers, up to a bound; posts itself when more is left.
  void Pull();
  void PostPull();
  // Returns false when it ends before the batch does, because there is no room for more hits.
  bool DeliverLive(const std::shared_ptr<const Batch>& batch);
  // Whether of the group's hits from this one on a former value is missing, or all of them are too much.
  bool LacksFormer(Group* group, size_t from, absl::FunctionRef<bool(const Event*)> missing) const;
  void OfferLive(Watcher* watcher, Group* group, size_t from, int64_t revision);
  void CloseSegment(ChannelState* channel);
  // Sends hits [from, to) of a group to one of its watchers, who has then heard of everything up to `revision`. Returns
  // false, and nothing is sent, when its consumer has no room.
  bool Send(Watcher* watcher, Group* group, size_t from, size_t to, int64_t revision);
  void MakeLive(Watcher* watcher);
  void LeaveLive(Watcher* watcher);

  // --- fall_behind.cc
  // Leaves the live ones, at the earliest once the delivery is over; `next` is the first revision it has not heard of.
  void FallBehind(Watcher* watcher, int64_t next, bool from_store);
  void FallBehindAll(int64_t next);
  // Those who are to hear of this revision: the others have heard of it by hearing nothing.
  void FallBehindAt(const std::shared_ptr<const Batch>& batch, int64_t revision);
  // As many of the fallen as may leave in one turn of the loop.
  void MoveFallen();

  // --- catch_up.cc
  void Park(Watcher* watcher);
  // Where one goes that is in no matcher any more and has not heard of everything.
  void CatchUp(Watcher* watcher);
  void ParkOrCatchUp(Watcher* watcher);
  // Those that have been parked longest catch up, a few of the channel at first and more as long as there is room:
  // whoever finds none again has done it in vain.
  void UnparkSome(ChannelState* channel);
  // One of the channel's watchers is not behind any more.
  void OnCaughtUp(ChannelState* channel);
  void PostAdvance();
  void Advance();
  // Moves on those scans that need no read, and lets the others wait for one.
  void StepWithoutReads();
  // Returns whether there may be more to start.
  bool StartReads();
  // Returns false when nothing was done, for the scan needs a read. Else it has its turn again, unless it is over.
  bool Step(Scan* scan);
  // Returns false when the window does not serve it. Where compaction has passed the scan it may still do so, without
  // former values: only for who kept up.
  bool StepInWindow(Scan* scan, int64_t compacted);
  void OnRead(uint64_t scan_id, const absl::StatusOr<std::shared_ptr<const Batch>>& read, bool no_thread);
  void DeliverScan(Scan* scan, const Batches& batches, bool previous_is_complete);
  // Finds the hits of as many whole revisions as there is room for, and returns the last of those.
  int64_t GatherHits(Scan* scan, const Batches& batches);
  void OfferScan(Group* group, int64_t heard, bool previous_is_complete);
  // One watcher of a group, of whose hits it has heard those before `from`. Returns false when it has to leave the scan
  // without having heard of them.
  bool OfferBehind(Watcher* watcher, Group* group, size_t from, int64_t heard, bool previous_is_complete);
  // Everyone in `leaving`: to another scan, or parked.
  void MoveLeaving();
  // A watcher that has left its scan hears of nothing more, whatever comes. Tells its channel if that is still there.
  void End(Watcher* watcher, absl::FunctionRef<void(Sink&)> tell);
  // Takes watchers out of the scan, as many as may still go in this turn of the loop, and gives them to `take`. The
  // others follow when the scan has its turn again.
  void Drain(Scan* scan, absl::FunctionRef<void(Watcher*)> take);
  // Those who come before the compacted revision; the others go on in another scan.
  void EndCompacted(Scan* scan, int64_t compacted);
  void EndFailed(Scan* scan);
  void RetryLater(Scan* scan, const absl::Status& failure);
  // The watchers are live from here on.
  void Finish(Scan* scan);
  void Requeue(Scan* scan);
  void RequeueAfter(Scan* scan, std::chrono::milliseconds time);

  // --- large_revision.cc
  // The revision at the scan's cursor, to as many of its groups as a step allows; who has heard of it leaves the scan.
  void DeliverLarge(Scan* scan, const Batches& batches, bool previous_is_complete);

  // --- former_values.cc
  // Of the revision at the scan's cursor there are too many former values to be read for everyone at once: those who
  // want some leave for scans of their own, and those who would hear of too many end.
  void SplitFormer(Scan* scan, const Batches& batches);
  void ReadSeparately(const SeparateRead& read, int64_t revision);
  void EndTooLarge(const std::vector<Watcher*>& ending, int64_t revision);

  // --- channel.cc
  void Enter(const Watcher& watcher);
  void Remove(Watcher* watcher);
  // Its consumer wants nothing any more.
  void Depart(std::unique_ptr<ChannelState> channel);

  const FeedOptions options;
  Hub* const hub;
  FeedStatistics statistics;

  std::atomic<bool> told{false};  // a pull is posted
  int64_t watchers = 0;           // the hub is joined while there are any
  // Live watchers have heard of everything up to here.
  int64_t position = 0;
  Matcher live;

  // During a delivery.
  Hits hits;
  std::vector<Group*> hit_now;      // of the transaction at hand
  std::vector<ChannelState*> open;  // channels with an open segment
  std::vector<Watcher*> leaving;    // the scan at hand

  FallenQueue fallen;
  Scans scans{&options, &statistics};
  HistoryReads reads{&options, &statistics, std::bind_front(&Rep::OnRead, this)};
  uint64_t next_channel = 1;
  bool advance_posted = false;
  size_t drained = 0;  // in this turn

  ProgressNotices notices{&options, &position};
  Departures departures{&options, [this](Watcher* watcher) { Remove(watcher); }};
};

}  // namespace quorate::watch
