#include "src/storage/file_checksum.h"

#include "quorate/base/big_endian.h"
#include "quorate/base/crc32c.h"

namespace quorate::storage {
namespace {

constexpr char kFunction[] = "FileChecksumCrc32c";

class Generator final : public rocksdb::FileChecksumGenerator {
 public:
  void Update(const char* data, size_t size) override { sum_ = base::Crc32c({data, size}, sum_); }
  void Finalize() override { base::AppendBigEndian(&checksum_, sum_); }
  std::string GetChecksum() const override { return checksum_; }
  const char* Name() const override { return kFunction; }

 private:
  uint32_t sum_ = 0;
  std::string checksum_;
};

class Factory final : public rocksdb::FileChecksumGenFactory {
 public:
  std::unique_ptr<rocksdb::FileChecksumGenerator> CreateFileChecksumGenerator(
      const rocksdb::FileChecksumGenContext& context) override {
    const std::string& asked = context.requested_checksum_func_name;
    if (!asked.empty() && asked != kFunction) return nullptr;
    return std::make_unique<Generator>();
  }
  const char* Name() const override { return "FileChecksumGenCrc32cFactory"; }
};

}  // namespace

std::shared_ptr<rocksdb::FileChecksumGenFactory> MakeFileChecksums() { return std::make_shared<Factory>(); }

std::optional<uint32_t> FileChecksumOf(std::string_view function, std::string_view checksum) {
  if (function != kFunction || checksum.size() != sizeof(uint32_t)) return std::nullopt;
  return base::ReadBigEndian<uint32_t>(checksum.data());
}

}  // namespace quorate::storage
