#include "src/bench/options.h"

#include <gtest/gtest.h>

#include <vector>

#include "src/bench/endpoint.h"

namespace quorate::bench {
namespace {

ParsedOptions Parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "quorate-bench");
  return ParseOptions(static_cast<int>(arguments.size()), arguments.data());
}

TEST(Options, DefaultsAreOneClientOnTheUsualPort) {
  const ParsedOptions parsed = Parse({"put"});
  ASSERT_TRUE(parsed.run);
  EXPECT_EQ(parsed.options.scenario, "put");
  EXPECT_EQ(parsed.options.endpoints, std::vector<std::string>{"http://127.0.0.1:2379"});
  EXPECT_EQ(parsed.options.connections * parsed.options.in_flight, 1);
}

TEST(Options, FlagsAreRead) {
  const ParsedOptions parsed = Parse({"mixed", "-c", "50", "--in-flight=20", "--rate", "2000", "--duration", "0.5",
                                      "--endpoints", "http://a:1,unix:///b", "--read-share", "0.25", "--no-preload"});
  ASSERT_TRUE(parsed.run);
  EXPECT_EQ(parsed.options.connections, 50);
  EXPECT_EQ(parsed.options.in_flight, 20);
  EXPECT_EQ(parsed.options.rate, 2000);
  EXPECT_EQ(parsed.options.duration, std::chrono::milliseconds(500));
  EXPECT_EQ(parsed.options.endpoints, (std::vector<std::string>{"http://a:1", "unix:///b"}));
  EXPECT_EQ(parsed.options.read_share, 0.25);
  EXPECT_FALSE(parsed.options.preload);
}

TEST(Options, NoMoreThreadsThanConnections) {
  EXPECT_EQ(Parse({"put", "--threads", "8", "--connections", "3"}).options.threads, 3);
}

TEST(Options, AFiniteScenarioIsCountedFromItsFirstRequest) {
  const ParsedOptions parsed = Parse({"load", "--keys", "700", "--warm-up", "3"});
  EXPECT_EQ(parsed.options.requests, 700u);
  EXPECT_EQ(parsed.options.warm_up.count(), 0);
}

TEST(Options, OnlyAWatchedValueHasToHoldAMoment) {
  EXPECT_TRUE(Parse({"watch", "--value-size", "8"}).run);
  EXPECT_TRUE(Parse({"watch", "--watchers", "0", "--value-size", "7"}).run);
  EXPECT_TRUE(Parse({"put", "--value-size", "7"}).run);
}

TEST(Options, WhatNeedsNoLoadIsNamedLikeAScenario) {
  EXPECT_TRUE(Parse({"limits", "--dir", "/tmp"}).run);
  EXPECT_EQ(Parse({"first-get", "--since", "5"}).options.since_ns, 5);
}

TEST(Options, WrongCommandLinesExitWithTwo) {
  testing::internal::CaptureStderr();
  testing::internal::CaptureStdout();
  for (const std::vector<const char*>& arguments :
       std::vector<std::vector<const char*>>{{},
                                             {"juggle"},
                                             {"put", "--nonsense"},
                                             {"put", "--connections", "0"},
                                             {"put", "--read-share", "2"},
                                             {"watch", "--value-size", "7"}}) {
    const ParsedOptions parsed = Parse(arguments);
    EXPECT_FALSE(parsed.run);
    EXPECT_EQ(parsed.exit_code, 2);
  }
  EXPECT_NE(testing::internal::GetCapturedStderr().find("juggle"), std::string::npos);
  testing::internal::GetCapturedStdout();
}

TEST(Endpoint, TakesHostAndPortOrASocketPath) {
  EXPECT_EQ(ParseEndpoint("http://127.0.0.1:2379")->port, "2379");
  EXPECT_EQ(ParseEndpoint("localhost:80")->host, "localhost");
  EXPECT_EQ(ParseEndpoint("http://[::1]:2379/")->host, "::1");
  EXPECT_EQ(ParseEndpoint("unix:///run/q.sock")->path, "/run/q.sock");
  EXPECT_EQ(ParseEndpoint("unix:q.sock")->path, "q.sock");
}

TEST(Endpoint, RefusesWhatItCannotReach) {
  for (const char* url : {"", "http://", "http://host", "https://host:1", "unix://", ":1", "host:"}) {
    EXPECT_FALSE(ParseEndpoint(url).ok()) << url;
  }
}

}  // namespace
}  // namespace quorate::bench
