// How long one client's turn of a loop may be: others on the same loop are served in between, whatever it sends. What
// takes long is a handler that burns time; what was done when another client has its answer is counted, not timed.

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "quorate/rpc/call.h"
#include "src/rpc/protocol.h"
#include "tests/base/files_testing.h"
#include "tests/rpc/raw_testing.h"
#include "tests/rpc/rpc_testing.h"

namespace quorate::rpc::testing {
namespace {

std::string Call(uint32_t stream, const std::string& method, const std::string& message = "x") {
  return Frame(kHeaders, kEndHeaders, stream, HeaderBlock(GrpcRequest(method))) +
         Frame(kData, kEndStream, stream, GrpcMessage(message));
}

std::string OpenCall(uint32_t stream, const std::string& method) {
  return Frame(kHeaders, kEndHeaders, stream, HeaderBlock(GrpcRequest(method)));
}

ServerOptions OneLoop() {
  ServerOptions options;
  options.loops = 1;
  return options;
}

bool IsServed(RawHttp2& client, uint32_t stream) { return client.Answer(stream)[":status"] == "200"; }

// What is sent until this returns, and shortly after, waits in the sockets together.
void KeepLoopBusy(RawHttp2& client, uint32_t stream, Observed& observed) {
  const int before = observed.burns.value();
  client.Send(Call(stream, "/test.Echo/Burn"));
  ASSERT_TRUE(observed.burns.WaitFor(before + 1));
}

// So many answers that the loop takes it for a client that gets something done.
void EarnCredit(RawHttp2& client) {
  client.Send(Call(1, "/test.Echo/List", "1000"));
  ASSERT_TRUE(IsServed(client, 1));
  ASSERT_EQ(client.Answer(1)["grpc-status"], "0");
}
constexpr uint32_t kNextStream = 3;

TEST(TurnTest, WhoHasEarnedItDoesNotWaitForManyWhoHaveNot) {
  TestServer server(OneLoop());
  RawHttp2 known(server.address());
  EarnCredit(known);
  RawHttp2 first(server.address());
  std::vector<std::unique_ptr<RawHttp2>> unknown;
  for (int i = 0; i < 20; ++i) unknown.push_back(std::make_unique<RawHttp2>(server.address()));
  for (const auto& each : unknown) ASSERT_EQ(each->NextOf(kSettings).type, kSettings);
  KeepLoopBusy(first, 1, server.observed());
  for (const auto& each : unknown) each->Send(Call(1, "/test.Echo/Burn"));
  known.Send(Call(kNextStream, "/test.Echo/Say"));
  EXPECT_TRUE(IsServed(known, kNextStream));
  EXPECT_LT(server.observed().burns.value(), 10);
}

TEST(TurnTest, WhoIsPostponedIsServedInTheEnd) {
  TestServer server(OneLoop());
  RawHttp2 first(server.address());
  std::vector<std::unique_ptr<RawHttp2>> unknown;
  for (int i = 0; i < 6; ++i) unknown.push_back(std::make_unique<RawHttp2>(server.address()));
  for (const auto& each : unknown) ASSERT_EQ(each->NextOf(kSettings).type, kSettings);
  KeepLoopBusy(first, 1, server.observed());
  for (const auto& each : unknown) each->Send(Call(1, "/test.Echo/Burn"));
  unknown[2].reset();  // though it is gone when its turn comes
  // Others come when they like, and are served as well.
  RawHttp2 late(server.address());
  late.Send(Call(1, "/test.Echo/Say"));
  EXPECT_TRUE(IsServed(late, 1));
  unknown.erase(unknown.begin() + 2);
  for (const auto& each : unknown) EXPECT_TRUE(IsServed(*each, 1));
}

// Whoever ran the loop meanwhile would bury connections whose events are still to be looked at.
TEST(TurnTest, TheThreadIsNotLentInTheMidstOfATick) {
  std::atomic<int> slices = 0;
  std::atomic<bool> could_lend_at_end = false;
  std::atomic<Server*> running = nullptr;
  ServerOptions options = OneLoop();
  options.on_tick_end = [&](int loop) {
    if (running == nullptr) return;
    const bool can_lend = running.load()->CanLend(loop);
    if (!can_lend) ++slices;
    could_lend_at_end = can_lend;
  };
  TestServer server(options);
  RawHttp2 first(server.address());
  RawHttp2 second(server.address());
  RawHttp2 third(server.address());
  for (RawHttp2* each : {&first, &second, &third}) EarnCredit(*each);
  running = &server.server();
  KeepLoopBusy(first, kNextStream, server.observed());
  second.Send(Call(kNextStream, "/test.Echo/Burn"));
  third.Send(Call(kNextStream, "/test.Echo/Burn"));
  ASSERT_TRUE(IsServed(second, kNextStream));
  ASSERT_TRUE(IsServed(third, kNextStream));
  EXPECT_GE(slices, 1);
  EXPECT_TRUE(could_lend_at_end);
}

TEST(TurnTest, BytesThatCostNothingDoNotBuyManyThatCostMuch) {
  TestServer server(OneLoop());
  RawHttp2 hostile(server.address());
  RawHttp2 other(server.address());
  other.Send(Call(1, "/test.Echo/Say"));
  ASSERT_TRUE(IsServed(other, 1));
  for (int i = 0; i < 64; ++i) hostile.Send(Frame(0xbe, 0, 0, std::string(16'000, 'x')));
  hostile.Send(Frame(kPing, 0, 0, "12345678"));
  ASSERT_EQ(hostile.NextOf(kPing).type, kPing);

  RawHttp2 first(server.address());
  KeepLoopBusy(first, 1, server.observed());
  std::string dear;
  for (uint32_t i = 0; i < 20; ++i) dear += Call(2 * i + 1, "/test.Echo/Burn", std::string(4000, 'x'));
  hostile.Send(dear);
  other.Send(Call(3, "/test.Echo/Say"));
  EXPECT_TRUE(IsServed(other, 3));
  EXPECT_LT(server.observed().burns.value(), 10);
}

// A stream with an answer that waits for its window, and messages behind it that wait for the answer.
TEST(TurnTest, MessagesThatWaitedForRoomAreNotWorkedOffInOneTurn) {
  TestServer server(OneLoop());
  Counter& toils = server.observed().toils;
  constexpr int kMessages = 100;
  RawHttp2 hostile(server.address());
  RawHttp2 other(server.address());
  ASSERT_EQ(other.NextOf(kSettings).type, kSettings);
  std::string expected = GrpcMessage(std::string(kToilBytes, 't'));
  hostile.Send(OpenCall(1, "/test.Echo/Toil") + Frame(kData, 0, 1, GrpcMessage("first")));
  for (int i = 0; i < kMessages; ++i) {
    const std::string message = GrpcMessage(std::to_string(i));
    expected += message;
    hostile.Send(Frame(kData, 0, 1, message));
  }
  EXPECT_EQ(toils.value(), 0);
  hostile.Send(Frame(kWindowUpdate, 0, 0, Number32(1 << 30)) + Frame(kWindowUpdate, 0, 1, Number32(1 << 30)));
  std::string got;
  while (toils.value() == 0) {
    const ReceivedFrame frame = hostile.NextOf(kData);
    ASSERT_EQ(frame.type, kData);
    got += frame.payload;
  }
  other.Send(Call(1, "/test.Echo/Say"));
  EXPECT_TRUE(IsServed(other, 1));
  EXPECT_LT(toils.value(), kMessages / 2);
  hostile.Send(Frame(kData, kEndStream, 1, ""));
  while (got.size() < expected.size()) {
    const ReceivedFrame frame = hostile.NextOf(kData);
    ASSERT_EQ(frame.type, kData) << got.size();
    got += frame.payload;
  }
  EXPECT_EQ(got, expected);
  EXPECT_EQ(hostile.Answer(1)["grpc-status"], "0");
}

// Each time that its socket takes something, though it is full again at once.
TEST(TurnTest, WhoTakesItsAnswersIsReadMeanwhile) {
  const base::TemporaryDirectory directory;
  // Whose buffers are of one size, and less than is written in a turn.
  TestServer server(OneLoop(), "unix://" + directory.path() + "/socket");
  Observed& observed = server.observed();
  RawHttp2 client(server.address());
  RawHttp2 other(server.address());
  EarnCredit(client);
  const int opened = observed.opened.value();
  // Few enough to be read in a step, and far more than may wait behind a socket.
  constexpr int kAnswers = 12;
  static_assert(kAnswers * Stream::kHighWaterBytes > 2 * Protocol::kBacklogBytesMax);
  std::string calls =
      Frame(kSettings, 0, 0, std::string("\0\x04\x7f\xff\xff\xff", 6)) + Frame(kWindowUpdate, 0, 0, Number32(1 << 30));
  for (uint32_t i = 0; i < kAnswers; ++i) calls += Call(kNextStream + 2 * i, "/test.Echo/Flood");
  client.Send(calls);
  ASSERT_TRUE(observed.opened.WaitFor(opened + kAnswers));
  // The loop has written what the socket takes.
  other.Send(Call(1, "/test.Echo/Say"));
  ASSERT_TRUE(IsServed(other, 1));
  client.Send(Frame(kPing, 0, 0, "12345678"));
  size_t taken = 0;
  for (ReceivedFrame frame = client.Next(); frame.type != kPing; frame = client.Next()) {
    ASSERT_NE(frame.type, kEndOfStream);
    if (frame.type == kData) taken += frame.payload.size();
  }
  EXPECT_LT(taken, Protocol::kBacklogBytesMax);
}

// As when all of them watch the same key.
TEST(TurnTest, WhatManyConnectionsAreSentAtOnceIsNotOneTurn) {
  TestServer server(OneLoop());
  Observed& observed = server.observed();
  constexpr int kClients = 40;
  std::vector<std::unique_ptr<RawHttp2>> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.push_back(std::make_unique<RawHttp2>(server.address()));
    clients.back()->Send(OpenCall(1, "/test.Echo/Toil"));
  }
  ASSERT_TRUE(observed.opened.WaitFor(kClients));
  std::vector<StreamRef> streams;
  {
    std::lock_guard<std::mutex> lock(observed.mutex);
    streams = observed.streams;
  }
  RawHttp2 other(server.address());
  ASSERT_EQ(other.NextOf(kSettings).type, kSettings);
  // All of it is there before the loop goes on.
  streams.front().Post([&](Stream&) {
    for (const StreamRef& stream : streams) {
      stream.Post([](Stream& each) {
        // Messages of nothing, which weigh more than they are long: they are sent at once, and each flush takes
        // kToilTime.
        while (each.Write(base::Payload())) {
        }
      });
    }
    other.Send(Call(1, "/test.Echo/Hold"));
  });
  ASSERT_TRUE(observed.held.WaitFor(1));
  EXPECT_LT(observed.writable_when_held, kClients / 2);
  EXPECT_TRUE(observed.writable.WaitFor(kClients));
}

TEST(TurnTest, TheEndOfAConnectionOfManyCallsIsNotOneTurn) {
  TestServer server(OneLoop());
  Observed& observed = server.observed();
  constexpr int kCalls = 200;
  auto large = std::make_unique<RawHttp2>(server.address());
  for (uint32_t i = 0; i < kCalls; ++i) large->Send(OpenCall(2 * i + 1, "/test.Echo/Toil"));
  ASSERT_TRUE(observed.opened.WaitFor(kCalls));
  RawHttp2 other(server.address());
  ASSERT_EQ(other.NextOf(kSettings).type, kSettings);
  large.reset();
  ASSERT_TRUE(observed.closed.WaitFor(1));
  other.Send(Call(1, "/test.Echo/Say"));
  EXPECT_TRUE(IsServed(other, 1));
  EXPECT_LT(observed.closed.value(), kCalls);
  EXPECT_TRUE(observed.closed.WaitFor(kCalls));
}

TEST(TurnTest, CallsOfAConnectionThatIsComingToItsEndMayStillBeUsed) {
  Counter written;  // outlives what is posted
  TestServer server(OneLoop());
  Observed& observed = server.observed();
  constexpr int kCalls = 200;
  auto large = std::make_unique<RawHttp2>(server.address());
  for (uint32_t i = 0; i < kCalls; ++i) large->Send(OpenCall(2 * i + 1, "/test.Echo/Toil"));
  large->Send(Call(2 * kCalls + 1, "/test.Echo/Hold"));
  ASSERT_TRUE(observed.held.WaitFor(1));
  std::vector<StreamRef> streams;
  {
    std::lock_guard<std::mutex> lock(observed.mutex);
    streams = observed.streams;
  }
  large.reset();
  ASSERT_TRUE(observed.closed.WaitFor(1));
  EXPECT_EQ(AnswerHeld(observed), 1u);
  for (const StreamRef& stream : streams) stream.Post([&](Stream&) { written.Add(); });
  // The server ends in the midst of it.
}

}  // namespace
}  // namespace quorate::rpc::testing
