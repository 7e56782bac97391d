#pragma once

// The inside of Iterator (quorate/storage/database.h): RocksDB's own, and what it has to tell beside. One thread at a
// time.

#include <memory>

#include "quorate/storage/database.h"
#include "rocksdb/db.h"
#include "src/storage/failures.h"
#include "src/storage/snapshot.h"

namespace quorate::storage {

std::unique_ptr<Iterator> MakeIterator(rocksdb::DB* db, rocksdb::ColumnFamilyHandle* family, IteratorOptions options,
                                       Failures* failures);
// One that finds nothing, because of this.
std::unique_ptr<Iterator> MakeFailedIterator(absl::Status failure);

}  // namespace quorate::storage
