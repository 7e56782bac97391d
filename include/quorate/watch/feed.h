#pragma once

// The watchers of one event loop: which of them hears of an event, in what order, and how those who fell behind come
// back.
//
// A watcher is live, behind or parked. Live ones are found by key in one matcher and hear of each commit as it is
// pulled from the hub's window. A watcher is behind when it starts in the past, or when its consumer took no more at an
// event meant for it; all that is kept of it then is the next revision it has to hear of. Once its consumer takes more,
// it reads on from there together with others near it: from the window when that reaches back so far, else from the
// store, in bounded pieces on a background thread, and is live again in the very moment when nothing is missing. While
// its consumer takes nothing it is parked: in no matcher, and nothing happens for it.
//
// Everything here belongs to the loop's thread unless it says otherwise. No call blocks.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "quorate/base/payload.h"
#include "quorate/base/status.h"
#include "quorate/watch/event.h"
#include "quorate/watch/hub.h"

namespace quorate::watch {

// How much one step handles before the loop turns to other things, and about how large a response becomes that joins
// several revisions.
inline constexpr size_t kStepBytesMax = 512 << 10;
inline constexpr size_t kResponseBytesMax = 256 << 10;
inline constexpr size_t kResponseRevisionsMax = 1000;
// Hits, each an event in a watched range, that a delivery holds: 2 MiB of pointers, and those of one more event. Far
// more than a step has where ranges do not overlap.
inline constexpr size_t kHitsMax = 1 << 18;
// Records walked in one read of history, wanted or not.
inline constexpr size_t kHistoryWalkedMax = 16384;
// Reads of history one loop may have in flight.
inline constexpr int kHistoryReadsMax = 2;
// Watchers whose next revisions lie this close catch up in one scan.
inline constexpr int64_t kScanJoinRevisions = 16384;
// ... unless it has so many ranges already: each read of history may have to begin with a copy of them all, in order.
inline constexpr size_t kScanRangesMax = 4096;
// ... or ranges this long together.
inline constexpr size_t kScanRangeBytesMax = 1 << 20;
// Watchers of a channel that go on at once when its consumer takes events again: all but the first few may find no room
// and have done it in vain. Each that has caught up brings one more, up to the second number.
inline constexpr size_t kReturningFirst = 64;
inline constexpr size_t kReturningMax = 1024;
// What could not be read is read again after the first of these, and each time after twice as long, up to the second.
inline constexpr std::chrono::milliseconds kHistoryRetry{100};
inline constexpr std::chrono::milliseconds kHistoryRetryMax{10'000};

// Former values of one revision that are read for several ranges at once, and for one range. The latter is as much as
// all the answers that clients have not taken yet may weigh together (docs/operations.md#watch-streams). A deletion of
// a whole store has more, so who would hear of more ends.
inline constexpr size_t kFormerBytesTogetherMax = 64 << 20;
inline constexpr size_t kFormerBytesMax = 1 << 30;

// What a watcher takes, about: itself, and its range, as asked for, twice.
constexpr size_t WatcherBytes(size_t range_bytes) { return 512 + 2 * range_bytes; }
// Watchers that change their place in one turn of the loop for one reason: that leave the live ones, or a scan that is
// over. And those of a channel that have a periodic notice in one turn. One takes a microsecond or so, and it may be
// all there are.
inline constexpr size_t kMovedPerTurn = 1024;
// Of channels that are gone, watchers that weigh so much are removed in one turn of the loop: 512, which take up to a
// millisecond. What others add meanwhile comes on top, so that what is left never grows from turn to turn, however
// often somebody makes watchers and goes.
inline constexpr size_t kRemovedBytesPerTurn = 512 * WatcherBytes(0);

// etcd's watch id that speaks for all watchers of a stream, or for none.
inline constexpr int64_t kNoWatchId = -1;

// What a watcher asks for, in the API's own terms.
struct WatchRequest {
  std::string key;             // empty: the smallest key
  std::string range_end;       // empty: the one key; "\0": from key on
  int64_t start_revision = 0;  // 0: from now on
  bool prev_kv = false;
  bool no_put = false;
  bool no_delete = false;
  bool fragment = false;
  bool progress_notify = false;
};

// Events for one watcher, filtered, in order, of whole revisions. Valid during the call it is given in.
class Selection {
 public:
  virtual ~Selection() = default;
  virtual size_t size() const = 0;
  virtual const Event& event(size_t index) const = 0;
  // As fields `events` of a WatchResponse, former values included for those who asked. Made once for all watchers that
  // share it.
  virtual const base::Payload& Encoded() const = 0;
  // How long that is, about, without making it.
  virtual size_t bytes() const = 0;
};

// One event as a field `events` of a WatchResponse.
void AppendEvent(const Event& event, bool with_previous, base::Payload* out);

// Whom a channel tells. Must not call the channel or its feed back from here.
class Sink {
 public:
  virtual ~Sink() = default;
  // Asked before OnEvents, whether that may come with about so many bytes of events. False: no more until
  // Channel::Resume.
  virtual bool HasRoom(size_t bytes) = 0;
  // `revision`: the watcher has heard of everything up to it. False: no more until Channel::Resume, this was taken.
  virtual bool OnEvents(int64_t watch_id, const WatchRequest& request, const Selection& events, int64_t revision) = 0;
  // The watcher is over: what it has to hear of next lies before the compacted revision.
  virtual void OnCompacted(int64_t watch_id, int64_t compacted_revision) = 0;
  // The watcher is over: what it has to hear of next cannot be read any more, or is too much, for this reason.
  virtual void OnFailed(int64_t watch_id, const absl::Status& reason) = 0;
  // All watchers of the channel (kNoWatchId), or this one, have heard of everything up to the revision. False: as for
  // events.
  virtual bool OnProgress(int64_t watch_id, int64_t revision) = 0;
};

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

// A watch inside the server, for who waits for a key to go or follows one.
struct Notice {
  bool deleted = false;
  std::string key;
  int64_t revision = 0;
  int64_t create_revision = 0;  // of a put
  base::Buffer record;          // of a put: `kv` is the mvccpb.KeyValue in wire form
  size_t kv_offset = 0;
  std::string_view kv() const { return record.view().substr(kv_offset); }
};

// Called on the loop's thread, from the loop itself and never from within a call to the feed: it may do anything, also
// end its own subscription. A status that is not OK is the last call: Compacted when the subscription begins (or has
// come) before what compaction left, DataLoss when what it has to hear of cannot be read.
using NoticeHandler = std::function<void(absl::StatusOr<std::vector<Notice>> notices)>;

// Ends when destroyed, on the loop's thread; the handler is not called after that.
class Subscription {
 public:
  virtual ~Subscription() = default;
  // Holds notices back, and lets them come again; what was held back is read from history then.
  virtual void Pause() = 0;
  virtual void Resume() = 0;
};

// For metrics and tests; any thread reads.
struct FeedStatistics {
  std::atomic<int64_t> channels{0};
  std::atomic<int64_t> watchers{0};
  std::atomic<int64_t> behind{0};  // watchers that are not live
  std::atomic<uint64_t> events_sent{0};
  std::atomic<uint64_t> history_reads{0};
  std::atomic<uint64_t> history_events{0};
  // Steps that delivered one revision range by range, because it had too many hits.
  std::atomic<uint64_t> large_deliveries{0};
  // Watchers that ended because the former values of one revision were too many.
  std::atomic<uint64_t> former_too_large{0};
  // Copies of a scan's ranges made for reads of history.
  std::atomic<uint64_t> filters_made{0};
  // Times a watcher went on, or tried to, after its consumer had taken nothing.
  std::atomic<uint64_t> returned{0};
  // Positions written down because a watcher joined others from further back.
  std::atomic<uint64_t> positions_kept{0};
};

struct FeedOptions {
  Hub* hub = nullptr;
  // Runs a function on this loop's thread, soon; callable from any thread. Dropped once the loop is gone.
  std::function<void(std::function<void()>)> post;
  // The same after a while; called on the loop's thread.
  std::function<void(std::chrono::milliseconds, std::function<void()>)> post_after;
  // Runs a task on a thread that may block, with OK, or anywhere with the reason why not.
  std::function<void(absl::AnyInvocable<void(absl::Status)>)> run_blocking;
  size_t step_bytes_max = kStepBytesMax;
  size_t history_walked_max = kHistoryWalkedMax;
  size_t scan_ranges_max = kScanRangesMax;
  int64_t scan_join_revisions = kScanJoinRevisions;
  size_t scan_range_bytes_max = kScanRangeBytesMax;
  size_t hits_max = kHitsMax;
  size_t former_bytes_together_max = kFormerBytesTogetherMax;
  size_t former_bytes_max = kFormerBytesMax;
  size_t moved_per_turn = kMovedPerTurn;
  size_t removed_bytes_per_turn = kRemovedBytesPerTurn;
};

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
