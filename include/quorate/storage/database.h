#pragma once

// The store on disk: RocksDB without its own write-ahead log (the Raft log is the log), column families kept in step by
// atomic flushes. What is written is durable only once flushed; a crash leaves the state of some earlier write, and the
// log replays the rest from the mark found.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "quorate/base/status.h"
#include "quorate/storage/table_files.h"

namespace quorate::storage {

enum class Family : uint8_t { kMeta, kKeys, kRevs };
inline constexpr int kFamilies = 3;

// Writes that take effect together. One thread at a time.
class WriteBatch {
 public:
  WriteBatch();
  ~WriteBatch();
  WriteBatch(WriteBatch&&) noexcept;
  WriteBatch& operator=(WriteBatch&&) noexcept;

  void Put(Family family, std::string_view key, std::string_view value);
  void Delete(Family family, std::string_view key);
  size_t bytes() const;
  void Clear();

 private:
  friend class BatchBehind;
  friend class Database;
  struct Rep;
  std::unique_ptr<Rep> rep_;
};

// A point in time of the whole store; reads given it see no later write. Any thread. Must not outlive the Database.
class Snapshot;

// Walks one family in key order. One thread at a time; views are valid until the next move.
class Iterator {
 public:
  virtual ~Iterator() = default;
  virtual void Seek(std::string_view key) = 0;
  virtual void SeekForPrev(std::string_view key) = 0;
  virtual void Next() = 0;
  virtual bool Valid() const = 0;
  virtual std::string_view key() const = 0;
  virtual std::string_view value() const = 0;
  // Not OK when the walk ended because something could not be read (damage, I/O), rather than at the end; Aborted when
  // it gave up (IteratorOptions), and may go on with a Seek.
  virtual absl::Status status() const = 0;
};

struct IteratorOptions {
  const Snapshot* snapshot = nullptr;
  std::string lower_bound;  // inclusive; empty: none
  std::string upper_bound;  // exclusive; empty: none
  bool fill_cache = true;   // false for scans that would push out what is hot
  // What is deleted stays in the files for a while. A move that has to pass more entries than about this gives up; 0:
  // it goes on, however long that takes.
  uint64_t skipped_max = 0;
};

struct DatabaseOptions {
  std::string path;
  size_t block_cache_bytes = 80 << 20;
  // Over all families, before a flush. A restart after a crash has about as much to execute again.
  size_t write_buffer_bytes = 24 << 20;
  int background_threads = 3;  // one flushes; two compact, so that a defragmentation leaves one for what is new
  bool read_only = false;      // fails when there is no store; writes nothing, takes no lock
  // Fails, too, when there is none, or a part of one: an empty store would take the place of what is left.
  bool must_exist = false;
  // Closing makes what is in memory durable. Tests turn it off to see what a crash leaves.
  bool flush_on_close = true;
};

struct DatabaseSize {
  uint64_t on_disk_bytes = 0;  // all table files
  uint64_t live_bytes = 0;     // an estimate of what is not garbage, memtables included
};

class Database {
 public:
  // Creates what is missing unless told otherwise. DataLoss with the file named when it is damaged; FailedPrecondition
  // when locked. Tables are read as they are needed: damage inside of one is met then, as DataLoss of the call that
  // reads it (see OnFailure).
  static absl::StatusOr<std::unique_ptr<Database>> Open(const DatabaseOptions& options);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Applies the batch and leaves it empty; on failure the batch is as it was. `mark` is the caller's position (the
  // applied index), never falling. Single writer thread for marked writes; others may write with WriteUnmarked at the
  // same time.
  absl::Status Write(WriteBatch& batch, uint64_t mark);
  absl::Status WriteUnmarked(WriteBatch& batch);
  // The same for what nobody waits for: takes its time while the store has much to compact.
  absl::Status WriteAtLeisure(WriteBatch& batch);
  // As Write, but only takes the batch over and counts it as written: it is, by Settle or by the next write, flush or
  // read that may need it. Not OK, and nothing taken, when the one before could not be written.
  absl::Status WriteBehind(WriteBatch& batch, uint64_t mark);
  // Any thread: writes what WriteBehind took, unless it is. Until that has succeeded nothing else is written, and reads
  // that may need it fail with the same.
  absl::Status Settle() const;

  // Any thread. nullopt: no such key.
  absl::StatusOr<std::optional<std::string>> Get(Family family, std::string_view key,
                                                 const Snapshot* snapshot = nullptr) const;
  // Reads many at once, in any order; results stand at their key's place. visit(i, value) for those found, called on
  // this thread with a view valid during the call; absent keys are not visited.
  absl::Status MultiGet(Family family, const std::vector<std::string>& keys,
                        const std::function<void(size_t index, std::string_view value)>& visit,
                        const Snapshot* snapshot = nullptr) const;
  std::unique_ptr<Iterator> NewIterator(Family family, IteratorOptions options = {}) const;
  std::shared_ptr<const Snapshot> TakeSnapshot() const;
  // Where to part a family into so many stretches of about as many bytes, ascending; fewer where there is little. They
  // need not be keys of it.
  std::vector<std::string> SplitPoints(Family family, size_t parts) const;

  // The tables that records are in at this moment, the newest first.
  std::vector<TableFile> TableFiles() const;
  // Called, on whatever thread met it, each time a file cannot be read as it was written (DataLoss) and when background
  // work ends with an error that is no disk refusal (base::IsDiskRefusal): with its code, and the store takes no writes
  // from then on. At most one listener; an empty function takes it away. The listener must not call this.
  void OnFailure(std::function<void(const absl::Status& failure)> listener);

  // Makes everything written so far durable. Blocks; not on a hot thread.
  absl::Status Flush();
  // The highest mark known to be durable; right after Open, the mark of the last write found.
  uint64_t durable_mark() const;

  // Rewrites all levels, dropping garbage; reads and writes go on. Blocks. Cancelled soon after `canceled`, which must
  // outlive the call, becomes true: what was rewritten until then stays.
  absl::Status CompactAll(std::atomic<bool>* canceled = nullptr);
  // Ends all background work, a CompactAll included that waits for some, and for good: for who is about to close the
  // store and cannot wait. What is in memory then stays there; a write that would have to wait for room is Cancelled.
  void StopBackgroundWork();
  DatabaseSize Size() const;
  // A RocksDB property such as "rocksdb.stats"; "" when unknown.
  std::string Property(const std::string& name) const;
  // The first background error (disk full, I/O, damage) since start, the last Resume, or RocksDB's own recovery, else
  // OK. Writes fail while it stands.
  absl::Status BackgroundError() const;
  absl::Status Resume();

 private:
  struct Rep;
  absl::Status TouchAll();
  explicit Database(std::unique_ptr<Rep> rep);
  std::unique_ptr<Rep> rep_;
};

}  // namespace quorate::storage
