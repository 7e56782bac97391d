#include "src/rpc/inflate.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/rpc/gzip_testing.h"

namespace quorate::rpc {
namespace {

TEST(InflateTest, TheLimitIsExact) {
  std::string out;
  for (const size_t size : {0, 1, 1000, 16384, 16385, 100000}) {
    const std::string text(size, 't');
    ASSERT_TRUE(Inflate(Encoding::kGzip, testing::Gzip(text), size, &out).ok()) << size;
    EXPECT_EQ(out, text);
    ASSERT_TRUE(Inflate(Encoding::kDeflate, testing::Gzip(text, 15), size, &out).ok()) << size;
    EXPECT_EQ(out, text);
    if (size == 0) continue;
    EXPECT_EQ(Inflate(Encoding::kGzip, testing::Gzip(text), size - 1, &out).code(),
              absl::StatusCode::kResourceExhausted);
  }
}

TEST(InflateTest, DamageIsNoticedAtEveryLength) {
  const std::string whole = testing::Gzip("some text, some more text, some text");
  std::string out;
  for (size_t length = 0; length < whole.size(); ++length) {
    EXPECT_EQ(Inflate(Encoding::kGzip, std::string_view(whole).substr(0, length), 1000, &out).code(),
              absl::StatusCode::kInternal)
        << length;
  }
  EXPECT_TRUE(Inflate(Encoding::kGzip, whole + whole, 1000, &out).ok());
  EXPECT_EQ(out.size(), 72u);
}

}  // namespace
}  // namespace quorate::rpc
