#include "src/server/options.h"

#include <gtest/gtest.h>

#include <limits>

namespace quorate::server {
namespace {

TEST(OptionsTest, TheLargestRequestsAreThoseThatGrpcCanCarry) {
  config::Config config;
  config.max_request_bytes = std::numeric_limits<uint64_t>::max();
  EXPECT_GT(ClientServerOptions(config).receive_message_bytes_max, std::numeric_limits<uint32_t>::max());
  EXPECT_EQ(ServicesOptionsFrom(config).max_request_bytes, std::numeric_limits<uint32_t>::max());
}

}  // namespace
}  // namespace quorate::server
