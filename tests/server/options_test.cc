#include "src/server/options.h"

#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <utility>

namespace quorate::server {
namespace {

TEST(OptionsTest, TheLargestRequestsAreThoseThatGrpcCanCarry) {
  config::Config config;
  config.max_request_bytes = std::numeric_limits<uint64_t>::max();
  EXPECT_GT(ClientServerOptions(config).receive_message_bytes_max, std::numeric_limits<uint32_t>::max());
  EXPECT_EQ(ServicesOptionsFrom(config).max_request_bytes, std::numeric_limits<uint32_t>::max());
}

TEST(OptionsTest, WithoutBothOfItsTimesTheKeepaliveHasGrpcGosDefaults) {
  using std::chrono::milliseconds;
  const auto times = [](milliseconds interval, milliseconds timeout) {
    config::Config config;
    config.grpc_keepalive_interval = interval;
    config.grpc_keepalive_timeout = timeout;
    const rpc::ServerOptions options = ClientServerOptions(config);
    return std::pair(options.keepalive_interval, options.keepalive_timeout);
  };
  const std::pair<milliseconds, milliseconds> defaults(std::chrono::hours(2), std::chrono::seconds(20));
  EXPECT_EQ(times(milliseconds(1000), milliseconds(0)), defaults);
  EXPECT_EQ(times(milliseconds(0), milliseconds(500)), defaults);
  EXPECT_EQ(times(milliseconds(1000), milliseconds(500)), std::pair(milliseconds(1000), milliseconds(500)));
}

TEST(OptionsTest, WithoutATimePingsMayComeAsOftenAsGrpcGoLetsThem) {
  using std::chrono::milliseconds;
  config::Config config;
  config.grpc_keepalive_min_time = milliseconds(0);
  EXPECT_EQ(ClientServerOptions(config).keepalive_time_min, std::chrono::minutes(5));
  config.grpc_keepalive_min_time = milliseconds(1);
  EXPECT_EQ(ClientServerOptions(config).keepalive_time_min, milliseconds(1));
}

}  // namespace
}  // namespace quorate::server
