#include "src/storage/file_checksum.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "quorate/base/crc32c.h"

namespace quorate::storage {
namespace {

// Stores written before with RocksDB's own generator are checked with ours.
TEST(FileChecksumTest, IsWhatRocksDbMakesOfTheSameBytes) {
  std::minstd_rand random(7);
  rocksdb::FileChecksumGenContext context;
  const auto ours = MakeFileChecksums()->CreateFileChecksumGenerator(context);
  const auto theirs = rocksdb::GetFileChecksumGenCrc32cFactory()->CreateFileChecksumGenerator(context);
  std::string all;
  for (int i = 0; i < 50; ++i) {
    std::string piece(random() % 5000, '\0');
    for (char& byte : piece) byte = static_cast<char>(random());
    ours->Update(piece.data(), piece.size());
    theirs->Update(piece.data(), piece.size());
    all += piece;
  }
  ours->Finalize();
  theirs->Finalize();
  EXPECT_EQ(ours->GetChecksum(), theirs->GetChecksum());
  EXPECT_STREQ(ours->Name(), theirs->Name());
  EXPECT_EQ(FileChecksumOf(ours->Name(), ours->GetChecksum()), base::Crc32c(all));
  EXPECT_EQ(FileChecksumOf("another", ours->GetChecksum()), std::nullopt);
  EXPECT_EQ(FileChecksumOf(ours->Name(), "abc"), std::nullopt);
}

}  // namespace
}  // namespace quorate::storage
