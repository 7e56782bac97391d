// Clients that send frames for the sake of frames are cut off with the error that says so. Those that do not go on are
// in stall_test.cc.

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "src/rpc/batch_sizes.h"
#include "src/rpc/credit.h"
#include "src/rpc/frame_guard.h"
#include "src/rpc/hold_offs.h"
#include "src/rpc/token_bucket.h"
#include "tests/rpc/raw_testing.h"
#include "tests/rpc/rpc_testing.h"

namespace quorate::rpc::testing {
namespace {

constexpr int64_t kEnhanceYourCalm = 11;
constexpr char kPing8[] = "12345678";

std::string Call(uint32_t stream, const std::string& method) {
  return Frame(kHeaders, kEndHeaders, stream, HeaderBlock(GrpcRequest(method)));
}

std::string Repeated(const std::string& frame, int count) {
  std::string frames;
  for (int i = 0; i < count; ++i) frames += frame;
  return frames;
}

// Sends it again and again until the far side is gone; the code of its GOAWAY.
int64_t CodeAfterFloodOf(const std::string& frames, std::string* text, const std::string& before = "") {
  TestServer server;
  RawHttp2 client(server.address());
  client.Send(before);
  for (int i = 0; i < 200 && client.Send(frames); ++i) {
  }
  const int64_t code = client.GoawayCode(text);
  RawHttp2 other(server.address());
  other.Send(Call(1, "/test.Echo/Say") + Frame(kData, kEndStream, 1, GrpcMessage("x")));
  EXPECT_EQ(other.Answer(1)[":status"], "200");
  return code;
}

struct Flood {
  const char* name;
  std::string before;
  std::string frame;
};

class FloodTest : public ::testing::TestWithParam<Flood> {};

TEST_P(FloodTest, IsCutOff) {
  std::string text;
  EXPECT_EQ(CodeAfterFloodOf(Repeated(GetParam().frame, 500), &text, GetParam().before), kEnhanceYourCalm);
  EXPECT_EQ(text, "too_many_frames");
}

INSTANTIATE_TEST_SUITE_P(
    Frames, FloodTest,
    ::testing::Values(Flood{"EmptyData", Call(1, "/test.Echo/Wait"), Frame(kData, 0, 1, "")},
                      Flood{"Priority", "", Frame(kPriority, 0, 3, std::string(5, '\0'))},
                      Flood{"TinyData",
                            Call(1, "/test.Echo/Say") +
                                Frame(kData, 0, 1, GrpcMessage(std::string(1 << 20, 'x')).substr(0, 5)),
                            Frame(kData, 0, 1, "x")},
                      Flood{"Settings", "", Frame(kSettings, 0, 0, "")},
                      Flood{"PingAck", "", Frame(kPing, kAck, 0, kPing8)},
                      Flood{"WindowUpdate", Call(1, "/test.Echo/Wait"), Frame(kWindowUpdate, 0, 1, Number32(1))}),
    [](const auto& param) { return std::string(param.param.name); });

// Frames that the library skips, and tells nobody of.
class SkippedFloodTest : public ::testing::TestWithParam<Flood> {};

TEST_P(SkippedFloodTest, IsCutOff) {
  TestServer server;
  RawHttp2 client(server.address());
  client.Send(GetParam().before);
  const std::string frames = Repeated(GetParam().frame, 1000);
  const size_t enough = size_t{200} << 20;
  size_t sent = 0;
  while (sent < enough && client.Send(frames)) sent += frames.size();
  EXPECT_LT(sent, enough);
  EXPECT_EQ(client.GoawayCode(), kEnhanceYourCalm);
}

INSTANTIATE_TEST_SUITE_P(
    Frames, SkippedFloodTest,
    ::testing::Values(Flood{"UnknownType", "", Frame(0xbe, 0, 1, std::string(1000, 'x'))},
                      Flood{"DataOfAStreamThatIsOver", Call(1, "/no/method") + Frame(kReset, 0, 1, Number32(8)),
                            Frame(kData, 0, 1, std::string(1000, 'x'))},
                      Flood{"HeadersOfAStreamThatIsOver", Call(1, "/no/method") + Frame(kReset, 0, 1, Number32(8)),
                            Call(1, "/no/method")}),
    [](const auto& param) { return std::string(param.param.name); });

TEST(FloodOfCallsTest, RapidResetIsCutOff) {
  TestServer server;
  RawHttp2 client(server.address());
  for (uint32_t i = 0; i < 20'000; ++i) {
    const uint32_t stream = 2 * i + 1;
    if (!client.Send(Call(stream, "/test.Echo/Wait") + Frame(kReset, 0, stream, Number32(8)))) break;
  }
  std::string text;
  EXPECT_EQ(client.GoawayCode(&text), kEnhanceYourCalm);
  EXPECT_EQ(text, "too_many_resets");
}

// "Made you reset": each request is broken so that the server resets its stream.
TEST(FloodOfCallsTest, ResetsThatTheServerIsMadeToSendCountToo) {
  TestServer server;
  RawHttp2 client(server.address());
  HeaderList malformed = GrpcRequest("/test.Echo/Wait");
  malformed.emplace_back("UPPER-CASE", "x");
  for (uint32_t i = 0; i < 20'000; ++i) {
    const uint32_t stream = 2 * i + 1;
    if (!client.Send(Frame(kHeaders, kEndHeaders, stream, HeaderBlock(malformed)))) break;
  }
  std::string text;
  EXPECT_EQ(client.GoawayCode(&text), kEnhanceYourCalm);
  EXPECT_EQ(text, "too_many_resets");
}

TEST(ConnectionsTest, MoreThanTheBoundWaitUntilOthersGo) {
  ServerOptions options;
  options.connections_max = 2;
  TestServer server(options);
  RawHttp2 second(server.address());
  second.NextOf(kSettings);
  auto first = std::make_unique<RawHttp2>(server.address());
  first->NextOf(kSettings);
  RawHttp2 third(server.address());
  EXPECT_EQ(server.server().open_connections(), 2u);
  first.reset();
  EXPECT_EQ(third.NextOf(kSettings).type, kSettings);
}

TEST(ConnectionsTest, WhoHasBeenIdleForLongestMakesRoom) {
  ServerOptions options;
  options.loops = 1;
  options.connections_max = 3;
  TestServer server(options);
  RawHttp2 busy(server.address());
  busy.Send(Call(1, "/test.Echo/Chat"));
  ASSERT_TRUE(server.observed().opened.WaitFor(1));
  RawHttp2 idle(server.address());
  idle.Send(Call(1, "/test.Echo/Say") + Frame(kData, kEndStream, 1, GrpcMessage("x")));
  idle.NextOf(kHeaders);
  RawSocket silent(server.address());
  while (server.server().open_connections() < 3) std::this_thread::yield();
  RawHttp2 next(server.address());
  RawHttp2 next_but_one(server.address());
  EXPECT_EQ(idle.GoawayCode(), 0);
  EXPECT_EQ(silent.ReceiveAll(), "");
  EXPECT_EQ(next.NextOf(kSettings).type, kSettings);
  EXPECT_EQ(next_but_one.NextOf(kSettings).type, kSettings);
  busy.Send(Frame(kData, kEndStream, 1, GrpcMessage("still there")));
  EXPECT_EQ(busy.Answer(1)[":status"], "200");
}

TEST(FrameGuardTest, WorkPaysForTheFramesThatComeWithIt) {
  FrameGuard guard;
  for (int i = 0; i < 100'000; ++i) {
    guard.OnWork();
    ASSERT_TRUE(guard.OnIdleFrame(1));
    ASSERT_TRUE(guard.OnIdleFrame(1));
  }
}

TEST(FrameGuardTest, SettingsCountByTheStreamsTheyReach) {
  FrameGuard guard;
  int settings = 0;
  while (settings < 10'000 && guard.OnSettings(1, 50'000)) ++settings;
  EXPECT_EQ(settings, 10);
}

TEST(ReadSizeTest, DearBytesAreTakenFewAtATime) {
  ReadSize size;
  size.Took(16 << 10, 4 * ReadSize::kRead);
  EXPECT_EQ(size.bytes(), size_t{4} << 10);
  size.Took(4 << 10, 20 * ReadSize::kRead);
  EXPECT_EQ(size.bytes(), ReadSize::kBytesMin);
  for (int i = 0; i < 20; ++i) size.Took(size.bytes(), std::chrono::microseconds(10));
  EXPECT_EQ(size.bytes(), ReadSize::kBytesMax);
}

TEST(FlushShareTest, ManyWhoHaveMuchToSendShareATurn) {
  EXPECT_EQ(FlushShare(1).bytes(), FlushShare::kBytes);
  EXPECT_EQ(FlushShare(4).bytes(), FlushShare::kBytes / 4);
  EXPECT_EQ(FlushShare(4).time(), FlushShare::kTime / 4);
  EXPECT_EQ(FlushShare(1000).bytes(), FlushShare::kBytesMin);
  EXPECT_EQ(FlushShare(1000).time(), FlushShare::kTimeMin);
  EXPECT_EQ(FlushShare(0).bytes(), FlushShare::kBytes);
}

TEST(HoldOffsTest, WhoMakesTooMuchWorkIsHeldOffForAWhile) {
  HoldOffs refusals(kRefusals);
  int64_t now_ms = 1;
  int64_t count = 0;
  while (!refusals.Note(now_ms, 1)) ++count;
  EXPECT_NEAR(static_cast<double>(count), kRefusals.burst, 100);
  refusals.HoldOff(7);
  refusals.HoldOff(8);
  for (int i = 0; i < 100'000; ++i) refusals.Note(now_ms, 1);
  const auto is_there = [](uint64_t) { return true; };
  EXPECT_FALSE(refusals.Next(now_ms + 90, is_there).has_value());
  now_ms += 101;  // the debt is bounded
  EXPECT_EQ(refusals.Next(now_ms, is_there), 7u);
  EXPECT_EQ(refusals.Next(now_ms, is_there), 8u);
  EXPECT_FALSE(refusals.anyone_waits());
}

TEST(HoldOffsTest, NobodyWaitsForEverOnAccountOfOthers) {
  HoldOffs refusals(kRefusals);
  while (!refusals.Note(1, 1)) {
  }
  for (uint64_t id = 0; id < 10; ++id) refusals.HoldOff(id);
  const auto is_there = [](uint64_t) { return true; };
  uint64_t released = 0;
  int64_t now_ms = 1;
  for (; refusals.anyone_waits() && now_ms < 1000; ++now_ms) {
    refusals.Note(now_ms, 1000);
    if (refusals.Next(now_ms, is_there) == released) ++released;
  }
  EXPECT_EQ(released, 10u);
  EXPECT_GT(now_ms, 80) << "not as fast as without a debt";
}

TEST(HoldOffsTest, WhoIsGoneHasNoTurn) {
  HoldOffs refusals(kRefusals);
  for (uint64_t id = 0; id < 100'000; ++id) refusals.HoldOff(id);
  const auto is_there = [](uint64_t id) { return id == 99'999; };
  EXPECT_EQ(refusals.Next(1, is_there), 99'999u);
  EXPECT_FALSE(refusals.anyone_waits());
}

TEST(CreditTest, AnswersPayForTheTimeTheyTake) {
  Credit credit;
  for (int i = 0; i < 100'000; ++i) {
    credit.Earn(256);
    ASSERT_EQ(credit.Spend(1, std::chrono::microseconds(20), 1).count(), 0);
  }
}

TEST(CreditTest, WhoIsNewOrGetsNothingDoneHasLittle) {
  Credit credit;
  std::chrono::nanoseconds covered{0};
  for (int64_t now_ms = 1; now_ms <= 1000; ++now_ms) {
    constexpr std::chrono::microseconds kTime{500};
    covered += kTime - credit.Spend(now_ms, kTime, 10);
  }
  EXPECT_NEAR(static_cast<double>(covered.count()), 10e6, 0.2e6);
}

TEST(CreditTest, ManyHaveNoMoreTogetherThanAFew) {
  constexpr int64_t kConnections = 1000;
  std::vector<Credit> credits(kConnections);
  std::chrono::nanoseconds covered{0};
  for (int64_t now_ms = 1; now_ms <= 10'000; now_ms += 100) {
    for (Credit& credit : credits) {
      constexpr std::chrono::microseconds kTime{500};
      covered += kTime - credit.Spend(now_ms, kTime, kConnections);
    }
  }
  // What each has at first, and a tenth of ten seconds.
  EXPECT_NEAR(static_cast<double>(covered.count()), 100e6 + 1000e6, 20e6);
}

TEST(CreditTest, NobodySavesForAFlood) {
  Credit credit;
  for (int i = 0; i < 100'000; ++i) credit.Earn(1 << 20);
  std::chrono::nanoseconds covered{0};
  for (int i = 0; i < 1000; ++i) {
    constexpr std::chrono::microseconds kTime{500};
    covered += kTime - credit.Spend(1, kTime, 1);
  }
  EXPECT_EQ(covered, std::chrono::microseconds(20'100));
}

TEST(CreditTest, WhoHasHadManyAnswersIsGoodForMoreUntilTheyAreSpent) {
  Credit credit;
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(credit.is_good()) << i;
    credit.Earn(0);
  }
  EXPECT_TRUE(credit.is_good());
  credit.Spend(1, std::chrono::milliseconds(1), 1);
  EXPECT_FALSE(credit.is_good());
}

TEST(CreditTest, AFlushIsPaidByWhatGoesOut) {
  using std::chrono::microseconds;
  EXPECT_EQ(Credit::Unpaid(microseconds(9), 0).count(), 0);
  EXPECT_EQ(Credit::Unpaid(microseconds(900), 1 << 20).count(), 0);
  EXPECT_EQ(Credit::Unpaid(microseconds(250), 10'000), microseconds(230));
}

TEST(TokenBucketTest, ComesBackWithTimeUpToTheBurst) {
  TokenBucket bucket(10, 100);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(bucket.Take(5));
  EXPECT_FALSE(bucket.Take(5));
  EXPECT_TRUE(bucket.Take(25));
  EXPECT_TRUE(bucket.Take(25));
  EXPECT_FALSE(bucket.Take(25));
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(bucket.Take(1'000'000));
  EXPECT_FALSE(bucket.Take(1'000'000));
  EXPECT_EQ(bucket.TakeUpTo(1'000'050, 3), 3);
  EXPECT_EQ(bucket.TakeUpTo(1'000'050, 3), 2);
}

TEST(TokenBucketTest, WhoBeginsWithLessGetsTheRestOverTime) {
  TokenBucket bucket(10, 100, 2);
  EXPECT_EQ(bucket.TakeUpTo(1'000'000, 10), 2);
  EXPECT_EQ(bucket.TakeUpTo(1'000'050, 10), 5);
}

}  // namespace
}  // namespace quorate::rpc::testing
