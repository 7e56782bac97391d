#pragma once

// RocksDB's views of bytes and ours.

#include <string_view>

#include "rocksdb/slice.h"

namespace quorate::storage {

inline rocksdb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
inline std::string_view View(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

}  // namespace quorate::storage
