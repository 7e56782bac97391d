#pragma once

// Writes etcd's own snapshot file: a bbolt database (docs/formats/etcd-snapshot.md), front to back in one pass, in
// memory of a few pages and the largest value, whatever the size of the database.
//
// What stands first in the file depends on all that follows, so the contents are walked twice: Measure counts pages,
// then Produce makes them. Both must see the same contents. The trailer (a SHA-256 of what Produce gave) is the
// caller's to add.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "quorate/base/status.h"

namespace quorate::etcdfile {

// The entries of one bucket, in the order of their keys, once through. One thread at a time.
class EntryWalk {
 public:
  virtual ~EntryWalk() = default;
  // Moves to the next entry. False at the end, and when something is wrong.
  virtual bool Next() = 0;
  virtual absl::Status status() const = 0;
  // Of the current entry; 1 to 32,768 bytes, valid until the next move.
  virtual std::string_view key() const = 0;
  virtual size_t value_bytes() const = 0;
  // Appends exactly value_bytes().
  virtual void AppendValue(std::string* out) const = 0;
};

class BucketContents {
 public:
  virtual ~BucketContents() = default;
  virtual std::string_view name() const = 0;
  // Every walk gives the same entries. The walk must not outlive this.
  virtual std::unique_ptr<EntryWalk> Walk() const = 0;
};

// A bucket of few entries, in any order; keys that come twice are an error of the program.
std::unique_ptr<BucketContents> SmallBucket(std::string name, std::vector<std::pair<std::string, std::string>> entries);

class DatabaseWriter {
 public:
  static constexpr uint32_t kPageBytes = 4096;

  // One bucket of each name; any order.
  explicit DatabaseWriter(std::vector<std::unique_ptr<BucketContents>> buckets);
  ~DatabaseWriter();
  DatabaseWriter(const DatabaseWriter&) = delete;
  DatabaseWriter& operator=(const DatabaseWriter&) = delete;

  // Counts on for about `bytes` of contents; true when all is counted. Then size() is known.
  absl::StatusOr<bool> Measure(uint64_t bytes);
  uint64_t size() const;
  // Appends the next pages, at least `bytes` of them unless the end comes first; true when that was the last.
  // Internal when the contents are not what was measured; the file is of no use then.
  absl::StatusOr<bool> Produce(size_t bytes, std::string* out);

 private:
  struct Rep;
  std::unique_ptr<Rep> rep_;
};

}  // namespace quorate::etcdfile
