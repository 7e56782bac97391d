#include "quorate/base/crc32c.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace quorate::base {
namespace {

std::string Ascending(int first, int step, int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) bytes.push_back(static_cast<char>(first + i * step));
  return bytes;
}

TEST(Crc32cTest, AgreesWithTheVectorsOfRfc3720) {
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(Crc32c(std::string(32, '\xff')), 0x62a8ab43u);
  EXPECT_EQ(Crc32c(Ascending(0, 1, 32)), 0x46dd794eu);
  EXPECT_EQ(Crc32c(Ascending(31, -1, 32)), 0x113fdb5cu);
  EXPECT_EQ(Crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(Crc32c(""), 0u);
}

TEST(Crc32cTest, ExtendsOverPartsAsOverTheWhole) {
  const std::string whole = Ascending(3, 7, 200);
  for (size_t cut = 0; cut <= whole.size(); ++cut) {
    EXPECT_EQ(Crc32c(whole.substr(cut), Crc32c(whole.substr(0, cut))), Crc32c(whole)) << cut;
  }
}

TEST(Crc32cTest, InstructionAndTableAgreeAtEveryLengthAndAlignment) {
  std::mt19937_64 random(1);
  std::string bytes(300, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  for (size_t begin = 0; begin < 9; ++begin) {
    for (size_t length = 0; length + begin <= bytes.size(); ++length) {
      const std::string_view part = std::string_view(bytes).substr(begin, length);
      ASSERT_EQ(Crc32c(part, 77), Crc32cPortable(part, 77)) << begin << " " << length;
    }
  }
}

}  // namespace
}  // namespace quorate::base
