#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/differential/player.h"
#include "tests/differential/watch_generator.h"
#include "tests/differential/watch_model.h"
#include "tests/e2e/watch_stream.h"

namespace quorate::testing {

// The same writes and the same watch requests at a reference and a subject, both beside a model that knows from the
// reference's history what each watcher must be told.
//
// Requests wait for their answers, so that "from now on" is the same moment for both; events are not waited for until
// something would make their arrival matter: a comparison, a compaction, a progress request.
class WatchRun {
 public:
  WatchRun(uint64_t seed, Player* reference, Player* subject);

  // A random sequence on fresh streams; fails the test at the first difference.
  void PlayEpoch();

  // What has been done, by name.
  const std::map<std::string, uint64_t>& tally() const { return tally_; }

 private:
  // One stream at each server.
  struct Streams {
    std::unique_ptr<WatchStream> reference;
    std::unique_ptr<WatchStream> subject;
    std::vector<ExpectedWatcher> expected;
    // Answers to create and cancel requests that have come so far.
    size_t controls = 0;
    bool paused = false;
  };

  void OpenStreams();
  void PlayStep();

  void WriteSome();
  void WriteLargeBurst();
  void RevokeLease();
  // The same step at both; the answers must be equal. Follows the events it makes.
  void Send(const Step& step);
  // Waits until the history reaches the revision.
  void Follow(int64_t revision);

  void CreateSome();
  // One that is told everything, in fragments where it is much.
  void CreateFragmented();
  void CancelOne();
  void CompactSome();
  void RequestProgress(Streams* streams);
  void AwaitPeriodicProgress(Streams* streams);
  void PauseOne();
  // Sends the same to both, and awaits one answer each, which must be equal. *answer is the reference's.
  void Control(Streams* streams, const etcdserverpb::WatchRequest& request, etcdserverpb::WatchResponse* answer);
  // Everything expected has arrived, and nothing else.
  void Settle(Streams* streams);
  void SettleAll();
  Streams* AnyStreams() { return &streams_[generator_.Below(streams_.size())]; }

  WatchGenerator generator_;
  Player* const reference_;
  Player* const subject_;
  // Tells the history.
  std::unique_ptr<WatchStream> historian_;
  size_t historian_events_ = 0;
  WatchHistory history_;
  int64_t revision_ = 1;
  std::vector<int64_t> leases_;
  int64_t next_lease_ = 1;
  std::vector<Streams> streams_;
  std::map<std::string, uint64_t> tally_;
};

}  // namespace quorate::testing
