#include "src/bench/run.h"

#include <gtest/gtest.h>

#include "src/bench/limits.h"
#include "src/bench/nothing_server.h"
#include "src/bench/pace.h"

namespace quorate::bench {
namespace {

TEST(Run, EveryRequestToAServerThatDoesNothingIsAnsweredAndCounted) {
  NothingServer server;
  ASSERT_TRUE(server.Start().ok());
  Options options;
  options.scenario = "load";
  options.endpoints = {server.url()};
  options.keys = options.requests = 1000;
  options.value_size = 40'000;
  options.warm_up = {};
  options.connections = 6;
  options.in_flight = 7;
  options.threads = 2;
  const auto result = bench::Run(options);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->load.figures.latency_ns.count(), 1000u);
  EXPECT_EQ(result->load.figures.ErrorCount(), 0u);
}

TEST(Run, FailsWhereNobodyListens) {
  std::string url;
  {
    NothingServer server;
    ASSERT_TRUE(server.Start().ok());
    url = server.url();
  }
  Options options;
  options.scenario = "put";
  options.endpoints = {url};
  EXPECT_FALSE(bench::Run(options).ok());
}

TEST(Limits, AllThreeAreMeasured) {
  Options options;
  options.directory = testing::TempDir();
  options.duration = std::chrono::milliseconds(150);
  const auto limits = MeasureLimits(options);
  ASSERT_TRUE(limits.ok());
  EXPECT_GT(limits->round_trip_ns.count(), 0u);
  EXPECT_GT(limits->fdatasync_ns.count(), 0u);
  EXPECT_GT(limits->nothing_requests_per_s, 0);
}

TEST(Pace, WritersWaitUntilTheyAreHeard) {
  Pace pace(2);
  EXPECT_TRUE(pace.TryStart());
  EXPECT_TRUE(pace.TryStart());
  EXPECT_FALSE(pace.TryStart());
  pace.SetHeard(1);
  EXPECT_TRUE(pace.TryStart());
  EXPECT_FALSE(pace.TryStart());
  EXPECT_EQ(pace.started(), 3u);
}

}  // namespace
}  // namespace quorate::bench
