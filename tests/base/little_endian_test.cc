#include "quorate/base/little_endian.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace quorate::base {
namespace {

TEST(LittleEndianTest, TheLeastSignificantByteComesFirst) {
  std::string bytes;
  AppendLittleEndian<uint32_t>(&bytes, 0x01020304);
  EXPECT_EQ(bytes, "\4\3\2\1");
  char again[2];
  EXPECT_EQ(PutLittleEndian<uint16_t>(again, 0x0102), again + 2);
  EXPECT_EQ(again[0], 2);
  EXPECT_EQ(ReadLittleEndian<uint32_t>(bytes.data()), 0x01020304u);
}

}  // namespace
}  // namespace quorate::base
