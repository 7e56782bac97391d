#pragma once

// Reads etcd's own files: what `etcdctl snapshot save` wrote (3.4 to 3.7) and a member's `member/snap/db`. Both are
// bbolt databases; a saved snapshot has the SHA-256 of the database behind it (docs/formats/etcd-snapshot.md).
//
// Nothing in the file is trusted: every page id, offset and length is checked, no walk visits more pages than the file
// has, and memory stays at one page, one element table and one value, however large the file. Errors name the file and
// what is wrong with it: NotFound, InvalidArgument (not a bbolt database), DataLoss (damaged or truncated),
// FailedPrecondition (see VerifyTrailer); other codes come from the file system. Errors of content that only the table
// of history can show come from the walk that meets them.
//
// One thread at a time, cursors of the file included. A cursor must not outlive its file.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "quorate/base/file_system.h"
#include "quorate/base/status.h"
#include "quorate/mvcc/revision.h"
#include "quorate/mvcc/store.h"

namespace quorate::etcdfile {

// The tables of an etcd database ("buckets"), in the order of their names as they stand in the file.
namespace bucket {
inline constexpr std::string_view kAlarm = "alarm";
inline constexpr std::string_view kAuth = "auth";
inline constexpr std::string_view kAuthRoles = "authRoles";
inline constexpr std::string_view kAuthUsers = "authUsers";
inline constexpr std::string_view kCluster = "cluster";
inline constexpr std::string_view kKey = "key";
inline constexpr std::string_view kLease = "lease";
inline constexpr std::string_view kMembers = "members";
inline constexpr std::string_view kMembersRemoved = "members_removed";
inline constexpr std::string_view kMeta = "meta";
}  // namespace bucket

// Walks one bucket in the order of its keys. Begins before the first entry.
class BucketCursor {
 public:
  virtual ~BucketCursor() = default;
  // Moves to the next entry. False at the end, and when something is wrong: see status().
  virtual bool Next() = 0;
  virtual absl::Status status() const = 0;
  // Of the current entry; valid until the next move.
  virtual std::string_view key() const = 0;
  virtual std::string_view value() const = 0;
  // True when the entry is a bucket of its own; then value() is empty, and Descend walks it.
  virtual bool is_bucket() const = 0;
  virtual absl::StatusOr<std::unique_ptr<BucketCursor>> Descend() const = 0;
  // How much of the file was walked so far, for progress; at most SnapshotFile::database_bytes().
  virtual uint64_t walked_bytes() const = 0;
};

// One entry of the `key` bucket: a change of a key.
struct HistoryEntry {
  mvcc::Revision revision;
  bool deleted = false;
  // The mvccpb.KeyValue as it is stored; of a deletion it holds the key alone. Empty in the entry that
  // `etcdutl snapshot restore --bump-revision` adds. Whether it can be decoded is not checked.
  std::string_view kv;
  // The whole key of the bucket, as the hashes take it.
  std::string_view stored_key;
};

// Walks the `key` bucket in the order of revisions.
class HistoryCursor {
 public:
  explicit HistoryCursor(std::unique_ptr<BucketCursor> cursor, std::string path);
  // As of BucketCursor; DataLoss when an entry's key is not a revision or revisions do not rise.
  bool Next();
  const absl::Status& status() const { return status_; }
  // Valid until the next move.
  const HistoryEntry& entry() const { return entry_; }
  uint64_t walked_bytes() const { return cursor_->walked_bytes(); }

 private:
  bool Fail(absl::Status status);

  std::unique_ptr<BucketCursor> cursor_;
  std::string path_;
  HistoryEntry entry_;
  absl::Status status_;
};

struct LeaseEntry {
  int64_t id = 0;
  int64_t ttl_seconds = 0;            // as granted
  int64_t remaining_ttl_seconds = 0;  // of the last checkpoint; 0: none
};

struct AlarmEntry {
  uint64_t member = 0;
  int32_t type = 0;  // etcdserverpb.AlarmType
};

// The `meta` bucket; what a version of etcd did not write yet is absent or empty.
struct MetaValues {
  std::optional<uint64_t> consistent_index;
  std::optional<uint64_t> term;  // since 3.5
  std::string conf_state;        // JSON; since 3.5
  std::string storage_version;   // "3.6.0"; since 3.6
  std::optional<int64_t> finished_compact_revision;
  std::optional<int64_t> scheduled_compact_revision;
  // What a store opened on the file calls compacted: a compaction that was begun counts. -1: never.
  int64_t compacted_revision() const;
};

// What `etcdutl snapshot status` tells.
struct SnapshotStatus {
  uint32_t hash = 0;        // CRC-32C over all buckets
  int64_t revision = 0;     // of the last entry of history
  uint64_t total_keys = 0;  // live
  uint64_t total_bytes = 0;
  std::string version;  // the storage version; empty before 3.6
};

class SnapshotFile {
 public:
  // Checks what can be checked without a walk: the size, the two meta pages (one good one is enough; the newer of two
  // is taken), and that no page of the database lies behind the end of the file.
  static absl::StatusOr<std::unique_ptr<SnapshotFile>> Open(const std::string& path,
                                                            base::FileSystem& files = base::PosixFileSystem());
  ~SnapshotFile();
  SnapshotFile(const SnapshotFile&) = delete;
  SnapshotFile& operator=(const SnapshotFile&) = delete;

  const std::string& path() const;
  uint64_t file_bytes() const;
  // The pages in use, which the trailer and room for growth are no part of.
  uint64_t database_bytes() const;
  uint32_t page_bytes() const;
  // Whether a SHA-256 stands at the end, judged by the size as etcdutl judges it.
  bool has_trailer() const;
  // Reads the whole file. FailedPrecondition when there is no trailer, DataLoss when it is of other bytes.
  // `progress` is called now and then with the bytes read so far.
  absl::Status VerifyTrailer(const std::function<void(uint64_t bytes)>& progress = nullptr) const;
  // The check that bbolt knows: every page in use once or free, all keys in order, pages of the right kind. Takes two
  // bits of memory a page.
  absl::Status CheckStructure() const;

  // All buckets, by name.
  std::unique_ptr<BucketCursor> Buckets() const;
  // One bucket; of one that is not there, a cursor at its end.
  absl::StatusOr<std::unique_ptr<BucketCursor>> Bucket(std::string_view name) const;
  absl::StatusOr<HistoryCursor> History() const;
  absl::StatusOr<MetaValues> Meta() const;
  absl::Status ForEachLease(const std::function<absl::Status(const LeaseEntry&)>& visit) const;
  absl::Status ForEachAlarm(const std::function<absl::Status(const AlarmEntry&)>& visit) const;

  // As `etcdutl snapshot status` computes it, its check of the structure included. Takes about 32 bytes of memory a
  // live key.
  absl::StatusOr<SnapshotStatus> Status() const;
  // As `etcdutl hashkv --rev` computes it (0: the newest revision). Takes memory for the keys that were changed after
  // the compacted revision. Errors of the revision as the API's (compacted, future revision).
  absl::StatusOr<mvcc::HashResult> HashKV(int64_t revision) const;

 private:
  struct Rep;
  explicit SnapshotFile(std::unique_ptr<Rep> rep);
  std::unique_ptr<Rep> rep_;
};

}  // namespace quorate::etcdfile
