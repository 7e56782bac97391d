#pragma once

// Files ready to become segments: of full size, their blocks written before, because a sync into blocks that were only
// allocated costs twice as much (docs/formats/wal.md). Made of zeros, or of segments that purge let go, on a thread of
// their own, so that neither costs the log's thread anything.

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "quorate/base/file_system.h"
#include "quorate/base/mutex.h"
#include "quorate/base/status.h"
#include "quorate/wal/wal.h"

namespace quorate::wal {

class SpareSegments {
 public:
  struct Spare {
    std::string path;
    std::unique_ptr<base::File> file;
    uint64_t bytes = 0;
  };

  // With options.spare_segments == 0 there is no thread: every spare is made when it is asked for, and what purge lets
  // go is removed on the spot.
  explicit SpareSegments(const WalOptions& options);
  ~SpareSegments();
  SpareSegments(const SpareSegments&) = delete;
  SpareSegments& operator=(const SpareSegments&) = delete;

  // Whether a file name is that of a spare.
  static bool IsSpare(std::string_view name);
  // Takes over spares that an earlier process left, and removes the unfinished.
  absl::Status Adopt();
  // Removes them all: those of another log could hold bytes that look like this one's.
  absl::Status Clear();
  // Begins to prepare spares; after Adopt or Clear.
  void Start();

  // A file of at least `bytes`; made at once when none is ready, which may be refused (base::IsDiskRefusal).
  absl::StatusOr<Spare> Take(uint64_t bytes);
  void GiveBack(Spare spare);
  // Takes over the files of segments no longer needed, oldest first.
  void Recycle(std::vector<std::string> paths);
  // Not OK once a sync of this has failed on its thread.
  absl::Status sync_failure() const;

 private:
  void Run();
  bool MayRecycle() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return !to_recycle_.empty() && !recycle_failed_; }
  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Releases what waits, in order, so that the segments left follow each other; stops at the first that cannot be.
  void RecycleWaiting();
  absl::Status RecycleOne(const std::string& path);
  enum class Pace { kGentle, kHurried };
  absl::StatusOr<Spare> Make(uint64_t bytes, Pace pace);
  std::string NextPath();

  base::FileSystem& files_;
  const std::string directory_;
  const uint64_t segment_bytes_;
  const size_t wanted_;    // are made
  const size_t kept_max_;  // are kept of those there are
  const bool sync_;

  mutable base::Mutex mutex_;
  std::deque<Spare> ready_ ABSL_GUARDED_BY(mutex_);
  std::deque<std::string> to_recycle_ ABSL_GUARDED_BY(mutex_);
  uint64_t next_number_ ABSL_GUARDED_BY(mutex_) = 1;
  // After a failure, wait for the next Take or Recycle before trying again.
  bool make_failed_ ABSL_GUARDED_BY(mutex_) = false;
  bool recycle_failed_ ABSL_GUARDED_BY(mutex_) = false;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status sync_failure_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace quorate::wal
