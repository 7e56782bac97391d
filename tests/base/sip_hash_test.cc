#include "quorate/base/sip_hash.h"

#include <gtest/gtest.h>

#include <string>

namespace quorate::base {
namespace {

// The reference implementation's: key and message are the bytes 0, 1, 2, …
TEST(SipHashTest, IsThatOfThePaper) {
  const SipKey key{0x0706050403020100, 0x0f0e0d0c0b0a0908};
  std::string message;
  for (int i = 0; i < 63; ++i) message.push_back(static_cast<char>(i));
  const auto hash = [&](size_t length) { return SipHash13(key, std::string_view(message).substr(0, length)); };
  EXPECT_EQ(hash(0), 0xabac0158050fc4dc);
  EXPECT_EQ(hash(1), 0xc9f49bf37d57ca93);
  EXPECT_EQ(hash(7), 0xd3927d989bb11140);
  EXPECT_EQ(hash(8), 0x369095118d299a8e);
  EXPECT_EQ(hash(15), 0xd320d86d2a519956);
  EXPECT_EQ(hash(16), 0xcc4fdd1a7d908b66);
  EXPECT_EQ(hash(63), 0x9d199062b7bbb3a8);
}

TEST(SipHashTest, DependsOnTheKey) {
  EXPECT_NE(SipHash13({1, 2}, "message"), SipHash13({1, 3}, "message"));
  EXPECT_NE(SipHash13({1, 2}, "message"), SipHash13({2, 2}, "message"));
  EXPECT_EQ(SipKey::OfProcess().first, SipKey::OfProcess().first);
}

}  // namespace
}  // namespace quorate::base
