#pragma once

#include <memory>
#include <string>

#include "quorate/storage/database.h"
#include "rocksdb/db.h"
#include "rocksdb/iterator.h"
#include "src/storage/failures.h"

namespace quorate::storage {

class Snapshot {
 public:
  explicit Snapshot(rocksdb::DB* db) : db_(db), snapshot_(db->GetSnapshot()) {}
  ~Snapshot() { db_->ReleaseSnapshot(snapshot_); }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  const rocksdb::Snapshot* get() const { return snapshot_; }

 private:
  rocksdb::DB* db_;
  const rocksdb::Snapshot* snapshot_;
};

std::unique_ptr<Iterator> MakeIterator(rocksdb::DB* db, rocksdb::ColumnFamilyHandle* family, IteratorOptions options,
                                       Failures* failures);

}  // namespace quorate::storage
