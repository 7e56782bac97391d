#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "etcdserverpb/rpc.pb.h"

namespace quorate::testing {

// What one watcher has been told.
struct ReceivedWatcher {
  int64_t id = 0;
  // Of all responses, one after another.
  std::vector<mvccpb::Event> events;
  // The response that ended it, for whatever reason.
  std::optional<etcdserverpb::WatchResponse> end;
  int fragments = 0;
  // Empty responses of its own, and the revision of the last of them.
  int progress_responses = 0;
  int64_t progress_revision = 0;

  // Of the last response: the revision of its last event, and whether more of that revision may follow.
  int64_t last_revision = 0;
  bool fragment_open = false;
};

// The responses of one watch stream in the order of their arrival, sorted by what they are, and what is wrong with
// them whatever the history was:
// - a response belongs to a watcher that was created and has not ended;
// - the revisions of a watcher's events only grow from one response to the next, so that all events of one revision are
//   in one response, or in fragments that follow each other;
// - a header's revision is not behind the events it heads;
// - after progress to revision r has been told no event of r or before follows.
class WatchLog {
 public:
  void Take(const etcdserverpb::WatchResponse& response);

  // Answers to create and cancel requests, in order.
  const std::vector<etcdserverpb::WatchResponse>& controls() const { return controls_; }
  // In the order of their creation. An id that was free again stands for a new watcher.
  const std::vector<ReceivedWatcher>& watchers() const { return watchers_; }
  // Revisions of the answers to progress requests.
  const std::vector<int64_t>& manual_progress() const { return manual_progress_; }
  const std::string& faults() const { return faults_; }

 private:
  void TakeControl(const etcdserverpb::WatchResponse& response);
  void TakeEvents(const etcdserverpb::WatchResponse& response, ReceivedWatcher* watcher);
  void TakeProgress(const etcdserverpb::WatchResponse& response, ReceivedWatcher* watcher);
  void Fault(const std::string& what, const etcdserverpb::WatchResponse& response);

  std::vector<etcdserverpb::WatchResponse> controls_;
  std::vector<ReceivedWatcher> watchers_;
  // Index into watchers_ of the one that has the id.
  std::map<int64_t, size_t> by_id_;
  std::vector<int64_t> manual_progress_;
  std::string faults_;
};

}  // namespace quorate::testing
