#include "src/api/metrics_endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "tests/api/http_testing.h"
#include "tests/api/member_testing.h"

namespace quorate::api {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(MetricsEndpointTest, WhoAsksAtTheSameTimeGetsAPage) {
  TestMember member;
  std::vector<std::thread> clients;
  for (int i = 0; i < 16; ++i) {
    clients.emplace_back([&member] {
      for (int page = 0; page < 10; ++page) {
        EXPECT_THAT(HttpGet(member.address(), "/metrics"),
                    AllOf(HasSubstr(" 200 "), HasSubstr("\nquorate_leases "), HasSubstr("\nprocess_open_fds ")));
      }
    });
  }
  for (std::thread& client : clients) client.join();
}

TEST(MetricsEndpointTest, PagesAreMadeNowAndThenAndTellHowThingsStandSinceTheyWereAskedFor) {
  constexpr int kPages = 6;
  TestMember member;
  const auto begun = std::chrono::steady_clock::now();
  for (int puts = 1; puts <= kPages; ++puts) {
    member.Fill(1, 1);
    EXPECT_EQ(Metric(member.address(), "etcd_debugging_mvcc_current_revision"), 1 + puts);
  }
  EXPECT_GE(std::chrono::steady_clock::now() - begun, (kPages - 1) * MetricsEndpoint::kPageInterval);
}

TEST(MetricsEndpointTest, AStoppedMemberHasNone) {
  TestMember member;
  member.services().Stop();
  EXPECT_THAT(HttpGet(member.address(), "/metrics"), AllOf(HasSubstr(" 503 "), HasSubstr("server stopped")));
}

}  // namespace
}  // namespace quorate::api
