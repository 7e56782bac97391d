// Damaged files give an error or what they hold, and nothing else: no crash, no endless walk, no memory beyond the
// file's own size. Run under the sanitizers too.

#include <gtest/gtest.h>

#include "tests/base/files_testing.h"
#include "tests/etcdfile/etcdfile_testing.h"

namespace quorate::etcdfile {
namespace {

constexpr size_t kPage = 4096;

// Everything that can be asked of a file.
void ReadAll(const std::string& path) {
  const auto file = SnapshotFile::Open(path);
  if (!file.ok()) return;
  const auto nothing = [](const auto&) { return absl::OkStatus(); };
  (void)(*file)->VerifyTrailer();
  (void)(*file)->CheckStructure();
  (void)Read(**file);
  (void)(*file)->Meta();
  (void)(*file)->ForEachLease(nothing);
  (void)(*file)->ForEachAlarm(nothing);
  (void)(*file)->Status();
  (void)(*file)->HashKV(0);
}

class DamageTest : public testing::Test {
 protected:
  std::string path() const { return directory_.path() + "/file"; }
  std::unique_ptr<SnapshotFile> OpenBytes(std::string_view bytes) {
    base::WriteFile(path(), bytes);
    auto file = SnapshotFile::Open(path());
    EXPECT_TRUE(file.ok()) << file.status();
    return *std::move(file);
  }
  // A database with branches, overflow and inline buckets.
  static std::string Sound() {
    std::mt19937_64 random(1);
    Database database{{"meta", {{"consistent_index", "12345678"}}}, {"lease", {}}, {"alarm", {}}};
    for (int i = 1; i < 400; ++i) {
      const Change change{.main = i,
                          .key = "k" + std::to_string(i % 50),
                          .created = i,
                          .version = 1,
                          .value = RandomBytes(random, i % 40 == 0 ? 9000 : 100)};
      database["key"][HistoryKey(change)] = HistoryValue(change);
    }
    return *Write(database);
  }
  static void Put16(std::string* bytes, size_t at, uint16_t number) {
    bytes->replace(at, 2, reinterpret_cast<char*>(&number), 2);
  }
  static void Put32(std::string* bytes, size_t at, uint32_t number) {
    bytes->replace(at, 4, reinterpret_cast<char*>(&number), 4);
  }
  static void Put64(std::string* bytes, size_t at, uint64_t number) {
    bytes->replace(at, 8, reinterpret_cast<char*>(&number), 8);
  }
  // The number of the first page of a kind, from the contents on.
  static size_t FindPage(const std::string& bytes, uint16_t kind) {
    for (size_t page = 3; page * kPage < bytes.size(); ++page) {
      if (bytes[page * kPage + 8] == static_cast<char>(kind) && bytes[page * kPage] == static_cast<char>(page))
        return page;
    }
    ADD_FAILURE() << "no such page";
    return 0;
  }

