// Who keeps a loop for long at once, and for nothing, pays for all of it before it is read again.

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

#include "src/rpc/credit.h"
#include "src/rpc/hold_offs.h"
#include "src/rpc/work_clock.h"
#include "tests/rpc/raw_testing.h"
#include "tests/rpc/rpc_testing.h"

namespace quorate::rpc::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::steady_clock;

std::string Call(uint32_t stream, const std::string& method) {
  return Frame(kHeaders, kEndHeaders, stream, HeaderBlock(GrpcRequest(method))) +
         Frame(kData, kEndStream, stream, GrpcMessage("x"));
}

TEST(WorkClockTest, WorkCountsAndSleepDoesNot) {
  WorkClock clock;
  const auto began = steady_clock::now();
  clock.Look(began);
  Burn(milliseconds(20));
  const auto worked = steady_clock::now();
  EXPECT_GE(clock.Worked(began, worked), milliseconds(19));  // clocks differ a little
  std::this_thread::sleep_for(milliseconds(20));
  EXPECT_LT(clock.Worked(worked, steady_clock::now()), milliseconds(10));
}

TEST(WorkClockTest, NothingIsCertainWithoutALook) {
  WorkClock clock;
  const auto began = steady_clock::now();
  Burn(milliseconds(5));
  EXPECT_EQ(clock.Worked(began, steady_clock::now()), nanoseconds(0));
}

TEST(WorkClockTest, WhatWasWorkedBeforeIsNotCounted) {
  WorkClock clock;
  clock.Look(steady_clock::now());
  Burn(milliseconds(20));
  const auto began = steady_clock::now();
  std::this_thread::sleep_for(milliseconds(20));
  EXPECT_LT(clock.Worked(began, steady_clock::now()), milliseconds(10));
}

TEST(LongTurnTest, CostsWhatItTookUpToASecond) {
  Credit credit;
  EXPECT_GT(credit.Spend(1, milliseconds(200), 1), milliseconds(199));
  EXPECT_EQ(credit.Spend(1, std::chrono::hours(1), 1), std::chrono::seconds(1));
}

// One that does it again as soon as it may.
TEST(LongTurnTest, TakesASmallPartOfTheTime) {
  HoldOffs long_overdrafts(kLongOverdrafts);
  constexpr int64_t kTurnMs = 200;
  constexpr int64_t kUntilMs = 60'000;
  int64_t worked_ms = 0;
  bool waits = false;
  for (int64_t now_ms = 1; now_ms < kUntilMs;) {
    if (waits) {
      ++now_ms;
      waits = !long_overdrafts.Next(now_ms, [](uint64_t) { return true; }).has_value();
      continue;
    }
    now_ms += kTurnMs;
    worked_ms += kTurnMs;
    waits = long_overdrafts.Note(now_ms, kTurnMs * 1'000'000);
    if (waits) long_overdrafts.HoldOff(7);
  }
  EXPECT_LT(worked_ms, kUntilMs / 8);
  EXPECT_GT(worked_ms, kUntilMs / 20);
}

TEST(LongTurnTest, ThoseWhoTookOneComeBackOneByOne) {
  HoldOffs long_overdrafts(kLongOverdrafts);
  int64_t now_ms = 1;
  for (uint64_t id = 0; id < 10; ++id) {
    ASSERT_TRUE(long_overdrafts.Note(now_ms, 10'000'000));
    long_overdrafts.HoldOff(id);
  }
  const auto is_there = [](uint64_t) { return true; };
  now_ms += 900;
  EXPECT_FALSE(long_overdrafts.Next(now_ms, is_there).has_value()) << "each has 10 ms to pay";
  now_ms += 10'000;
  EXPECT_EQ(long_overdrafts.Next(now_ms, is_there), 0u);
  EXPECT_FALSE(long_overdrafts.Next(now_ms, is_there).has_value());
  now_ms += 10;
  EXPECT_EQ(long_overdrafts.Next(now_ms, is_there), 1u);
}

TEST(LongTurnTest, WorkBesideReadingIsPaidWithTheNextRead) {
  ServerOptions options;
  options.loops = 1;
  TestServer server(options);
  Observed& observed = server.observed();
  RawHttp2 client(server.address());
  client.Send(Frame(kHeaders, kEndHeaders, 1, HeaderBlock(GrpcRequest("/test.Echo/Wait"))));
  ASSERT_TRUE(observed.opened.WaitFor(1));
  {
    std::lock_guard<std::mutex> lock(observed.mutex);
    observed.streams[0].Post([&observed](Stream&) {
      observed.burns.Add();
      Burn(kBurnTime);
    });
  }
  ASSERT_TRUE(observed.burns.WaitFor(1));
  const auto ask = [&client](const char* ping) {
    client.Send(Frame(kPing, 0, 0, ping));
    return client.NextOf(kPing).payload;
  };
  const auto began = steady_clock::now();
  EXPECT_EQ(ask("12345678"), "12345678");  // is read, and pays
  EXPECT_EQ(ask("87654321"), "87654321");
  // Ten times as long, less what cannot be told for certain.
  EXPECT_GT(steady_clock::now() - began, 3 * kBurnTime);
}

TEST(LongTurnTest, IsPaidBeforeTheNextIsReadAndOthersAreServed) {
  ServerOptions options;
  options.loops = 1;
  TestServer server(options);
  Observed& observed = server.observed();
  RawHttp2 client(server.address());
  client.Send(Call(1, "/test.Echo/Burn"));
  ASSERT_TRUE(observed.burns.WaitFor(1));
  client.Send(Call(3, "/test.Echo/Burn"));
  RawHttp2 other(server.address());
  other.Send(Call(1, "/test.Echo/Say"));
  EXPECT_EQ(other.Answer(1)[":status"], "200");
  ASSERT_TRUE(observed.burns.WaitFor(2));
  std::lock_guard<std::mutex> lock(observed.mutex);
  // Ten times as long, less what cannot be told for certain.
  EXPECT_GT(observed.burns_began[1] - observed.burns_began[0], 3 * kBurnTime);
}

}  // namespace
}  // namespace quorate::rpc::testing
