// What a client can make the server hold is bounded, and what is beyond is refused while others are served.

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "tests/base/eventually_testing.h"
#include "tests/rpc/raw_testing.h"
#include "tests/rpc/rpc_testing.h"

namespace quorate::rpc::testing {
namespace {

constexpr char kResourceExhausted[] = "8";

std::string Call(uint32_t stream, const std::string& method) {
  return Frame(kHeaders, kEndHeaders, stream, HeaderBlock(GrpcRequest(method)));
}

HeaderList PlainRequest(const std::string& method, const std::string& path) {
  return {{":method", method}, {":scheme", "http"}, {":path", path}, {":authority", "test"}};
}

const std::string kWindowShut = Frame(kSettings, 0, 0, std::string("\0\x04\0\0\0\0", 6));

// A message of 100,000 bytes without its end.
std::string Unfinished(uint32_t stream) {
  const std::string message = GrpcMessage(std::string(100'000, 'x'));
  std::string frames;
  for (size_t at = 0; at < 90'000; at += 15'000) frames += Frame(kData, 0, stream, message.substr(at, 15'000));
  return frames;
}

// One loop, so that what one connection does is seen by the next at once.
ServerOptions OneLoop() {
  ServerOptions options;
  options.loops = 1;
  return options;
}

void ExpectServed(const std::string& address) {
  RawHttp2 client(address);
  client.Send(Call(1, "/test.Echo/Say") + Frame(kData, kEndStream, 1, GrpcMessage("x")));
  EXPECT_EQ(client.Answer(1)[":status"], "200");
  EXPECT_EQ(client.Answer(1)["grpc-status"], "0");
}

TEST(LoadTest, HalfAMessageBeyondTheBoundIsRefusedAndLetGoOf) {
  ServerOptions options = OneLoop();
  options.connection_received_bytes_max = 250'000;
  TestServer server(options);
  RawHttp2 client(server.address());
  for (uint32_t stream = 1; stream <= 5; stream += 2) client.Send(Call(stream, "/test.Echo/Say") + Unfinished(stream));
  const auto refused = client.Answer(5);
  EXPECT_EQ(refused.at("grpc-status"), kResourceExhausted);
  EXPECT_EQ(refused.at("grpc-message"), "etcdserver: too many requests");
  // The two before are within the bound, and are answered once they are whole.
  client.Send(Frame(kData, kEndStream, 1, std::string(10'005, 'x')));
  EXPECT_EQ(client.Answer(1)[":status"], "200");
  ExpectServed(server.address());
}

TEST(LoadTest, TheProcessHasABoundOverAllConnections) {
  ServerOptions options = OneLoop();
  options.received_bytes_max = 250'000;
  TestServer server(options);
  RawHttp2 first(server.address());
  first.Send(Call(1, "/test.Echo/Say") + Unfinished(1) + Call(3, "/test.Echo/Say") + Unfinished(3) +
             Frame(kPing, 0, 0, "12345678"));
  first.NextOf(kPing);
  // A second one that wants to hold much is refused, and not one that is content with little.
  RawHttp2 second(server.address());
  second.Send(Call(1, "/test.Echo/Say") + Unfinished(1));
  EXPECT_EQ(second.Answer(1)["grpc-status"], kResourceExhausted);
  ExpectServed(server.address());
  // Gone with the calls.
  first.Send(Frame(kReset, 0, 1, Number32(8)) + Frame(kReset, 0, 3, Number32(8)) + Frame(kPing, 0, 0, "12345678"));
  first.NextOf(kPing);
  second.Send(Call(3, "/test.Echo/Say") + Unfinished(3) + Frame(kData, kEndStream, 3, std::string(10'005, 'x')));
  EXPECT_EQ(second.Answer(3)["grpc-status"], "");
}

TEST(LoadTest, CallsBeyondTheBoundAreRefused) {
  ServerOptions options = OneLoop();
  options.open_calls_max = 200;
  TestServer server(options);
  RawHttp2 client(server.address());
  for (uint32_t i = 0; i < 202; ++i) client.Send(Call(2 * i + 1, "/test.Echo/Wait"));
  client.Send(Frame(kPing, 0, 0, "12345678"));
  client.NextOf(kPing);
  client.Send(Call(1001, "/test.Echo/Wait"));
  EXPECT_EQ(client.Answer(1001)["grpc-status"], kResourceExhausted);
  ExpectServed(server.address());
}

TEST(LoadTest, PlainRequestsCountAsCalls) {
  ServerOptions options = OneLoop();
  options.open_calls_max = 200;
  TestServer server(options);
  RawHttp2 client(server.address());
  const std::string begun = HeaderBlock(PlainRequest("POST", "/echo/"));
  for (uint32_t i = 0; i < 202; ++i) client.Send(Frame(kHeaders, kEndHeaders, 2 * i + 1, begun));
  client.Send(Frame(kPing, 0, 0, "12345678"));
  client.NextOf(kPing);
  client.Send(Frame(kHeaders, kEndHeaders | kEndStream, 1001, HeaderBlock(PlainRequest("GET", "/health"))));
  EXPECT_EQ(client.Answer(1001)[":status"], "503");
  ExpectServed(server.address());
}

TEST(LoadTest, HeadersOfPlainRequestsAreCounted) {
  ServerOptions options = OneLoop();
  options.connection_received_bytes_max = 50'000;
  TestServer server(options);
  RawHttp2 client(server.address());
  HeaderList headers = PlainRequest("POST", "/echo/");
  headers.emplace_back("x", std::string(10'000, 'x'));
  for (uint32_t i = 0; i < 6; ++i) client.Send(Frame(kHeaders, kEndHeaders, 2 * i + 1, HeaderBlock(headers)));
  client.Send(Frame(kHeaders, kEndHeaders | kEndStream, 101, HeaderBlock(PlainRequest("GET", "/health"))));
  EXPECT_EQ(client.Answer(101)[":status"], "503");
  // Once they are answered, nothing of them is kept.
  for (uint32_t i = 0; i < 5; ++i) client.Send(Frame(kData, kEndStream, 2 * i + 1, ""));
  client.Send(Frame(kHeaders, kEndHeaders | kEndStream, 103, HeaderBlock(PlainRequest("GET", "/health"))));
  EXPECT_EQ(client.Answer(103)[":status"], "200");
}

const std::string kWindowsOpen = Frame(kSettings, 0, 0, std::string("\0\x04\x7f\xff\xff\xff", 6)) +
                                 Frame(kWindowUpdate, 0, 0, Number32(1 << 30));

TEST(LoadTest, PlainAnswersThatAreNotTakenAreBounded) {
  ServerOptions options = OneLoop();
  options.connection_queued_bytes_max = 20'000;
  TestServer server(options);
  RawHttp2 client(server.address());
  client.Send(kWindowShut);
  for (uint32_t stream = 1; stream <= 3; stream += 2) {
    client.Send(Frame(kHeaders, kEndHeaders | kEndStream, stream, HeaderBlock(PlainRequest("GET", "/large/12000"))));
  }
  EXPECT_EQ(client.Answer(1)[":status"], "200");
  EXPECT_EQ(client.Answer(3)[":status"], "503");
  ExpectServed(server.address());
}

// What is no longer a stream's but waits for the socket counts, too.
TEST(LoadTest, OutputThatTheSocketDoesNotTakeIsCounted) {
  ServerOptions options = OneLoop();
  options.queued_bytes_max = 2'000'000;
  TestServer server(options);
  // By then the loop has dealt with what was sent before.
  const auto settle = [&server] {
    for (int i = 0; i < 3; ++i) ExpectServed(server.address());
  };
  // Only when nothing waits is there room for as much as the bound.
  const auto has_all_room = [&] {
    settle();
    bool has = false;
    {
      RawHttp2 client(server.address());
      client.Send(kWindowShut);
      client.Send(Frame(kHeaders, kEndHeaders | kEndStream, 1, HeaderBlock(PlainRequest("GET", "/large/2000000"))));
      has = client.Answer(1)[":status"] == "200";
    }
    settle();
    return has;
  };
  EXPECT_TRUE(has_all_room());
  {
    RawHttp2 deaf(server.address());
    deaf.Send(kWindowsOpen);
    uint32_t stream = 1;
    // Until its socket is full; each answer fits into the bound.
    for (; has_all_room(); stream += 2) {
      ASSERT_LT(stream, 400u);
      deaf.Send(Frame(kHeaders, kEndHeaders | kEndStream, stream, HeaderBlock(PlainRequest("GET", "/large/1900000"))));
    }
    for (uint32_t over = 1; over < stream; over += 2) deaf.Send(Frame(kReset, 0, over, Number32(8)));
    EXPECT_FALSE(has_all_room());
  }
  // Gone with the connection, which is not read for a while after so much.
  EXPECT_TRUE(base::Eventually(has_all_room));
}

// All are taken on before the first is answered.
TEST(LoadTest, AnswersThatComeLaterAreBoundedToo) {
  ServerOptions options = OneLoop();
  options.connection_queued_bytes_max = 20'000;
  TestServer server(options);
  RawHttp2 client(server.address());
  client.Send(kWindowShut);
  for (uint32_t stream = 1; stream <= 9; stream += 2) {
    client.Send(Call(stream, "/test.Echo/Hold") + Frame(kData, kEndStream, stream, GrpcMessage("x")));
  }
  ASSERT_TRUE(server.observed().held.WaitFor(5));
  std::move(server.observed().calls[0]).ReplyIfRoom(base::Payload(std::string(12'000, 'x')));
  std::move(server.observed().calls[1]).ReplyIfRoom(base::Payload(std::string(12'000, 'x')));
  // Something was changed.
  std::move(server.observed().calls[2]).Reply(base::Payload(std::string(12'000, 'x')));
  std::move(server.observed().calls[3]).Reply(base::Payload(std::string(12'000, 'x')));
  std::move(server.observed().calls[4]).Reply(base::Payload(std::string(4'000, 'x')));
  EXPECT_EQ(client.Answer(1)[":status"], "200");
  EXPECT_EQ(client.Answer(3)["grpc-status"], kResourceExhausted);
  EXPECT_EQ(client.Answer(5)["grpc-status"], "");
  std::map<std::string, std::string> lost = client.Answer(7);
  EXPECT_EQ(lost["grpc-status"], "14");
  EXPECT_NE(lost["grpc-message"].find("possibly done"), std::string::npos);
  EXPECT_EQ(client.Answer(9)["grpc-status"], "");
  ExpectServed(server.address());
}

// Reads on to the end of stream 1: how many bytes of its answer, and the status.
std::pair<size_t, std::string> ReadToTheEnd(RawHttp2* client) {
  size_t bytes = 0;
  ReceivedFrame frame = client->Next();
  while ((frame.type != kHeaders || (frame.flags & kEndStream) == 0) && frame.type != kEndOfStream) {
    if (frame.type == kData) bytes += frame.payload.size();
    frame = client->Next();
  }
  return {bytes, frame.headers["grpc-status"]};
}

// The client's messages wait in its window.
TEST(LoadTest, AStreamWhoseAnswersAreNotTakenTakesNoMoreMessages) {
  constexpr int kMessages = 1000;
  TestServer server(OneLoop());
  RawHttp2 client(server.address());
  client.Send(kWindowShut + Call(1, "/test.Echo/Amplify"));
  ASSERT_TRUE(server.observed().opened.WaitFor(1));
  std::string messages;
  for (int i = 0; i < kMessages; ++i) messages += GrpcMessage("x");
  client.Send(Frame(kData, kEndStream, 1, messages) + Frame(kPing, 0, 0, "12345678"));
  client.NextOf(kPing);
  std::promise<size_t> asked;
  server.observed().streams[0].Post([&](Stream& stream) { asked.set_value(stream.queued_bytes()); });
  EXPECT_LE(asked.get_future().get(), Stream::kHighWaterBytes + 2 * kAmplifiedBytes);
  // Once it takes them, all are answered, and its end is heard.
  client.Send(kWindowsOpen);
  EXPECT_EQ(ReadToTheEnd(&client), std::pair(kMessages * (kAmplifiedBytes + 5), std::string("0")));
}

TEST(LoadTest, AStreamOnWhichEachAnswerIsTooMuchGoesOnOneByOneToItsEnd) {
  ServerOptions options = OneLoop();
  options.connection_queued_bytes_max = kAmplifiedBytes / 2;
  TestServer server(options);
  RawHttp2 client(server.address());
  std::string messages;
  for (int i = 0; i < 5; ++i) messages += GrpcMessage("x");
  client.Send(kWindowShut + Call(1, "/test.Echo/Amplify") + Frame(kData, kEndStream, 1, messages) + kWindowsOpen);
  EXPECT_EQ(ReadToTheEnd(&client), std::pair(5 * (kAmplifiedBytes + 5), std::string("0")));
}

TEST(LoadTest, AnswersOnManyStreamsAreBoundedTogether) {
  ServerOptions options = OneLoop();
  options.connection_queued_bytes_max = 3 * kAmplifiedBytes;
  TestServer server(options);
  RawHttp2 client(server.address());
  client.Send(kWindowShut);
  for (uint32_t stream = 1; stream <= 9; stream += 2) client.Send(Call(stream, "/test.Echo/Amplify"));
  for (uint32_t stream = 1; stream <= 9; stream += 2) client.Send(Frame(kData, 0, stream, GrpcMessage("x")));
  EXPECT_EQ(client.Answer(7)["grpc-status"], kResourceExhausted);
  EXPECT_EQ(client.Answer(9)["grpc-status"], kResourceExhausted);
}

TEST(LoadTest, SmallAnswersCountForWhatTheyTakeOfMemory) {
  constexpr int kMessages = 1000;
  ServerOptions options = OneLoop();
  options.connection_queued_bytes_max = 20'000;
  TestServer server(options);
  RawHttp2 client(server.address());
  std::string messages;
  for (int i = 0; i < kMessages; ++i) messages += GrpcMessage("x");
  client.Send(kWindowShut + Call(1, "/test.Echo/Chat") + Frame(kData, kEndStream, 1, messages));
  client.Send(Call(3, "/test.Echo/Say"));
  EXPECT_EQ(client.Answer(3)["grpc-status"], kResourceExhausted);
  ExpectServed(server.address());
  // As soon as some are taken, others are answered, and all that was counted is given back.
  client.Send(kWindowsOpen);
  EXPECT_EQ(ReadToTheEnd(&client), std::pair(size_t{kMessages} * (1 + 5), std::string("0")));
  client.Send(Call(5, "/test.Echo/Say") + Frame(kData, kEndStream, 5, GrpcMessage("x")));
  EXPECT_EQ(client.Answer(5)["grpc-status"], "");
}

TEST(LoadTest, WholeMessagesThatAreKeptAreCounted) {
  ServerOptions options = OneLoop();
  options.connection_received_bytes_max = 250'000;
  TestServer server(options);
  RawHttp2 client(server.address());
  const std::string message(100'000, 'x');
  for (uint32_t stream = 1; stream <= 5; stream += 2) {
    client.Send(Call(stream, "/test.Echo/List") + Unfinished(stream) +
                Frame(kData, 0, stream, std::string(10'005, 'x')));
  }
  EXPECT_EQ(client.Answer(5)["grpc-status"], kResourceExhausted);
}

TEST(LoadTest, RefusedCallsKeepNoMetadata) {
  ServerOptions options = OneLoop();
  options.connection_received_bytes_max = 50'000;
  TestServer server(options);
  RawHttp2 client(server.address());
  // The turns grow, so that what follows is read in one.
  client.Send(Call(1, "/test.Echo/Sum"));
  for (int i = 0; i < 60; ++i) client.Send(Frame(kData, 0, 1, GrpcMessage(std::string(15'000, 'x'))));
  HeaderList headers = GrpcRequest("/test.Echo/Wait");
  headers.emplace_back("x", std::string(10'000, 'x'));
  const std::string block = HeaderBlock(headers);
  std::string calls;
  for (uint32_t stream = 3; stream < 23; stream += 2) calls += Frame(kHeaders, kEndHeaders, stream, block);
  client.Send(calls + Frame(kReset, 0, 3, Number32(8)) + Frame(kHeaders, kEndHeaders, 23, block) +
              Frame(kHeaders, kEndHeaders, 25, block));
  EXPECT_EQ(client.Answer(21)["grpc-status"], kResourceExhausted);
  EXPECT_EQ(client.Answer(25)["grpc-status"], kResourceExhausted);
  EXPECT_TRUE(server.observed().opened.WaitFor(6));  // the first, four, and 23
}

TEST(LoadTest, AnAnswerThatNoClientCouldReadIsRefused) {
  TestServer server(OneLoop());
  RawHttp2 client(server.address());
  client.Send(Call(1, "/test.Echo/Hold") + Frame(kData, kEndStream, 1, GrpcMessage("x")));
  ASSERT_TRUE(server.observed().held.WaitFor(1));
  const base::Buffer mebibyte = base::Buffer::Copy(std::string(1 << 20, 'x'));
  base::Payload answer;
  for (int i = 0; i < 2048; ++i) answer.Append(mebibyte);
  std::move(server.observed().calls[0]).Reply(std::move(answer));
  const auto refused = client.Answer(1);
  EXPECT_EQ(refused.at("grpc-status"), kResourceExhausted);
  EXPECT_EQ(refused.at("grpc-message"), "grpc: trying to send message larger than max (2147483648 vs. 2147483647)");
}

TEST(LoadTest, WorkLearnsThatNobodyWaitsForIt) {
  TestServer server(OneLoop());
  RawHttp2 client(server.address());
  client.Send(Call(1, "/test.Echo/Hold") + Frame(kData, kEndStream, 1, GrpcMessage("x")));
  ASSERT_TRUE(server.observed().held.WaitFor(1));
  std::promise<std::shared_ptr<const std::atomic<bool>>> asked;
  server.server().Post(0, [&] { asked.set_value(server.observed().calls[0].Abandoned()); });
  const std::shared_ptr<const std::atomic<bool>> abandoned = asked.get_future().get();
  EXPECT_FALSE(abandoned->load());
  client.Send(Frame(kReset, 0, 1, Number32(8)) + Frame(kPing, 0, 0, "12345678"));
  client.NextOf(kPing);
  EXPECT_TRUE(abandoned->load());
}

TEST(LoadTest, WorkLearnsThatItsAnswerWouldBeRefusedUntilTheClientTakesSome) {
  ServerOptions options = OneLoop();
  options.connection_queued_bytes_max = 250'000;
  TestServer server(options);
  RawHttp2 client(server.address());
  client.Send(kWindowShut);
  for (uint32_t stream = 1; stream <= 5; stream += 2) {
    client.Send(Call(stream, "/test.Echo/Hold") + Frame(kData, kEndStream, stream, GrpcMessage("x")));
  }
  ASSERT_TRUE(server.observed().held.WaitFor(3));
  std::promise<std::shared_ptr<const UnaryCall::Moment>> asked;
  server.server().Post(0, [&] { asked.set_value(server.observed().calls[2].HasNoRoomUntil()); });
  const std::shared_ptr<const UnaryCall::Moment> has_no_room_until = asked.get_future().get();
  const auto never = std::chrono::steady_clock::time_point();
  std::move(server.observed().calls[0]).ReplyIfRoom(base::Payload(std::string(200'000, 'x')));
  EXPECT_EQ(client.Answer(1)[":status"], "200");
  EXPECT_TRUE(has_no_room_until->load() == never) << "none was refused yet";
  std::move(server.observed().calls[1]).ReplyIfRoom(base::Payload(std::string(100'000, 'x')));
  EXPECT_EQ(client.Answer(3)["grpc-status"], kResourceExhausted);
  EXPECT_TRUE(has_no_room_until->load() > never);
  client.Send(kWindowsOpen);
  EXPECT_EQ(ReadToTheEnd(&client).first, 200'005u);
  EXPECT_TRUE(has_no_room_until->load() == never);
}

TEST(LoadTest, WhatHandlersKeepForStreamsIsBounded) {
  ServerOptions options = OneLoop();
  options.connection_received_bytes_max = 5000;
  TestServer server(options);
  RawHttp2 client(server.address());
  client.Send(Call(1, "/test.Echo/Wait"));
  ASSERT_TRUE(server.observed().opened.WaitFor(1));
  const auto keep = [&](int64_t bytes) {
    std::promise<bool> kept;
    server.observed().streams[0].Post([&](Stream& stream) { kept.set_value(stream.Keep(bytes)); });
    return kept.get_future().get();
  };
  EXPECT_TRUE(keep(6000));
  EXPECT_FALSE(keep(1));
  EXPECT_TRUE(keep(-6000));
  EXPECT_TRUE(keep(1));
  EXPECT_TRUE(keep(6000));
  client.Send(Call(3, "/test.Echo/Say"));
  EXPECT_EQ(client.Answer(3)["grpc-status"], kResourceExhausted);
  // Gone with the stream.
  client.Send(Frame(kReset, 0, 1, Number32(8)));
  client.Send(Call(5, "/test.Echo/Say") + Frame(kData, kEndStream, 5, GrpcMessage("x")));
  EXPECT_EQ(client.Answer(5)["grpc-status"], "");
}

TEST(LoadTest, WhoDoesNotTakeAnswersGetsNoMore) {
  ServerOptions options = OneLoop();
  options.connection_queued_bytes_max = 20'000;
  TestServer server(options);
  RawHttp2 client(server.address());
  client.Send(kWindowShut);  // answers stay
  for (uint32_t stream = 1; stream <= 3; stream += 2) {
    client.Send(Call(stream, "/test.Echo/Say") +
                Frame(kData, kEndStream, stream, GrpcMessage(std::string(12'000, 'x'))));
    EXPECT_EQ(client.Answer(stream)[":status"], "200");
  }
  client.Send(Call(5, "/test.Echo/Say"));
  EXPECT_EQ(client.Answer(5)["grpc-status"], kResourceExhausted);
  ExpectServed(server.address());
}

}  // namespace
}  // namespace quorate::rpc::testing
