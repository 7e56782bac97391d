#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "etcdserverpb/rpc.pb.h"
#include "tests/e2e/watch_log.h"

namespace quorate::testing {

// Every event that a server that follows the same history can tell of, with the key before it.
class WatchHistory {
 public:
  void Append(const mvccpb::Event& event);
  // Events before it cannot be asked for any more.
  void Compact(int64_t revision);

  const std::vector<mvccpb::Event>& events() const { return events_; }
  int64_t compacted() const { return compacted_; }

 private:
  std::vector<mvccpb::Event> events_;
  int64_t compacted_ = 0;
};

// What a watcher must have been told once everything has arrived.
struct ExpectedWatcher {
  enum class State { kLive, kCancelled, kCompacted };

  etcdserverpb::WatchCreateRequest request;
  int64_t id = 0;
  State state = State::kLive;
  std::vector<mvccpb::Event> events;
  // Of kCompacted.
  int64_t compact_revision = 0;
  // Of kCancelled: whether some events may have been under way and are now missing at the end.
  bool cut = false;

  // The revision of the store when it was created decides where "from now on" starts.
  ExpectedWatcher(const etcdserverpb::WatchCreateRequest& create, int64_t given_id, int64_t store_revision,
                  const WatchHistory& history);
  // Takes note of an event that has happened since.
  void Follow(const mvccpb::Event& event);
  // Whether an answer to a progress request cannot come for its sake.
  bool HoldsProgressUp(int64_t store_revision) const;
  // A server may still be reading the past for it from here on, without anything that would show when it is done: a
  // compaction beyond would end it or not. Otherwise INT64_MAX.
  int64_t ReadsFrom() const;
  // Progress has been told: the past is behind it.
  void CaughtUp() { caught_up_ = true; }

 private:
  bool Wants(const mvccpb::Event& event) const;
  mvccpb::Event Told(mvccpb::Event event) const;

  int64_t start_ = 0;
  bool caught_up_ = false;
};

// Whether all that is expected has arrived; what is wrong, or an empty text.
bool HasArrived(const std::vector<ExpectedWatcher>& expected, const WatchLog& log);
std::string Compare(const std::vector<ExpectedWatcher>& expected, const WatchLog& log);

}  // namespace quorate::testing
