// A loop whose thread is lent: what it answers there leaves at once, and what comes meanwhile is not left lying.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <latch>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "quorate/rpc/call.h"
#include "tests/rpc/raw_testing.h"
#include "tests/rpc/rpc_testing.h"

namespace quorate::rpc::testing {
namespace {

// Lends the only loop's thread at the end of each tick that left calls held, to work that the test gives. The
// understudy answers them itself.
class LendingServer {
 public:
  explicit LendingServer(std::function<void(Observed& observed)> work) : work_(std::move(work)) {
    ServerOptions options;
    options.loops = 1;
    options.on_tick_end = [this](int loop) {
      if (started_) OnTickEnd(loop);
    };
    server_ = std::make_unique<TestServer>(options);
    started_ = true;
  }

  const std::string& address() const { return server_->address(); }
  int times_lent() const { return times_lent_; }

 private:
  void OnTickEnd(int loop) {
    Observed& observed = server_->observed();
    {
      std::lock_guard<std::mutex> lock(observed.mutex);
      if (observed.calls.empty()) return;
    }
    if (!server_->server().CanLend(loop)) {
      AnswerHeld(observed);
      return;
    }
    ++times_lent_;
    server_->server().Lend(loop, [&] { work_(observed); });
  }

  const std::function<void(Observed&)> work_;
  std::atomic<bool> started_{false};
  std::atomic<int> times_lent_{0};
  std::unique_ptr<TestServer> server_;
};

std::string HoldCall(uint32_t stream) {
  return Frame(kHeaders, kEndHeaders, stream, HeaderBlock(GrpcRequest("/test.Echo/Hold"))) +
         Frame(kData, kEndStream, stream, GrpcMessage("held"));
}

bool IsServed(RawHttp2& client, uint32_t stream) {
  return client.Answer(stream)[":status"] == "200" && client.Answer(stream)["grpc-status"] == "0";
}

TEST(LentLoopTest, AnAnswerLeavesBeforeTheWorkEnds) {
  std::latch heard(1);
  LendingServer server([&heard](Observed& observed) {
    AnswerHeld(observed);
    heard.wait();
  });
  RawHttp2 client(server.address());
  client.Send(HoldCall(1));
  EXPECT_TRUE(IsServed(client, 1));
  heard.count_down();
}

TEST(LentLoopTest, OthersAreServedWhileItIsAwayForLong) {
  std::latch served(1);
  LendingServer server([&served](Observed& observed) {
    served.wait();
    AnswerHeld(observed);
  });
  RawHttp2 slow(server.address());
  slow.Send(HoldCall(1));
  // A connection that is there already, one that comes, and both again.
  const auto other = Dial(server.address());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Call(other, "/test.Echo/Say", "hello").message, "hello");
  EXPECT_EQ(Call(Dial(server.address()), "/test.Echo/Later", "later").message, "later");
  served.count_down();
  EXPECT_TRUE(IsServed(slow, 1));
  EXPECT_EQ(server.times_lent(), 1);
}

TEST(LentLoopTest, EveryAnswerArrivesHoweverLongItIsAway) {
  std::minstd_rand random(1);
  LendingServer server([&random](Observed& observed) {
    AnswerHeld(observed);
    // Shorter and longer than the understudy's patience.
    if (random() % 10 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(random() % 8));
  });
  constexpr int kClients = 3;
  constexpr uint32_t kCallsEach = 400;
  std::atomic<uint32_t> served = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back([&] {
      RawHttp2 client(server.address());
      for (uint32_t stream = 1; stream < 2 * kCallsEach; stream += 2) {
        client.Send(HoldCall(stream));
        served += IsServed(client, stream) ? 1 : 0;
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(served, kClients * kCallsEach);
}

}  // namespace
}  // namespace quorate::rpc::testing
