#pragma once

// The history as a watcher of everything hears it, and the judge of all that clients are told. Every revision must have
// a cause: an operation that was asked for and does exactly this where the history stands, or a lease that may end.
// Every answer must be what the history says at its revision, and no revision may be older than one that was told
// before.
//
// Any thread. What lies further back than a window is forgotten.

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "etcdserverpb/rpc.pb.h"
#include "tests/soak/findings.h"
#include "tests/soak/lease_ledger.h"
#include "tests/soak/model.h"
#include "tests/soak/operation.h"

namespace quorate::soak {

// Keys that the Lock and Election services write.
inline constexpr char kRecipePrefix[] = "recipe/";
// Revisions that are kept; compaction keeps fewer.
inline constexpr int64_t kWindowRevisions = 60'000;

// What a watcher asked for.
struct WatchSpec {
  std::string key;
  std::string range_end;
  int64_t from = 0;
  bool puts = true;
  bool deletes = true;
  bool former = false;
  // Events up to this revision may come without their former values, which were compacted.
  int64_t formerless_to = 0;
};

class Timeline {
 public:
  Timeline(Findings* findings, LeaseLedger* leases) : findings_(findings), leases_(leases) {}

  // The events of one or more whole revisions, in order. `revision` is the one they begin behind at the first call.
  void StartBehind(int64_t revision);
  void Take(const std::vector<mvccpb::Event>& events);
  int64_t last();

  // The newest revision that any answer has told: whoever asks now must not be told less.
  int64_t told();
  void Tell(int64_t revision);

  // Before an operation is sent, and once it is answered; `told` is as of before. Waits until the history has come.
  int64_t Begin(std::shared_ptr<const Operation> operation);
  void Finish(const Operation& operation, int64_t told, const etcdserverpb::TxnResponse& response);
  // It was not answered, and a later read was, at this revision: it has had its effect by then or never will.
  void Abandon(const Operation& operation, int64_t revision);

  // An answer to a range at its revision, or the revision asked for.
  void CheckAnswer(const etcdserverpb::RangeRequest& request, const etcdserverpb::RangeResponse& response);
  // What a watcher heard, which is all there was up to a revision.
  void CheckWatch(const WatchSpec& spec, const std::vector<mvccpb::Event>& events, int64_t whole_to);
  // How many keys there are at a revision.
  int64_t CountKeys(int64_t revision);

  // False, and a finding, when the history does not come so far.
  bool WaitFor(int64_t revision);
  // The oldest revision that can be asked for.
  int64_t first();
  Findings& findings() { return *findings_; }

 private:
  struct Commit {
    std::vector<mvccpb::Event> events;  // values taken out of them
    std::vector<ValueMark> values;
  };
  struct Open {
    std::shared_ptr<const Operation> operation;
    int64_t revision = 0;
  };
  void TakeRevision(const std::vector<mvccpb::Event>& events);
  std::string FindCause(const std::vector<mvccpb::Event>& events, int64_t revision);
  std::string FindCauseOfDeletions(const std::vector<Change>& changes, int64_t revision);
  std::string CheckFinished(const Operation& operation, int64_t told, const etcdserverpb::TxnResponse& response,
                            bool changed);
  std::string CompareEvents(const WatchSpec& spec, const std::vector<mvccpb::Event>& events, int64_t whole_to) const;
  int64_t FirstLocked() const { return last_ - static_cast<int64_t>(commits_.size()) + 1; }

  Findings* const findings_;
  LeaseLedger* const leases_;

  // Guards what follows; changed_ tells of new revisions.
  std::mutex mutex_;
  std::condition_variable changed_;
  Model model_;
  int64_t last_ = 0;
  int64_t told_ = 0;
  std::deque<Commit> commits_;  // up to last_
  std::map<uint64_t, Open> open_;
};

}  // namespace quorate::soak
