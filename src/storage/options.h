#pragma once

// How RocksDB is set up here; options.cc says why. No state: any thread.

#include <memory>
#include <vector>

#include "quorate/storage/database.h"
#include "rocksdb/db.h"
#include "rocksdb/listener.h"

namespace quorate::storage {

rocksdb::DBOptions MakeDbOptions(const DatabaseOptions& options, std::shared_ptr<rocksdb::EventListener> listener);
// In the order of Family.
std::vector<rocksdb::ColumnFamilyDescriptor> MakeFamilies(const DatabaseOptions& options);

}  // namespace quorate::storage
