// Answers from other threads while the loop falls asleep and wakes: none may be left lying.

#include <gtest/gtest.h>

#include <atomic>
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

constexpr int kClients = 3;
constexpr uint32_t kCallsEach = 1500;

// Calls one after the other, now and then with a pause in which the loop falls asleep; false when an answer is missing.
bool CallOneByOne(const std::string& address, uint32_t seed) {
  std::minstd_rand random(seed);
  RawHttp2 client(address);
  for (uint32_t stream = 1; stream < 2 * kCallsEach; stream += 2) {
    const std::string text = "call " + std::to_string(stream);
    client.Send(Frame(kHeaders, kEndHeaders, stream, HeaderBlock(GrpcRequest("/test.Echo/Hold"))) +
                Frame(kData, kEndStream, stream, GrpcMessage(text)));
    if (client.Answer(stream)[":status"] != "200" || client.Answer(stream)["grpc-status"] != "0") return false;
    for (uint32_t turns = random() % 2000; turns > 0; --turns) std::atomic_signal_fence(std::memory_order_seq_cst);
  }
  return true;
}

// Answers what is held, on a thread that is nobody's loop.
void AnswerUntil(const std::atomic<bool>& over, Observed& observed) {
  while (!over.load()) {
    if (AnswerHeld(observed) == 0) std::this_thread::yield();
  }
}

TEST(StandInTest, EveryAnswerArrivesWhoeverGivesIt) {
  ServerOptions options;
  options.loops = 1;
  TestServer server(options);
  std::atomic<bool> over = false;
  std::vector<std::thread> answerers;
  for (int i = 0; i < 2; ++i) answerers.emplace_back([&] { AnswerUntil(over, server.observed()); });
  std::atomic<int> served = 0;
  std::vector<std::thread> clients;
  for (uint32_t i = 0; i < kClients; ++i) {
    clients.emplace_back([&, i] { served += CallOneByOne(server.address(), i + 1) ? 1 : 0; });
  }
  for (std::thread& client : clients) client.join();
  over = true;
  for (std::thread& answerer : answerers) answerer.join();
  EXPECT_EQ(served, kClients);
}

}  // namespace
}  // namespace quorate::rpc::testing
