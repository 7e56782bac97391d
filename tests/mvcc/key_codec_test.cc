#include "src/mvcc/key_codec.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace quorate::mvcc {
namespace {

std::string RandomKey(std::mt19937_64& random) {
  std::string key(1 + random() % 4, '\0');
  constexpr char kBytes[] = {'\0', '\x01', '\x02', 'a', '\xfe', '\xff'};
  for (char& byte : key) byte = kBytes[random() % std::size(kBytes)];
  return key;
}

TEST(KeyCodecTest, RevisionsSortAsHistory) {
  const std::vector<Revision> revisions = {{1, 0}, {1, 1}, {1, 256}, {2, 0}, {255, 7}, {256, 0}, {int64_t{1} << 40, 0}};
  for (size_t i = 0; i < revisions.size(); ++i) {
    const RevisionKey key = EncodeRevision(revisions[i]);
    EXPECT_EQ(DecodeRevision(View(key)), revisions[i]);
    if (i > 0) {
      EXPECT_LT(View(EncodeRevision(revisions[i - 1])), View(key));
    }
  }
  EXPECT_FALSE(DecodeRevision("short").has_value());
  EXPECT_FALSE(DecodeRevision(std::string(16, '\0')).has_value());
  EXPECT_FALSE(DecodeRevision(std::string(16, '\xff')).has_value());
}

TEST(KeyCodecTest, EntriesOfKeysSortByKeyThenNewestFirst) {
  std::mt19937_64 random(1);
  using Entry = std::pair<std::string, Revision>;
  std::vector<std::pair<std::string, Entry>> entries;
  for (int i = 0; i < 3000; ++i) {
    Entry entry{RandomKey(random), {static_cast<int64_t>(1 + random() % 300), static_cast<int64_t>(random() % 3)}};
    entries.emplace_back(EncodeKeyAt(entry.first, entry.second), entry);
  }
  std::sort(entries.begin(), entries.end());
  for (size_t i = 0; i < entries.size(); ++i) {
    const auto& [encoded, entry] = entries[i];
    Revision revision;
    const auto prefix = SplitKeyAt(encoded, &revision);
    ASSERT_TRUE(prefix.has_value());
    EXPECT_EQ(revision, entry.second);
    EXPECT_EQ(DecodeKeyPrefix(*prefix), entry.first);
    EXPECT_EQ(*prefix, EncodeKeyPrefix(entry.first));
    EXPECT_LT(encoded, AfterKeyPrefix(*prefix));
    if (i == 0) continue;
    const Entry& former = entries[i - 1].second;
    ASSERT_TRUE(former.first < entry.first || (former.first == entry.first && former.second >= entry.second));
    if (former.first != entry.first) {
      EXPECT_LT(AfterKeyPrefix(EncodeKeyPrefix(former.first)), encoded);
    }
  }
}

TEST(KeyCodecTest, SeekingFindsTheNewestAtOrBefore) {
  std::string seek = EncodeKeyPrefix("k");
  AppendSeekRevision(5, &seek);
  EXPECT_LT(EncodeKeyAt("k", {6, 0}), seek);
  EXPECT_GE(EncodeKeyAt("k", {5, 4000000000}), seek);
  EXPECT_GT(EncodeKeyAt("k", {5, 0}), seek);
}

TEST(KeyCodecTest, KeyStatesComeBackAndDamageIsSeen) {
  const KeyState state{{9, 2}, 7, 3, -5, 65535};
  std::optional<KeyState> decoded;
  const std::string value = EncodeKeyState(state);
  ASSERT_TRUE(DecodeKeyState(value, {9, 2}, &decoded));
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->created, 7);
  EXPECT_EQ(decoded->version, 3);
  EXPECT_EQ(decoded->lease, -5);
  EXPECT_EQ(decoded->size_class, 65535);
  ASSERT_TRUE(DecodeKeyState(EncodeKeyDeletion(), {9, 2}, &decoded));
  EXPECT_FALSE(decoded.has_value());
  for (size_t length = 0; length < value.size(); ++length) {
    EXPECT_FALSE(DecodeKeyState(value.substr(0, length), {9, 2}, &decoded)) << length;
  }
  EXPECT_FALSE(DecodeKeyState(value + "x", {9, 2}, &decoded));
  EXPECT_FALSE(DecodeKeyState(value, {6, 0}, &decoded));  // created after it was modified
}

TEST(KeyCodecTest, MalformedKeysOfKeysAreSeen) {
  Revision revision;
  EXPECT_FALSE(SplitKeyAt("", &revision).has_value());
  EXPECT_FALSE(SplitKeyAt(std::string(14, 'x'), &revision).has_value());
  EXPECT_FALSE(DecodeKeyPrefix(std::string("a\0b\0\x01", 5)).has_value());
  EXPECT_FALSE(DecodeKeyPrefix("x").has_value());
}

TEST(KeyCodecTest, Numbers) {
  EXPECT_EQ(DecodeNumber(EncodeNumber(0x0102030405060708)), 0x0102030405060708u);
  EXPECT_FALSE(DecodeNumber("1234567").has_value());
}

}  // namespace
}  // namespace quorate::mvcc
