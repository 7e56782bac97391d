#pragma once

// The one part of a table file that RocksDB trusts without a checksum, although the kind of all other checksums stands
// in it.

#include <cstdint>
#include <string_view>

namespace rocksdb {
class Env;
}

namespace quorate::storage {

// Of RocksDB's format 5, which tables are written in (options.cc).
inline constexpr uint64_t kTableFooterBytes = 53;

// Whether a file of `file_bytes` that ends in `end` ends as the tables do that this module has written. What such an
// end points at is under checksums.
bool IsTableFooter(std::string_view end, uint64_t file_bytes);

// The machine's files; a table whose footer is damaged cannot be opened, and the error names it. RocksDB itself would
// read such a file without checksums and may end the process over what it finds: Debian's build has its assertions.
// Lives as long as the process.
rocksdb::Env* CheckingEnv();

}  // namespace quorate::storage
