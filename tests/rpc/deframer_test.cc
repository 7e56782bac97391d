#include "src/rpc/deframer.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/rpc/gzip_testing.h"
#include "tests/rpc/raw_testing.h"

namespace quorate::rpc {
namespace {

TEST(DeframerTest, MessagesComeOutHoweverTheBytesWereCut) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 300; ++round) {
    std::vector<std::string> messages;
    std::string bytes;
    for (int i = static_cast<int>(random() % 5); i >= 0; --i) {
      messages.push_back(std::string(random() % 40, static_cast<char>('a' + i)));
      bytes += testing::GrpcMessage(messages.back());
    }
    Deframer deframer;
    deframer.Reset(Encoding::kIdentity, 1000);
    std::vector<std::string> got;
    size_t at = 0;
    while (at < bytes.size()) {
      std::string_view piece = std::string_view(bytes).substr(at, 1 + random() % 30);
      at += piece.size();
      Deframer::Step step;
      while ((step = deframer.Next(&piece)) == Deframer::Step::kMessage) got.emplace_back(deframer.message());
      ASSERT_EQ(step, Deframer::Step::kNeedMore);
      ASSERT_TRUE(piece.empty());
    }
    EXPECT_EQ(got, messages);
    EXPECT_FALSE(deframer.is_partial());
  }
}

TEST(DeframerTest, TheLimitIsExact) {
  Deframer deframer;
  deframer.Reset(Encoding::kIdentity, 10);
  std::string bytes = testing::GrpcMessage("0123456789");
  std::string_view view = bytes;
  EXPECT_EQ(deframer.Next(&view), Deframer::Step::kMessage);
  bytes = testing::GrpcMessage("0123456789x").substr(0, 5);
  view = bytes;
  EXPECT_EQ(deframer.Next(&view), Deframer::Step::kError);
  EXPECT_EQ(deframer.error().code(), absl::StatusCode::kResourceExhausted);
}

// Bytes it holds, of so large a message, once so many have come in pieces of that size.
size_t HeldBytes(size_t message, size_t came, size_t piece) {
  Deframer deframer;
  deframer.Reset(Encoding::kIdentity, message);
  const std::string bytes = testing::GrpcMessage(std::string(message, 'x')).substr(0, came);
  for (size_t at = 0; at < bytes.size(); at += piece) {
    std::string_view view = std::string_view(bytes).substr(at, piece);
    EXPECT_EQ(deframer.Next(&view), Deframer::Step::kNeedMore);
  }
  return deframer.held_bytes();
}

TEST(DeframerTest, RoomIsTakenInProportionToWhatHasCome) {
  constexpr size_t kMessage = 2 << 20;
  EXPECT_EQ(HeldBytes(kMessage, 5, 5), 0u);
  EXPECT_LE(HeldBytes(kMessage, 6, 6), 64u);
  for (const size_t piece : {1, 1000, 16'384}) {
    const size_t came = 100'000;
    const size_t held = HeldBytes(kMessage, came, piece);
    EXPECT_GE(held, came - 5) << piece;
    EXPECT_LE(held, 8 * came) << piece;
    // No more than all of it in the end.
    EXPECT_EQ(HeldBytes(came, came, piece), came) << piece;
  }
}

TEST(DeframerTest, CompressedAndPlainMessagesMayAlternate) {
  Deframer deframer;
  deframer.Reset(Encoding::kGzip, 1000);
  const std::string bytes = testing::GrpcMessage(testing::Gzip("squeezed"), 1) + testing::GrpcMessage("plain") +
                            testing::GrpcMessage(testing::Gzip(""), 1);
  std::string_view view = bytes;
  ASSERT_EQ(deframer.Next(&view), Deframer::Step::kMessage);
  EXPECT_EQ(deframer.message(), "squeezed");
  ASSERT_EQ(deframer.Next(&view), Deframer::Step::kMessage);
  EXPECT_EQ(deframer.message(), "plain");
  ASSERT_EQ(deframer.Next(&view), Deframer::Step::kMessage);
  EXPECT_EQ(deframer.message(), "");
}

}  // namespace
}  // namespace quorate::rpc
