#include "src/rpc/output.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace quorate::rpc {
namespace {

TEST(OutputTest, PartlyWrittenBytesAreNotWrittenAgain) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 200; ++round) {
    Output output;
    std::string expected;
    std::string written;
    for (int i = 0; i < 20; ++i) {
      const std::string text(1 + random() % 9000, static_cast<char>('a' + i));
      expected += text;
      if (random() % 2 == 0) {
        output.Append(text);
      } else {
        const base::Buffer buffer = base::Buffer::Copy(text);
        output.AppendShared(buffer.view(), buffer);
      }
    }
    while (!output.empty()) {
      iovec vectors[4];
      const int count = output.Gather(vectors, 4);
      ASSERT_GT(count, 0);
      std::string offered;
      for (int i = 0; i < count; ++i) offered.append(static_cast<char*>(vectors[i].iov_base), vectors[i].iov_len);
      const size_t accepted = 1 + random() % offered.size();
      written += offered.substr(0, accepted);
      output.Consume(accepted);
      output.Trim();
    }
    ASSERT_EQ(written, expected);
  }
}

TEST(OutputTest, ATurnMayBeShort) {
  Output output;
  output.SetTurn(1000);
  output.Append(std::string(999, 'a'));
  EXPECT_FALSE(output.full());
  output.Append("a");
  EXPECT_TRUE(output.full());
  output.Consume(1);
  EXPECT_FALSE(output.full());
}

// A socket may be a little behind for as long as a connection lives.
TEST(OutputTest, WhatIsWrittenIsForgottenThoughSomethingAlwaysWaits) {
  Output output;
  const base::Buffer buffer = base::Buffer::Copy(std::string(1000, 'b'));
  output.Append(std::string(10, 'a'));
  for (int i = 0; i < 100'000; ++i) {
    output.Append(std::string(1000, 'a'));
    output.AppendShared(buffer.view(), buffer);
    output.Consume(2000);
  }
  EXPECT_EQ(output.pending(), 10u);
  EXPECT_LE(output.memory_bytes(), size_t{1} << 20);
}

}  // namespace
}  // namespace quorate::rpc