  base::TemporaryDirectory directory_;
};

TEST_F(DamageTest, FlippedBitsGiveAnErrorOrEqualData) {
  const std::string sound = Sound();
  const Database expected = *Read(*OpenBytes(sound));
  int unnoticed = 0;
  for (uint64_t seed = 0; seed < 1500; ++seed) {
    std::mt19937_64 random(seed);
    std::string bytes = sound;
    for (uint64_t flips = 1 + random() % 3; flips > 0; --flips) bytes[random() % bytes.size()] ^= 1 << random() % 8;
    base::WriteFile(path(), WithTrailer(sound).replace(0, bytes.size(), bytes));
    ReadAll(path());
    const auto file = SnapshotFile::Open(path());
    if (!file.ok()) continue;
    // The trailer is what notices a change inside a value.
    if ((*file)->VerifyTrailer().ok()) {
      ++unnoticed;
      EXPECT_TRUE(*Read(**file) == expected) << seed;
    }
  }
  EXPECT_LT(unnoticed, 10);
}

TEST_F(DamageTest, HeadsAndTablesOverwritten) {
  const std::string sound = Sound();
  const size_t pages = sound.size() / kPage;
  for (uint64_t seed = 0; seed < 1500; ++seed) {
    std::mt19937_64 random(seed);
    std::string bytes = sound;
    for (uint64_t changes = 1 + random() % 4; changes > 0; --changes) {
      const size_t at = random() % pages * kPage + random() % 16 * 4;
      const uint64_t interesting[] = {0, 1, 2, random() % pages, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, random()};
      Put32(&bytes, at, static_cast<uint32_t>(interesting[random() % 8]));
    }
    base::WriteFile(path(), bytes);
    ReadAll(path());
  }
}

TEST_F(DamageTest, PagesSwappedAndCopied) {
  const std::string sound = Sound();
  const size_t pages = sound.size() / kPage;
  for (uint64_t seed = 0; seed < 500; ++seed) {
    std::mt19937_64 random(seed);
    std::string bytes = sound;
    const size_t from = 2 + random() % (pages - 2);
    const size_t to = 2 + random() % (pages - 2);
    bytes.replace(to * kPage, kPage, sound.substr(from * kPage, kPage));
    if (random() % 2 == 0) Put64(&bytes, to * kPage, to);
    const auto file = OpenBytes(bytes);
    // Pages inside a large value have no head to tell them apart.
    const bool has_head =
        sound[to * kPage] == static_cast<char>(to) && sound.compare(to * kPage + 1, 7, std::string(7, '\0')) == 0;
    if (from != to && has_head) {
      EXPECT_NE(file->CheckStructure(), absl::OkStatus()) << seed;
    }
    ReadAll(path());
  }
}

TEST_F(DamageTest, TruncatedAnywhere) {
  const std::string sound = WithTrailer(Sound());
  for (size_t size = 0; size < sound.size(); size += 509) {
    base::WriteFile(path(), std::string_view(sound).substr(0, size));
    EXPECT_FALSE(SnapshotFile::Open(path()).ok()) << size;
  }
}

TEST_F(DamageTest, BranchThatRefersToItselfEnds) {
  std::string bytes = Sound();
  const size_t branch = FindPage(bytes, 1);
  for (size_t element = 0; element < 2; ++element) Put64(&bytes, branch * kPage + 16 + element * 16 + 8, branch);
  const auto file = OpenBytes(bytes);
  EXPECT_EQ(Read(*file).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(file->CheckStructure().code(), absl::StatusCode::kDataLoss);
}

TEST_F(DamageTest, BranchThatRefersToOneLeafManyTimesIsSeen) {
  std::string bytes = Sound();
  const size_t branch = FindPage(bytes, 1);
  uint64_t child;
  std::memcpy(&child, bytes.data() + branch * kPage + 16 + 8, 8);
  Put64(&bytes, branch * kPage + 16 + 16 + 8, child);
  const auto file = OpenBytes(bytes);
  EXPECT_EQ(Read(*file).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(file->CheckStructure().code(), absl::StatusCode::kDataLoss);
}

TEST_F(DamageTest, PageThatClaimsTheWholeFileIsSeen) {
  std::string bytes = Sound();
  const size_t leaf = FindPage(bytes, 2);
  Put32(&bytes, leaf * kPage + 12, static_cast<uint32_t>(bytes.size() / kPage - leaf - 1));
  EXPECT_EQ(OpenBytes(bytes)->CheckStructure().code(), absl::StatusCode::kDataLoss);
  Put32(&bytes, leaf * kPage + 12, 0xFFFFFFFF);
  EXPECT_EQ(Read(*OpenBytes(bytes)).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(DamageTest, ValuesThatShareTheirBytesAreRefused) {
  std::string bytes = Sound();
  const size_t leaf = FindPage(bytes, 2);
  // The second entry begins where the first one does.
  Put32(&bytes, leaf * kPage + 16 + 16 + 4, 16);
  EXPECT_EQ(Read(*OpenBytes(bytes)).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(DamageTest, MoreElementsThanRoomAreRefused) {
  std::string bytes = Sound();
  Put16(&bytes, FindPage(bytes, 2) * kPage + 10, 0xFFFF);
  EXPECT_EQ(Read(*OpenBytes(bytes)).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(DamageTest, FreelistIsHeldAgainstTheTrees) {
  std::string bytes = Sound();
  const size_t freelist = 2 * kPage;
  Put16(&bytes, freelist + 10, 1);
  Put64(&bytes, freelist + 16, FindPage(bytes, 2));
  EXPECT_EQ(OpenBytes(bytes)->CheckStructure().code(), absl::StatusCode::kDataLoss);
  Put64(&bytes, freelist + 16, 1 << 30);
  EXPECT_EQ(OpenBytes(bytes)->CheckStructure().code(), absl::StatusCode::kDataLoss);
  Put16(&bytes, freelist + 10, 0xFFFF);
  Put64(&bytes, freelist + 16, ~uint64_t{0} / 2);
  EXPECT_EQ(OpenBytes(bytes)->CheckStructure().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace quorate::etcdfile
