#include "src/storage/table_footer.h"

#include <memory>
#include <string>

#include "quorate/base/little_endian.h"
#include "quorate/base/varint.h"
#include "quorate/base/wire.h"
#include "rocksdb/env.h"
#include "rocksdb/file_system.h"

namespace quorate::storage {
namespace {

// The footer: the kind of checksum, where the blocks of metadata and of the index are, zeros up to the version of the
// format, and a number by which tables are known.
constexpr size_t kHandlesBytes = 40;
constexpr uint32_t kFormat = 5;
constexpr uint64_t kMagic = 0x88e241b785f4cff7;
constexpr char kXxh3 = 4;
// Behind each block: the kind of compression and the checksum.
constexpr uint64_t kBlockTrailerBytes = 5;

// In its only form: others say the same, but nobody writes them.
bool TakeShortest(std::string_view& bytes, uint64_t* value) {
  const size_t before = bytes.size();
  return base::TakeVarint(&bytes, value) && before - bytes.size() == base::wire::VarintSize(*value);
}

bool TakeHandle(std::string_view& bytes, uint64_t file_bytes) {
  uint64_t offset, size;
  if (!TakeShortest(bytes, &offset) || !TakeShortest(bytes, &size) || size == 0) return false;
  const uint64_t blocks = file_bytes - kTableFooterBytes;
  return offset < blocks && size < blocks && offset + size + kBlockTrailerBytes <= blocks;
}

class CheckingFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  using FileSystemWrapper::FileSystemWrapper;
  const char* Name() const override { return "quorate.CheckingFileSystem"; }

  rocksdb::IOStatus NewRandomAccessFile(const std::string& path, const rocksdb::FileOptions& options,
                                        std::unique_ptr<rocksdb::FSRandomAccessFile>* file,
                                        rocksdb::IODebugContext* debug) override {
    rocksdb::IOStatus opened = target()->NewRandomAccessFile(path, options, file, debug);
    if (opened.ok() && path.ends_with(".sst")) opened = CheckFooter(path, options, **file, debug);
    if (!opened.ok()) file->reset();
    return opened;
  }

 private:
  rocksdb::IOStatus CheckFooter(const std::string& path, const rocksdb::FileOptions& options,
                                rocksdb::FSRandomAccessFile& file, rocksdb::IODebugContext* debug) {
    uint64_t bytes = 0;
    rocksdb::IOStatus status = target()->GetFileSize(path, options.io_options, &bytes, debug);
    if (!status.ok()) return status;
    char buffer[kTableFooterBytes];
    rocksdb::Slice end;
    const uint64_t at = bytes < kTableFooterBytes ? 0 : bytes - kTableFooterBytes;
    status = file.Read(at, sizeof buffer, options.io_options, &end, buffer, debug);
    if (!status.ok()) return status;
    if (IsTableFooter({end.data(), end.size()}, bytes)) return status;
    return rocksdb::IOStatus::Corruption(path, "the end of the file is not that of a table");
  }
};

}  // namespace

bool IsTableFooter(std::string_view end, uint64_t file_bytes) {
  if (end.size() != kTableFooterBytes || file_bytes < kTableFooterBytes || end.front() != kXxh3) return false;
  std::string_view handles = end.substr(1, kHandlesBytes);
  if (!TakeHandle(handles, file_bytes) || !TakeHandle(handles, file_bytes)) return false;
  if (handles.find_first_not_of('\0') != std::string_view::npos) return false;
  const char* const format = end.data() + 1 + kHandlesBytes;
  const char* const magic = format + sizeof kFormat;
  return base::ReadLittleEndian<uint32_t>(format) == kFormat && base::ReadLittleEndian<uint64_t>(magic) == kMagic;
}

rocksdb::Env* CheckingEnv() {
  static rocksdb::Env* const env =
      rocksdb::NewCompositeEnv(std::make_shared<CheckingFileSystem>(rocksdb::FileSystem::Default())).release();
  return env;
}

}  // namespace quorate::storage
