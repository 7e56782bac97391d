#pragma once

#include <deque>
#include <map>
#include <random>
#include <string>
#include <utility>

#include "tests/soak/client.h"
#include "tests/soak/stage.h"

namespace quorate::soak {

// What an operator does, all the time: compaction, defragmentation, hashes, snapshots, looking at the state; and the
// comparison of everything that is stored with what the history says.
class Upkeep {
 public:
  // Snapshots go to a file of that name.
  Upkeep(Stage* stage, std::string snapshot_file);
  // Until the load ends.
  void Run();
  // Every key there is, at one revision.
  void CompareAll();

 private:
  void Compact();
  void Defragment();
  void Hash();
  void TakeSnapshot();
  void CheckSnapshot(int64_t oldest);
  void Look();

  uint64_t Below(uint64_t bound) { return random_() % bound; }

  Stage& stage_;
  const std::string snapshot_file_;
  std::mt19937_64 random_;
  Client client_;
  // Revision and compacted revision, and the hash of all between.
  std::map<std::pair<int64_t, int64_t>, uint32_t> hashes_;
  int64_t hashed_revision_ = 0;
  uint64_t applied_index_ = 0;
};

// The server's flag for it: history of the last so many seconds is kept.
inline constexpr int kAutoCompactionSeconds = 40;

// Tells the stage what the server may have compacted by itself. The main thread's.
class AutoCompaction {
 public:
  explicit AutoCompaction(Stage* stage) : stage_(*stage) {}
  // Several times a second.
  void Look();

 private:
  Stage& stage_;
  std::deque<std::pair<std::chrono::steady_clock::time_point, int64_t>> told_at_;
};

}  // namespace quorate::soak
