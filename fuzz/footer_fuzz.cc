// The end of a table file, which RocksDB trusts without a checksum.

#include "fuzz/target.h"
#include "quorate/base/check.h"
#include "src/storage/table_footer.h"

namespace quorate::fuzz {

void Try(std::string_view input) {
  Input taken(input);
  const uint64_t file_bytes = taken.Number(4);
  if (!storage::IsTableFooter(taken.Rest(), file_bytes)) return;
  QUORATE_CHECK(taken.Rest().size() == storage::kTableFooterBytes);
  QUORATE_CHECK(file_bytes > storage::kTableFooterBytes);
}

std::vector<std::string> Seeds() {
  // XXH3; blocks at 100 and 200 of 50 bytes each, in a file of 1,000; format 5.
  std::string end = "\x04\x64\x32\xc8\x01\x32";
  end.resize(41, '\0');
  end += std::string("\x05\0\0\0", 4) + "\xf7\xcf\xf4\x85\xb7\x41\xe2\x88";
  const std::string bytes("\xe8\x03\0\0", 4);
  QUORATE_CHECK(storage::IsTableFooter(end, 1000));
  return {bytes + end, bytes};
}

}  // namespace quorate::fuzz
