#pragma once

// A store, a hub and a feed whose loop and whose background thread run when the test says so.

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "quorate/mvcc/store.h"
#include "quorate/storage/database.h"
#include "quorate/watch/feed.h"
#include "quorate/watch/hub.h"
#include "tests/base/files_testing.h"

namespace quorate::watch {

struct Bounds {
  size_t window_bytes = kWindowBytesMax;
  size_t window_events = kWindowEventsMax;
  size_t step_bytes = kStepBytesMax;
  size_t walked = kHistoryWalkedMax;
  size_t cache_bytes = 1 << 20;
  size_t hits = kHitsMax;
  size_t scan_ranges = kScanRangesMax;
  int64_t scan_join = kScanJoinRevisions;
  size_t scan_range_bytes = kScanRangeBytesMax;
  size_t former_together = kFormerBytesTogetherMax;
  size_t former = kFormerBytesMax;
  size_t moved = kMovedPerTurn;
  size_t removed_bytes = kRemovedBytesPerTurn;
};

// One change of history, as the test knows it.
struct Change {
  int64_t revision = 0;
  bool deleted = false;
  std::string key;
  std::string kv;                     // as stored
  std::optional<std::string> former;  // the key's, before the transaction
  bool superseded = false;            // by another change in the same transaction
};

class TestFeed {
 public:
  explicit TestFeed(Bounds bounds = {});
  ~TestFeed();

  // Ends feed and store, and opens them again from what is on disk: everything.
  void Reopen();

  // Each executes in the writer; Commit makes all of it visible at once.
  void Put(const std::string& key, const std::string& value);
  void Delete(const std::string& key, const std::string& range_end = "");
  void Txn(const std::vector<mvcc::RequestOp>& ops);
  void Commit();
  // ... at once.
  int64_t PutNow(const std::string& key, const std::string& value);
  int64_t DeleteNow(const std::string& key);
  void CompactNow(int64_t revision);
  int64_t revision() const { return store->revision(); }
  void WaitForGarbage(int64_t revision);

  // Runs one function of the loop, or one background task; false when there is none.
  bool RunOne();
  bool RunBlocking();
  // What the loop has to do by now: what comes of it is for the next turn.
  void RunTurn();
  // Until nothing is left to do.
  void RunAll();
  // What was to be done later is due.
  void LetTimePass();

  base::TemporaryDirectory directory;
  std::vector<Change> history;  // committed
  std::deque<std::function<void()>> posted;
  std::deque<absl::AnyInvocable<void(absl::Status)>> blocking;
  std::deque<std::function<void()>> later;
  std::chrono::milliseconds later_after{0};  // of the last of them
  std::unique_ptr<storage::Database> database;
  std::unique_ptr<mvcc::Store> store;
  std::unique_ptr<Hub> hub;
  std::unique_ptr<Feed> feed;

 private:
  void Open();
  void Record(const std::vector<mvcc::Event>& events);

  const Bounds bounds_;
  uint64_t mark_ = 0;
  std::map<std::string, std::string> values_;  // live keys as stored
};

// Writes down what it is told.
class Recorder : public Sink {
 public:
  struct Heard {
    bool deleted;
    std::string key;
    int64_t revision;
    std::string kv;
    std::optional<std::string> former;
  };
  bool HasRoom(size_t bytes) override { return room > 0 && bytes <= room_bytes; }
  bool OnEvents(int64_t watch_id, const WatchRequest& request, const Selection& events, int64_t revision) override;
  void OnCompacted(int64_t watch_id, int64_t compacted_revision) override { compacted[watch_id] = compacted_revision; }
  void OnFailed(int64_t watch_id, const absl::Status& reason) override { failed[watch_id] = reason; }
  bool OnProgress(int64_t watch_id, int64_t revision) override {
    progress.emplace_back(watch_id, revision);
    if (progress_room > 0) --progress_room;
    return progress_room > 0;
  }

  // "put k 5", "delete k 6", …
  std::vector<std::string> Told(int64_t watch_id) const;

  std::map<int64_t, std::vector<Heard>> events;
  std::map<int64_t, int64_t> heard_until;  // as the last delivery said
  std::map<int64_t, int64_t> compacted;
  std::map<int64_t, absl::Status> failed;
  std::vector<std::pair<int64_t, int64_t>> progress;
  size_t deliveries = 0;
  // Deliveries it takes before it wants no more.
  size_t room = SIZE_MAX;
  // The same for progress, and the largest delivery that it takes.
  size_t progress_room = SIZE_MAX;
  size_t room_bytes = SIZE_MAX;
};

// A feed with one channel.
struct OneChannel : TestFeed {
  explicit OneChannel(Bounds bounds = {}) : TestFeed(bounds), channel(feed->Open(&sink)) {}

  int64_t Watch(WatchRequest request, int64_t id = 0) {
    absl::StatusOr<int64_t> given = channel->Watch(id, std::move(request), &revision_then);
    EXPECT_TRUE(given.ok()) << given.status();
    return given.value_or(-1);
  }
  std::string Refusal(WatchRequest request, int64_t id = 0) {
    return std::string(base::MessageOf(channel->Watch(id, std::move(request), &revision_then).status()));
  }

  Recorder sink;
  int64_t revision_then = 0;
  std::unique_ptr<Channel> channel;
};

WatchRequest Key(const std::string& key, int64_t start_revision = 0);
WatchRequest Range(const std::string& key, const std::string& range_end, int64_t start_revision = 0);
WatchRequest Everything(int64_t start_revision = 0);
bool IsWatched(const WatchRequest& request, const Change& change);

}  // namespace quorate::watch
