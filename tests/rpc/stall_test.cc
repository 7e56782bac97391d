// Clients that begin a request and do not go on, or do not take what they asked for, are reset; who is merely slow, or
// has nothing to say, is not.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <thread>

#include "src/rpc/protocol.h"
#include "src/rpc/uptake.h"
#include "tests/base/files_testing.h"
#include "tests/rpc/raw_testing.h"
#include "tests/rpc/rpc_testing.h"

namespace quorate::rpc::testing {
namespace {

constexpr int64_t kEnhanceYourCalm = 11;

std::string Call(uint32_t stream, const std::string& method) {
  return Frame(kHeaders, kEndHeaders, stream, HeaderBlock(GrpcRequest(method)));
}

ServerOptions Impatient() {
  ServerOptions options;
  options.stall_check_interval = std::chrono::milliseconds(20);
  return options;
}

TEST(StallTest, ARequestThatDoesNotComeWholeIsGivenUp) {
  TestServer server(Impatient());
  RawHttp2 client(server.address());
  client.Send(Call(1, "/test.Echo/Say") + Frame(kData, 0, 1, GrpcMessage("whole").substr(0, 7)));
  const ReceivedFrame reset = client.NextOf(kReset);
  EXPECT_EQ(reset.stream, 1u);
  EXPECT_EQ(reset.payload, Number32(kEnhanceYourCalm));
}

// More than are looked at in a row.
TEST(StallTest, EachOfManyRequestsIsGivenUp) {
  TestServer server(Impatient());
  RawHttp2 client(server.address());
  constexpr uint32_t kRequests = 1500;
  std::string calls;
  for (uint32_t i = 0; i < kRequests; ++i) calls += Call(2 * i + 1, "/test.Echo/Say");
  client.Send(calls);
  std::set<uint32_t> reset;
  while (reset.size() < kRequests) {
    const ReceivedFrame frame = client.NextOf(kReset);
    ASSERT_EQ(frame.type, kReset) << reset.size();
    reset.insert(frame.stream);
  }
  EXPECT_EQ(*reset.rbegin(), 2 * kRequests - 1);
}

TEST(StallTest, AMessageOfAStreamThatDoesNotComeWholeIsGivenUp) {
  TestServer server(Impatient());
  RawHttp2 client(server.address());
  client.Send(Call(1, "/test.Echo/Chat") + Frame(kData, 0, 1, GrpcMessage("whole") + GrpcMessage("half").substr(0, 7)));
  EXPECT_EQ(client.NextOf(kData).payload, GrpcMessage("whole"));
  const ReceivedFrame reset = client.NextOf(kReset);
  EXPECT_EQ(reset.stream, 1u);
  EXPECT_EQ(reset.payload, Number32(kEnhanceYourCalm));
}

TEST(StallTest, NorIsOneWaitedForThatComesByTheByte) {
  TestServer server(Impatient());
  RawHttp2 client(server.address());
  client.Send(Call(1, "/test.Echo/Chat") + Frame(kData, 0, 1, GrpcMessage(std::string(1 << 20, 'x')).substr(0, 5)));
  ReceivedFrame frame;
  for (int bytes = 0; bytes < 3000 && frame.type != kReset && frame.type != kEndOfStream; ++bytes) {
    // More than one in each round; the answer to SETTINGS tells that it was read.
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    client.Send(Frame(kData, 0, 1, "x") + Frame(kSettings, 0, 0, ""));
    frame = client.Next();
  }
  EXPECT_EQ(frame.type, kReset);
  EXPECT_EQ(frame.payload, Number32(kEnhanceYourCalm));
}

// Always in the midst of a message, and never of the same for long.
TEST(StallTest, AStreamWhoseMessagesComeWholeMayAlwaysOweTheRestOfTheNext) {
  ServerOptions options;
  options.stall_check_interval = std::chrono::milliseconds(500);
  TestServer server(options);
  RawHttp2 client(server.address());
  const std::string message = GrpcMessage("x");
  client.Send(Call(1, "/test.Echo/Chat") + Frame(kData, 0, 1, message.substr(0, 3)));
  const auto until = std::chrono::steady_clock::now() + 5 * options.stall_check_interval;
  while (std::chrono::steady_clock::now() < until) {
    client.Send(Frame(kData, 0, 1, message.substr(3) + message.substr(0, 3)));
    ASSERT_EQ(client.NextOf(kData).payload, message);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

TEST(StallTest, AnAnswerThatIsNotTakenIsGivenUp) {
  TestServer server(Impatient());
  RawHttp2 client(server.address());
  client.Send(Frame(kSettings, 0, 0, std::string("\0\x04\0\0\0\0", 6)));  // windows of nothing
  client.Send(Call(1, "/test.Echo/Say") + Frame(kData, kEndStream, 1, GrpcMessage("x")));
  const ReceivedFrame reset = client.NextOf(kReset);
  EXPECT_EQ(reset.stream, 1u);
  EXPECT_EQ(reset.payload, Number32(kEnhanceYourCalm));
}

// Takes a byte at a time, as the stream's window or the connection's (0) allows; how many streams are reset, up to
// `count`.
size_t ResetsWhileTakingByTheByte(RawHttp2* client, uint32_t window, size_t count) {
  size_t resets = 0;
  for (int frames = 0; resets < count && frames < 5000; ++frames) {
    const ReceivedFrame frame = client->Next();
    if (frame.type == kEndOfStream) break;
    if (frame.type == kReset && frame.payload == Number32(kEnhanceYourCalm)) ++resets;
    if (frame.type != kData) continue;
    // Far more often than once in a round, and far from fast enough.
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    client->Send(Frame(kWindowUpdate, 0, window, Number32(1)));
  }
  return resets;
}

std::string LargeAnswer(uint32_t stream) {
  const HeaderList headers = {
      {":method", "GET"}, {":scheme", "http"}, {":path", "/large/10000000"}, {":authority", "test"}};
  return Frame(kHeaders, kEndHeaders | kEndStream, stream, HeaderBlock(headers));
}

TEST(StallTest, AnAnswerThatIsTakenByTheByteIsGivenUp) {
  TestServer server(Impatient());
  RawHttp2 client(server.address());
  client.Send(Frame(kSettings, 0, 0, std::string("\0\x04\0\0\0\0", 6)));  // windows of nothing
  client.Send(LargeAnswer(1) + Frame(kWindowUpdate, 0, 1, Number32(1)));
  EXPECT_EQ(ResetsWhileTakingByTheByte(&client, 1, 1), 1u);
}

TEST(StallTest, AnswersOfWhichAConnectionTakesAByteAreGivenUp) {
  TestServer server(Impatient());
  RawHttp2 client(server.address());
  client.Send(Frame(kSettings, 0, 0, std::string("\0\x04\x7f\xff\xff\xff", 6)) + LargeAnswer(1) + LargeAnswer(3));
  EXPECT_EQ(ResetsWhileTakingByTheByte(&client, 0, 2), 2u);
}

// A plain answer of so many bytes, of which a client takes 64 KiB and waits, and so on; how many came, up to so many.
size_t TakenPieceByPiece(size_t answer_bytes, std::chrono::milliseconds stall_check_interval,
                         std::chrono::milliseconds pause, size_t bytes_max) {
  const base::TemporaryDirectory directory;
  ServerOptions options;
  options.stall_check_interval = stall_check_interval;
  // Whose buffers are of one size, whatever is taken.
  TestServer server(options, "unix://" + directory.path() + "/socket");
  RawSocket client(server.address());
  client.Send("GET /large/" + std::to_string(answer_bytes) + " HTTP/1.1\r\nHost: test\r\n\r\n");
  size_t taken = 0;
  while (taken < bytes_max) {
    std::this_thread::sleep_for(pause);
    const size_t piece = client.Receive().size();
    if (piece == 0) break;
    taken += piece;
  }
  return taken;
}

TEST(StallTest, APlainAnswerOfWhichATrickleIsTakenIsGivenUp) {
  constexpr size_t kNever = 10'000'000;
  // 0.6 MB, each time that it has for a hundredth of 150 MB.
  EXPECT_LT(TakenPieceByPiece(150'000'000, std::chrono::milliseconds(50), std::chrono::milliseconds(50), kNever),
            kNever);
}

TEST(StallTest, APlainAnswerThatIsTakenSlowlyComesWhole) {
  constexpr size_t kBytes = 4'000'000;
  EXPECT_GE(TakenPieceByPiece(kBytes, std::chrono::milliseconds(150), std::chrono::milliseconds(60), kBytes), kBytes);
}

TEST(StallTest, AStreamOnWhichNothingHasToHappenIsLeftAlone) {
  TestServer server(Impatient());
  RawHttp2 client(server.address());
  client.Send(Call(1, "/test.Echo/Chat") + Call(3, "/test.Echo/Say"));
  EXPECT_EQ(client.NextOf(kReset).stream, 3u);  // as it never sent its message; the other may talk when it likes
  client.Send(Frame(kData, kEndStream, 1, GrpcMessage("still there")));
  EXPECT_EQ(client.Answer(1)[":status"], "200");
}

// Rounds in a row without enough being taken, at most: of so much, in pieces of that size.
int RoundsWithoutEnough(size_t queued, size_t taken_in_round) {
  Uptake uptake;
  int rounds = 0;
  int longest = 0;
  while (queued > 0) {
    const size_t taken = std::min(queued, taken_in_round);
    uptake.Took(taken);
    queued -= taken;
    rounds = uptake.IsEnough(queued) ? 0 : rounds + 1;
    longest = std::max(longest, rounds);
    if (longest > Protocol::kAnswerRoundsMax) break;
  }
  return longest;
}

TEST(UptakeTest, ASlowLineHasTheTime) {
  constexpr size_t kRound = 10'000 * 30;  // at 10 KB a second
  EXPECT_EQ(RoundsWithoutEnough(1000, kRound), 0);
  EXPECT_EQ(RoundsWithoutEnough(size_t{1} << 20, kRound), 0);
  EXPECT_LE(RoundsWithoutEnough(size_t{256} << 20, kRound), Protocol::kAnswerRoundsMax);
  // Somebody reads the events of a full stream as they come, 60 bytes a second.
  EXPECT_LE(RoundsWithoutEnough(size_t{1} << 20, 60 * 30), Protocol::kAnswerRoundsMax);
}

TEST(UptakeTest, BytesNowAndThenAreNotTaking) {
  EXPECT_GT(RoundsWithoutEnough(size_t{256} << 20, 64 << 10), Protocol::kAnswerRoundsMax);
  EXPECT_GT(RoundsWithoutEnough(100'000, 1), Protocol::kAnswerRoundsMax);
}

TEST(UptakeTest, WhatWasTakenWhileNothingHadToBeIsForgotten) {
  Uptake uptake;
  uptake.Took(1 << 20);
  uptake.BeginAnew();
  uptake.Took(1);
  EXPECT_FALSE(uptake.IsEnough(1 << 20));
  uptake.Took(2 * (1 << 20) / Uptake::kShare);
  EXPECT_TRUE(uptake.IsEnough(1 << 20));
  EXPECT_FALSE(uptake.IsEnough(1)) << "it counts once";
  EXPECT_TRUE(uptake.IsEnough(0));
}

}  // namespace
}  // namespace quorate::rpc::testing
