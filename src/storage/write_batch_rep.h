#pragma once

#include "quorate/storage/database.h"
#include "rocksdb/write_batch.h"

namespace quorate::storage {

struct WriteBatch::Rep {
  rocksdb::WriteBatch batch;
};

}  // namespace quorate::storage
