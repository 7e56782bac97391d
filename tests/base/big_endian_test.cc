#include "quorate/base/big_endian.h"

#include <gtest/gtest.h>

#include <limits>

namespace quorate::base {
namespace {

TEST(BigEndianTest, TheMostSignificantByteComesFirst) {
  EXPECT_EQ(BigEndian(uint64_t{0x0102030405060708}), "\x01\x02\x03\x04\x05\x06\x07\x08");
  std::string bytes = "before";
  AppendBigEndian(&bytes, uint32_t{0xfffefdfc});
  EXPECT_EQ(bytes, "before\xff\xfe\xfd\xfc");
}

TEST(BigEndianTest, NumbersAreReadBack) {
  for (const uint64_t number : {uint64_t{0}, uint64_t{0x80}, uint64_t{1} << 63, std::numeric_limits<uint64_t>::max()}) {
    EXPECT_EQ(ReadBigEndian<uint64_t>(BigEndian(number).data()), number);
  }
  EXPECT_EQ(ReadBigEndian<uint32_t>(BigEndian(uint32_t{0x80ff0001}).data()), 0x80ff0001u);
}

TEST(BigEndianTest, BytesSortAsTheNumbersDo) {
  EXPECT_LT(BigEndian(uint64_t{0xff}), BigEndian(uint64_t{0x100}));
  EXPECT_LT(BigEndian(uint64_t{0x7fffffffffffffff}), BigEndian(uint64_t{0x8000000000000000}));
}

}  // namespace
}  // namespace quorate::base
