#pragma once

// A disk in memory that fails as real ones do, for tests and the cluster simulator. What was written and not synced may
// survive a crash sector by sector or not at all, directory entries likewise in the order they were made; any operation
// can be made to fail; bits can be flipped. Everything is drawn from the seed: the same calls give the same disk.
//
// Any thread, like a real file system. With several threads the order of their calls is part of the input.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "quorate/base/file_system.h"
#include "quorate/base/mutex.h"

namespace quorate::base {

class SimulatedFileSystem final : public FileSystem {
 public:
  // The unit a disk writes whole or not at all.
  static constexpr uint64_t kSectorBytes = 512;

  enum class Operation { kOpen, kRead, kWrite, kSync, kRename, kRemove, kList, kSyncDirectory, kOpenDirectory };
  // Asked before each operation; an error is what the operation returns. Of a refused write the first
  // sectors may have been written. After a sync that failed all is read as it was written, but power failures from then
  // on find of each sector one of those versions that a crash in its place might have left.
  using Fault = std::function<absl::Status(Operation operation, const std::string& path)>;

  explicit SimulatedFileSystem(uint64_t seed);
  ~SimulatedFileSystem() override;

  absl::StatusOr<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) override;
  absl::StatusOr<std::vector<std::string>> List(const std::string& directory) override;
  absl::Status Rename(const std::string& from, const std::string& to) override;
  absl::Status Remove(const std::string& path) override;
  absl::Status CreateDirectories(const std::string& path) override;
  absl::StatusOr<std::unique_ptr<Directory>> OpenDirectory(const std::string& path) override;
  bool Exists(const std::string& path) override;

  void SetFault(Fault fault);
  // Bytes that all files together may take; a write that would need more writes the sectors that fit and fails with
  // ResourceExhausted.
  void SetCapacity(uint64_t bytes);

  // Power is lost: each sector written since its file's last sync is as it was then, as it is now, or as it was at some
  // write between. Open files fail from here on.
  void Crash();
  // The process dies and the machine lives: open files fail from here on, nothing is lost.
  void Kill();

  // The whole disk as it would be read now, for copies to damage and try: Restore(Contents()) changes nothing.
  std::map<std::string, std::string> Contents() const;
  // Replaces everything; durable at once. Open files fail from here on.
  void Restore(const std::map<std::string, std::string>& contents);
  void FlipBit(const std::string& path, uint64_t byte, int bit);
  uint64_t sync_count() const;

 private:
  friend class SimulatedFile;
  friend class SimulatedDirectory;
  struct Inode;
  struct DirectoryChange;
  using Names = std::map<std::string, std::shared_ptr<Inode>>;

  absl::Status Check(Operation operation, const std::string& path) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Write(Inode& inode, uint64_t offset, std::string_view bytes, const std::string& path)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Store(Inode& inode, uint64_t offset, std::string_view bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Change(DirectoryChange change) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status SyncChanges(const std::string& directory) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Draws what the disk gets of what was not synced.
  void SettleUnsynced(Inode& inode) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  uint64_t UsedBytes() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable base::Mutex mutex_;  // guards everything below, and what the inodes hold
  std::mt19937_64 random_ ABSL_GUARDED_BY(mutex_);
  Fault fault_ ABSL_GUARDED_BY(mutex_);
  uint64_t capacity_bytes_ ABSL_GUARDED_BY(mutex_) = UINT64_MAX;
  uint64_t epoch_ ABSL_GUARDED_BY(mutex_) = 0;  // files opened in an earlier one are dead
  uint64_t sync_count_ ABSL_GUARDED_BY(mutex_) = 0;
  Names names_ ABSL_GUARDED_BY(mutex_);          // as seen now
  Names durable_names_ ABSL_GUARDED_BY(mutex_);  // as a crash would find them at worst
  std::vector<DirectoryChange> unsynced_changes_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace quorate::base
