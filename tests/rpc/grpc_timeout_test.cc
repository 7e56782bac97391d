#include "src/rpc/grpc_timeout.h"

#include <gtest/gtest.h>

#include <string>

namespace quorate::rpc {
namespace {

using std::chrono::nanoseconds;

TEST(GrpcTimeoutTest, AllUnits) {
  std::string error;
  EXPECT_EQ(ParseGrpcTimeout("1H", &error), nanoseconds(3600'000'000'000));
  EXPECT_EQ(ParseGrpcTimeout("2M", &error), nanoseconds(120'000'000'000));
  EXPECT_EQ(ParseGrpcTimeout("3S", &error), nanoseconds(3'000'000'000));
  EXPECT_EQ(ParseGrpcTimeout("4m", &error), nanoseconds(4'000'000));
  EXPECT_EQ(ParseGrpcTimeout("5u", &error), nanoseconds(5'000));
  EXPECT_EQ(ParseGrpcTimeout("99999999n", &error), nanoseconds(99'999'999));
  EXPECT_EQ(ParseGrpcTimeout("99999999H", &error), nanoseconds::max());
  EXPECT_EQ(ParseGrpcTimeout("0S", &error), nanoseconds(0));
}

TEST(GrpcTimeoutTest, MalformedOnesAreRefused) {
  std::string error;
  for (const std::string text : {"", "S", "5", "123456789S", "5s", "-5S", "5.0S", "+1S", " 1S"}) {
    EXPECT_FALSE(ParseGrpcTimeout(text, &error).has_value()) << text;
    EXPECT_NE(error, "");
  }
}

}  // namespace
}  // namespace quorate::rpc
