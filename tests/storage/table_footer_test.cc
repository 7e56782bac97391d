#include "src/storage/table_footer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "quorate/base/logging.h"
#include "quorate/storage/database.h"
#include "tests/base/files_testing.h"

namespace quorate::storage {
namespace {

class TableFooterTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(base::SetUpLogging({.outputs = {"/dev/null"}}).ok()); }

  void SetUp() override {
    auto database = Database::Open(options_);
    ASSERT_TRUE(database.ok()) << database.status();
    WriteBatch batch;
    batch.Put(Family::kKeys, "key", "1");
    batch.Put(Family::kRevs, "1", "record");
    ASSERT_TRUE((*database)->Write(batch, 1).ok());
    ASSERT_TRUE((*database)->Flush().ok());
    tables_ = (*database)->TableFiles();
    ASSERT_EQ(tables_.size(), static_cast<size_t>(kFamilies));
  }

  // Opens a store one of whose tables is `bytes`.
  void ExpectRefused(const TableFile& table, const std::string& bytes, const std::string& injury) {
    const std::string sound = base::ReadFile(table.path);
    base::WriteFile(table.path, bytes);
    auto opened = Database::Open(options_);
    EXPECT_EQ(opened.status().code(), absl::StatusCode::kDataLoss) << injury << " " << opened.status();
    EXPECT_NE(opened.status().ToString().find(table.path), std::string::npos) << injury << " " << opened.status();
    base::WriteFile(table.path, sound);
  }

  base::TemporaryDirectory directory_;
  DatabaseOptions options_{.path = directory_.path() + "/db",
                           .block_cache_bytes = 1 << 20,
                           .write_buffer_bytes = 1 << 20,
                           .flush_on_close = false};
  std::vector<TableFile> tables_;
};

TEST_F(TableFooterTest, IsKnown) {
  for (const TableFile& table : tables_) {
    const std::string bytes = base::ReadFile(table.path);
    ASSERT_GT(bytes.size(), kTableFooterBytes);
    const std::string_view end = std::string_view(bytes).substr(bytes.size() - kTableFooterBytes);
    EXPECT_TRUE(IsTableFooter(end, bytes.size()));
    EXPECT_FALSE(IsTableFooter(end, kTableFooterBytes + 10)) << "points outside the file";
    EXPECT_FALSE(IsTableFooter(end.substr(1), bytes.size()));
    EXPECT_FALSE(IsTableFooter("", bytes.size()));
  }
  EXPECT_TRUE(Database::Open(options_).ok());
}

// RocksDB's own reading ended the process over some of these.
TEST_F(TableFooterTest, ATableZeroedUpToItsEndIsRefused) {
  for (const TableFile& table : tables_) {
    std::string bytes = base::ReadFile(table.path);
    for (size_t zeroed = bytes.size() - 60; zeroed <= bytes.size(); ++zeroed) {
      std::fill(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(zeroed), '\0');
      ExpectRefused(table, bytes, "zeroed to " + std::to_string(zeroed));
    }
  }
}

TEST_F(TableFooterTest, NoBitOfItMayChange) {
  for (const TableFile& table : tables_) {
    const std::string sound = base::ReadFile(table.path);
    for (size_t bit = 0; bit < 8 * kTableFooterBytes; ++bit) {
      std::string bytes = sound;
      bytes[sound.size() - kTableFooterBytes + bit / 8] ^= static_cast<char>(1 << bit % 8);
      ExpectRefused(table, bytes, "bit " + std::to_string(bit));
    }
  }
}

TEST_F(TableFooterTest, AShortTableIsRefused) {
  for (const TableFile& table : tables_) {
    const std::string sound = base::ReadFile(table.path);
    for (const size_t bytes : {size_t{0}, size_t{1}, size_t{52}, size_t{53}, sound.size() - 1}) {
      ExpectRefused(table, sound.substr(0, bytes), "cut to " + std::to_string(bytes));
    }
  }
}

}  // namespace
}  // namespace quorate::storage
