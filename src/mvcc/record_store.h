#pragma once

#include <functional>
#include <vector>

#include "quorate/base/buffer.h"
#include "quorate/base/status.h"
#include "quorate/mvcc/revision.h"
#include "quorate/storage/database.h"
#include "src/mvcc/read_pace.h"
#include "src/mvcc/record_cache.h"

namespace quorate::mvcc {

// Committed records by revision, out of the cache or the store. Any thread.
class RecordStore {
 public:
  RecordStore(const storage::Database* database, size_t cache_bytes) : database_(database), cache_(cache_bytes) {}

  // Each at its place; those already filled in are left. DataLoss when one is nowhere. `may_go_on`, which may be empty,
  // is asked now and then while it reads, and ends it when it says why.
  absl::Status Fetch(const std::vector<Revision>& revisions, std::vector<base::Buffer>* records,
                     const storage::Snapshot* snapshot = nullptr, const std::function<absl::Status()>& may_go_on = {});
  absl::StatusOr<base::Buffer> FetchOne(Revision revision);
  RecordCache& cache() { return cache_; }
  // Whether to fetch this record now would be to wait for the disk, as far as one can tell.
  bool IsFar(Revision revision) const { return pace_.slow() && !cache_.Contains(revision); }
  bool reads_wait() const { return pace_.slow(); }

 private:
  const storage::Database* database_;
  RecordCache cache_;
  ReadPace pace_;
};

}  // namespace quorate::mvcc
