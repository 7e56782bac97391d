#pragma once

#include <map>
#include <random>

#include "tests/e2e/watch_log.h"
#include "tests/soak/client.h"
#include "tests/soak/stage.h"

namespace quorate::testing {
class WatchStream;
}

namespace quorate::soak {

// Watch streams with a few watchers each, of all kinds: from the past, from now, from the future, of one key and of
// everything, with filters, fragments and former values; read slowly, cancelled in the middle. What each has heard is
// compared with the history.
class WatchLoad {
 public:
  WatchLoad(Stage* stage, int number);
  // Until the load ends.
  void Run();

 private:
  void PlayStream();
  bool AwaitProgress(testing::WatchStream& stream);
  WatchSpec Create(testing::WatchStream& stream, int64_t id);
  void Check(const testing::ReceivedWatcher& watcher, WatchSpec spec, int64_t created_at, int64_t progress);

  uint64_t Below(uint64_t bound) { return random_() % bound; }

  Stage& stage_;
  const int number_;
  std::mt19937_64 random_;
};

}  // namespace quorate::soak
