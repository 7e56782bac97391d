#pragma once

// The inside of Snapshot (quorate/storage/database.h): RocksDB's own, and what it has to tell beside. Any thread may
// use it, and let go of it.

#include <utility>

#include "quorate/base/status.h"
#include "rocksdb/db.h"

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

}  // namespace quorate::storage
