#pragma once

// The insides of Snapshot and Iterator (quorate/storage/database.h): RocksDB's own, and what they have to tell beside.
// A Snapshot may be used and let go of by any thread, an Iterator by one at a time.

#include <memory>
#include <string>

#include "quorate/storage/database.h"
#include "rocksdb/db.h"
#include "rocksdb/iterator.h"
#include "src/storage/failures.h"

namespace quorate::storage {

class Snapshot {
 public:
  // `whole`: not OK when it lacks a batch that counts as written.
  Snapshot(rocksdb::DB* db, absl::Status whole) : db_(db), snapshot_(db->GetSnapshot()), whole_(std::move(whole)) {}
  ~Snapshot() { db_->ReleaseSnapshot(snapshot_); }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  const rocksdb::Snapshot* get() const { return snapshot_; }
  const absl::Status& whole() const { return whole_; }

 private:
  rocksdb::DB* db_;
  const rocksdb::Snapshot* snapshot_;
  const absl::Status whole_;
};

std::unique_ptr<Iterator> MakeIterator(rocksdb::DB* db, rocksdb::ColumnFamilyHandle* family, IteratorOptions options,
                                       Failures* failures);
// One that finds nothing, because of this.
std::unique_ptr<Iterator> MakeFailedIterator(absl::Status failure);

}  // namespace quorate::storage
