#include "src/storage/file_checksum.h"

#include "quorate/base/crc32c.h"

namespace quorate::storage {
namespace {

constexpr char kFunction[] = "FileChecksumCrc32c";

class Generator final : public rocksdb::FileChecksumGenerator {
 public:
  void Update(const char* data, size_t size) override { sum_ = base::Crc32c({data, size}, sum_); }
  void Finalize() override {
    for (int shift = 24; shift >= 0; shift -= 8) checksum_.push_back(static_cast<char>(sum_ >> shift));
  }
  std::string GetChecksum() const override { return checksum_; }
  const char* Name() const override { return kFunction; }

 private:
  uint32_t sum_ = 0;
  std::string checksum_;  // big-endian
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
  uint32_t sum = 0;
  for (const char byte : checksum) sum = sum << 8 | static_cast<uint8_t>(byte);
  return sum;
}

}  // namespace quorate::storage
