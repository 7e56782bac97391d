#include "src/bench/worker.h"

#include <gtest/gtest.h>

#include "src/bench/nothing_server.h"

namespace quorate::bench {
namespace {

constexpr int64_t kMs = 1'000'000;
constexpr int64_t kSecond = 1000 * kMs;

// What comes of a request a millisecond for a second that ended so long ago, without one having been sent: a server
// that stalls until then.
Figures RunLate(int64_t since_end_ns) {
  NothingServer server;
  EXPECT_TRUE(server.Start().ok());
  std::atomic<uint64_t> live_count = 0;
  Worker worker({}, &live_count);
  EXPECT_TRUE(worker.Connect({*ParseEndpoint(server.url())}, 1, 5).ok());
  const auto scenario = MakeScenario("put", Options(), {.slots = worker.slots()});
  Window window;
  window.end_ns = MonotonicNs() - since_end_ns;
  window.first_ns = window.measure_ns = window.end_ns - kSecond;
  window.interval_ns = kMs;
  worker.Run(window, scenario.get());
  return worker.figures();
}

TEST(Worker, AtAFixedRateSendsWhatWasDueAfterTheWindowToo) {
  const Figures figures = RunLate(kMs);
  EXPECT_EQ(figures.latency_ns.count(), 1000u);
  EXPECT_GT(figures.latency_ns.max(), kSecond);
  EXPECT_EQ(figures.never_sent, 0u);
}

TEST(Worker, TellsWhatWasDueAndNeverSent) {
  const Figures figures = RunLate(60 * kSecond);
  EXPECT_EQ(figures.latency_ns.count(), 0u);
  EXPECT_EQ(figures.never_sent, 1000u);
}

TEST(Worker, WithoutARateNothingIsDueAfterTheWindow) {
  NothingServer server;
  ASSERT_TRUE(server.Start().ok());
  std::atomic<uint64_t> live_count = 0;
  Worker worker({}, &live_count);
  ASSERT_TRUE(worker.Connect({*ParseEndpoint(server.url())}, 1, 5).ok());
  const auto scenario = MakeScenario("put", Options(), {.slots = worker.slots()});
  Window window;
  window.end_ns = MonotonicNs() - kMs;
  worker.Run(window, scenario.get());
  EXPECT_EQ(worker.figures().latency_ns.count(), 0u);
  EXPECT_EQ(worker.figures().never_sent, 0u);
}

}  // namespace
}  // namespace quorate::bench
