#include "src/rpc/percent_encoding.h"

#include <gtest/gtest.h>

#include <string>

namespace quorate::rpc {
namespace {

TEST(PercentEncodingTest, StatusMessages) {
  EXPECT_EQ(EncodeGrpcMessage("etcdserver: mvcc: ok ~"), "etcdserver: mvcc: ok ~");
  EXPECT_EQ(EncodeGrpcMessage("50%\r\n\x7f"), "50%25%0D%0A%7F");
  EXPECT_EQ(EncodeGrpcMessage("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"), "%C3%A4%E2%82%AC%F0%9F%98%80");
  for (const std::string invalid : {"\xff", "\xc3", "\xe2\x82", "\xc0\x80", "\xed\xa0\x80", "\xf5\x80\x80\x80"}) {
    EXPECT_EQ(EncodeGrpcMessage(invalid).substr(0, 9), "%EF%BF%BD") << ::testing::PrintToString(invalid);
  }
}

TEST(PercentEncodingTest, Urls) {
  EXPECT_EQ(DecodeUrl("/a%2fb+c", UrlPart::kPath), "/a/b+c");
  EXPECT_EQ(DecodeUrl("a%20b+c", UrlPart::kQuery), "a b c");
  for (const std::string bad : {"%", "%1", "a%zz", "%%41"}) EXPECT_FALSE(DecodeUrl(bad, UrlPart::kPath).has_value());
}

}  // namespace
}  // namespace quorate::rpc
