// What the engine puts on the wire, and what it makes of requests that no client library would send.

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <thread>

#include "tests/rpc/raw_testing.h"
#include "tests/rpc/rpc_testing.h"

namespace quorate::rpc::testing {
namespace {

constexpr int64_t kProtocolError = 1;
constexpr int64_t kFlowControlError = 3;
constexpr int64_t kFrameSizeError = 6;
constexpr int64_t kEnhanceYourCalm = 11;

class WireProtocolTest : public ::testing::Test {
 protected:
  // The answer to one call with these headers and this body.
  std::map<std::string, std::string> Ask(const HeaderList& headers, std::string_view body, bool end = true) {
    RawHttp2 client(server_.address());
    client.Send(Frame(kHeaders, kEndHeaders, 1, HeaderBlock(headers)) + Frame(kData, end ? kEndStream : 0, 1, body));
    return LastHeaders(&client);
  }
  // Trailers, or the only block of headers.
  static std::map<std::string, std::string> LastHeaders(RawHttp2* client) {
    while (true) {
      const ReceivedFrame frame = client->Next();
      if (frame.type == kEndOfStream) return {};
      if (frame.type == kHeaders && (frame.flags & kEndStream) != 0) return frame.headers;
    }
  }
  static HeaderList With(HeaderList headers, const std::string& name, const std::string& value) {
    for (auto& header : headers) {
      if (header.first == name) {
        header.second = value;
        return headers;
      }
    }
    headers.emplace_back(name, value);
    return headers;
  }
  void ExpectAlive() {
    auto answer = Ask(GrpcRequest("/test.Echo/Say"), GrpcMessage("x"));
    EXPECT_EQ(answer["grpc-status"], "0");
  }

  TestServer server_;
};

TEST_F(WireProtocolTest, UnaryAnswerIsHeadersMessageTrailers) {
  RawHttp2 client(server_.address());
  client.Send(Frame(kHeaders, kEndHeaders, 1, HeaderBlock(GrpcRequest("/test.Echo/Say"))) +
              Frame(kData, kEndStream, 1, GrpcMessage("hello")));
  ReceivedFrame frame = client.NextOf(kHeaders);
  EXPECT_EQ(frame.headers[":status"], "200");
  EXPECT_EQ(frame.headers["content-type"], "application/grpc");
  frame = client.Next();
  EXPECT_EQ(frame.type, kData);
  EXPECT_EQ(frame.payload, GrpcMessage("hello"));
  EXPECT_EQ(frame.flags & kEndStream, 0);
  frame = client.Next();
  EXPECT_EQ(frame.type, kHeaders);
  EXPECT_EQ(frame.headers["grpc-status"], "0");
  EXPECT_NE(frame.flags & kEndStream, 0);
}

TEST_F(WireProtocolTest, AUnaryCallIsAnsweredBeforeTheClientEndsAndThenReset) {
  RawHttp2 client(server_.address());
  client.Send(Frame(kHeaders, kEndHeaders, 1, HeaderBlock(GrpcRequest("/test.Echo/Say"))) +
              Frame(kData, 0, 1, GrpcMessage("hello")));
  EXPECT_EQ(LastHeaders(&client)["grpc-status"], "0");
  const ReceivedFrame reset = client.NextOf(kReset);
  EXPECT_EQ(reset.payload, Number32(0));
}

TEST_F(WireProtocolTest, ErrorsAreOneBlockOfHeadersWithThePercentEncodedMessage) {
  RawHttp2 client(server_.address());
  client.Send(Frame(kHeaders, kEndHeaders, 1, HeaderBlock(GrpcRequest("/test.Echo/Fail"))) +
              Frame(kData, kEndStream, 1, GrpcMessage("no\n100%")));
  ReceivedFrame frame = client.NextOf(kHeaders);
  EXPECT_NE(frame.flags & kEndStream, 0);
  EXPECT_EQ(frame.headers[":status"], "200");
  EXPECT_EQ(frame.headers["grpc-status"], "3");
  EXPECT_EQ(frame.headers["grpc-message"], "no%0A100%25");
}

TEST_F(WireProtocolTest, AMessageInSingleBytesIsPutTogether) {
  RawHttp2 client(server_.address());
  client.Send(Frame(kHeaders, kEndHeaders, 1, HeaderBlock(GrpcRequest("/test.Echo/Say"))));
  for (const char byte : GrpcMessage("bit by bit")) client.Send(Frame(kData, 0, 1, std::string(1, byte)));
  client.Send(Frame(kData, kEndStream, 1, ""));
  EXPECT_EQ(client.NextOf(kData).payload, GrpcMessage("bit by bit"));
}

TEST_F(WireProtocolTest, AnnouncedTooLargeIsRefusedAtThePrefix) {
  auto answer = Ask(GrpcRequest("/test.Echo/Say"), std::string("\0\xff\xff\xff\xff", 5), false);
  EXPECT_EQ(answer["grpc-status"], "8");
  EXPECT_EQ(answer["grpc-message"], "grpc: received message larger than max (4294967295 vs. 2097152)");
}

TEST_F(WireProtocolTest, MessagesThatAreNotWholeAreErrors) {
  // As grpc-go: a unary call with no message, or half a one, is UNKNOWN with the reader's error, whichever handler it
  // has.
  for (const char* path : {"/test.Echo/Say", "/test.Echo/Once"}) {
    auto none = Ask(GrpcRequest(path), "");
    EXPECT_EQ(none["grpc-status"], "2") << path;
    EXPECT_EQ(none["grpc-message"], "EOF") << path;
    auto half = Ask(GrpcRequest(path), GrpcMessage("hello").substr(0, 7));
    EXPECT_EQ(half["grpc-status"], "2") << path;
    EXPECT_EQ(half["grpc-message"], "unexpected EOF") << path;
  }
  auto streamed = Ask(GrpcRequest("/test.Echo/Chat"), GrpcMessage("hello").substr(0, 3));
  EXPECT_EQ(streamed["grpc-status"], "13");
}

TEST_F(WireProtocolTest, ASecondMessageOfAUnaryCallIsIgnored) {
  auto answer = Ask(GrpcRequest("/test.Echo/Say"), GrpcMessage("one") + GrpcMessage("two"));
  EXPECT_EQ(answer["grpc-status"], "0");
}

TEST_F(WireProtocolTest, ASecondRequestOfAServerStreamIsAnError) {
  auto answer = Ask(GrpcRequest("/test.Echo/List"), GrpcMessage("1") + GrpcMessage("2"));
  EXPECT_EQ(answer["grpc-status"], "13");
  EXPECT_EQ(answer["grpc-message"],
            "cardinality violation: received multiple request messages for non-client-streaming RPC");
}

TEST_F(WireProtocolTest, AUnaryCallWithTheHandlerOfAStreamIsAUnaryCall) {
  // It begins with the message, and nothing behind that counts.
  RawHttp2 client(server_.address());
  client.Send(Frame(kHeaders, kEndHeaders, 1, HeaderBlock(GrpcRequest("/test.Echo/Once"))) +
              Frame(kData, 0, 1, GrpcMessage("one")));
  EXPECT_EQ(client.NextOf(kData).payload, GrpcMessage("one"));
  client.Send(Frame(kData, kEndStream, 1, GrpcMessage("two") + GrpcMessage("half").substr(0, 7)));
  ReceivedFrame frame = client.Next();
  for (; frame.type != kHeaders && frame.type != kEndOfStream; frame = client.Next()) EXPECT_NE(frame.type, kData);
  EXPECT_EQ(frame.headers["grpc-status"], "0");
}

TEST_F(WireProtocolTest, CompressionFlagsAreChecked) {
  EXPECT_EQ(Ask(GrpcRequest("/test.Echo/Say"), GrpcMessage("x", 1))["grpc-message"],
            "grpc: compressed flag set with identity or empty encoding");
  EXPECT_EQ(Ask(GrpcRequest("/test.Echo/Say"), GrpcMessage("x", 7))["grpc-message"],
            "grpc: received unexpected payload format 7");
  const HeaderList gzip = With(GrpcRequest("/test.Echo/Say"), "grpc-encoding", "gzip");
  EXPECT_EQ(Ask(gzip, GrpcMessage("not gzip at all", 1))["grpc-status"], "13");
  EXPECT_EQ(Ask(gzip, GrpcMessage("plain in between", 0))["grpc-status"], "0");
}

TEST_F(WireProtocolTest, AnUnknownEncodingIsUnimplementedAndTheKnownOnesAreNamed) {
  auto answer = Ask(With(GrpcRequest("/test.Echo/Say"), "grpc-encoding", "snappy"), GrpcMessage("x", 1));
  EXPECT_EQ(answer["grpc-status"], "12");
  EXPECT_EQ(answer["grpc-message"], "grpc: Decompressor is not installed for grpc-encoding \"snappy\"");
  EXPECT_EQ(answer["grpc-accept-encoding"], "identity,deflate,gzip");
}

TEST_F(WireProtocolTest, RequestsThatAreNotGrpcAreRefusedByHttpStatus) {
  auto answer = Ask(With(GrpcRequest("/test.Echo/Say"), "content-type", "application/grpcx"), "");
  EXPECT_EQ(answer[":status"], "415");
  EXPECT_EQ(answer["grpc-message"], "invalid gRPC request content-type \"application/grpcx\"");
  answer = Ask(With(GrpcRequest("/test.Echo/Say"), "content-type", "text/plain"), "");
  EXPECT_EQ(answer[":status"], "415");
  answer = Ask(With(GrpcRequest("/test.Echo/Say"), ":method", "PUT"), "");
  EXPECT_EQ(answer[":status"], "405");
  EXPECT_EQ(answer["grpc-status"], "13");
  answer = Ask(With(GrpcRequest("/test.Echo/Say"), "content-type", "application/grpc+proto"), GrpcMessage("x"));
  EXPECT_EQ(answer["grpc-status"], "0");
}

// Clients call an endpoint what their resolvers call it.
TEST_F(WireProtocolTest, WhatGrpcGoTakesIsTaken) {
  const HeaderList plain = GrpcRequest("/test.Echo/Say");
  for (const char* authority : {"#initially=[127.0.0.1:2379]", "#initially=[a;b]", "/tmp/x.sock", "unix://localhost:1",
                                "etcd-endpoints://0xc0/127.0.0.1:1", "", "a b|\"<>", "\xc3\xa4"}) {
    EXPECT_EQ(Ask(With(plain, ":authority", authority), GrpcMessage("x"))["grpc-status"], "0") << authority;
  }
  HeaderList nameless = plain;
  std::erase_if(nameless, [](const auto& header) { return header.first == ":authority"; });
  EXPECT_EQ(Ask(nameless, GrpcMessage("x"))["grpc-status"], "0");
  EXPECT_EQ(Ask(With(plain, "te", "gzip"), GrpcMessage("x"))["grpc-status"], "0");
  EXPECT_EQ(Ask(With(plain, "x", " spaces "), GrpcMessage("x"))["grpc-status"], "0");
  EXPECT_EQ(Ask(With(plain, "content-length", "1000"), GrpcMessage("x"))["grpc-status"], "0");
  EXPECT_EQ(Ask(With(plain, ":scheme", ""), GrpcMessage("x"))["grpc-status"], "0");
  EXPECT_EQ(Ask(With(plain, ":path", ""), GrpcMessage("x"))["grpc-status"], "12");
  EXPECT_EQ(Ask(With(plain, ":path", "test.Echo/Say"), GrpcMessage("x"))["grpc-status"], "12");
}

TEST_F(WireProtocolTest, MalformedHeadersResetTheirStream) {
  const HeaderList plain = GrpcRequest("/test.Echo/Say");
  HeaderList late = plain;
  std::rotate(late.begin(), late.begin() + 1, late.end());
  HeaderList twice = plain;
  twice.insert(twice.begin(), {":path", "/test.Echo/Wait"});
  HeaderList unknown = plain;
  unknown.insert(unknown.begin(), {":status", "200"});
  for (const HeaderList& malformed :
       {late, twice, unknown, With(plain, "Upper", "x"), With(plain, "spa ce", "x"), With(plain, "", "x"),
        With(plain, "x", std::string("a\0b", 3)), With(plain, "x", "a\r\nb"), With(plain, ":authority", "a\x7f"),
        With(plain, "connection", "close")}) {
    RawHttp2 client(server_.address());
    client.Send(Frame(kHeaders, kEndHeaders, 1, HeaderBlock(malformed)));
    EXPECT_EQ(client.NextOf(kReset).payload, Number32(kProtocolError));
    // The connection goes on.
    client.Send(Frame(kHeaders, kEndHeaders, 3, HeaderBlock(plain)) + Frame(kData, kEndStream, 3, GrpcMessage("x")));
    EXPECT_EQ(LastHeaders(&client)["grpc-status"], "0");
  }
}

TEST_F(WireProtocolTest, HeadersBehindARequestEndItOrResetIt) {
  const std::string opened = Frame(kHeaders, kEndHeaders, 1, HeaderBlock(GrpcRequest("/test.Echo/Sum")));
  RawHttp2 client(server_.address());
  client.Send(opened + Frame(kData, 0, 1, GrpcMessage("x")) +
              Frame(kHeaders, kEndHeaders | kEndStream, 1, HeaderBlock({{"trailer", "x"}})));
  EXPECT_EQ(LastHeaders(&client)["grpc-status"], "0");
  RawHttp2 other(server_.address());
  other.Send(opened + Frame(kHeaders, kEndHeaders, 1, HeaderBlock({{"again", "x"}})));
  EXPECT_EQ(other.NextOf(kReset).payload, Number32(kProtocolError));
  ExpectAlive();
}

TEST_F(WireProtocolTest, MalformedTimeoutsAndPathsAreRefused) {
  auto answer = Ask(With(GrpcRequest("/test.Echo/Say"), "grpc-timeout", "5"), GrpcMessage("x"));
  EXPECT_EQ(answer[":status"], "400");
  EXPECT_EQ(answer["grpc-status"], "13");
  answer = Ask(With(GrpcRequest("/test.Echo/Say"), "grpc-timeout", "0S"), GrpcMessage("x"));
  EXPECT_EQ(answer["grpc-status"], "4");
  answer = Ask(GrpcRequest("/nothing"), GrpcMessage("x"));
  EXPECT_EQ(answer["grpc-status"], "12");
  EXPECT_EQ(answer["grpc-message"], "malformed method name: \"/nothing\"");
}

TEST_F(WireProtocolTest, ADeadlineIsAnsweredByTheEngine) {
  auto answer = Ask(With(GrpcRequest("/test.Echo/Hold"), "grpc-timeout", "20m"), GrpcMessage("x"));
  EXPECT_EQ(answer["grpc-status"], "4");
  EXPECT_EQ(answer["grpc-message"], "context deadline exceeded");
}

TEST_F(WireProtocolTest, ADeadlineBehindAClosedWindowResetsTheStream) {
  RawHttp2 client(server_.address());
  client.Send(
      Frame(kHeaders, kEndHeaders, 1, HeaderBlock(With(GrpcRequest("/test.Echo/Flood"), "grpc-timeout", "50m"))) +
      Frame(kData, kEndStream, 1, GrpcMessage("go")));
  const ReceivedFrame reset = client.NextOf(kReset);
  EXPECT_EQ(reset.stream, 1u);
  EXPECT_TRUE(server_.observed().closed.WaitFor(1));
}

TEST_F(WireProtocolTest, TheEndOfAnAnswerNeedsNoWindow) {
  RawHttp2 client(server_.address());
  const std::string answer = GrpcMessage("just fits");
  client.Send(Frame(kSettings, 0, 0, std::string("\0\x04\0\0\0", 5) + static_cast<char>(answer.size())) +
              Frame(kHeaders, kEndHeaders, 1, HeaderBlock(GrpcRequest("/test.Echo/Chat"))) +
              Frame(kData, 0, 1, answer));
  EXPECT_EQ(client.NextOf(kData).payload, answer);
  client.Send(Frame(kData, kEndStream, 1, ""));
  EXPECT_EQ(LastHeaders(&client)["grpc-status"], "0");
  ExpectAlive();
}

TEST_F(WireProtocolTest, TheEndOfAnAnswerNeedsNoWindowOfTheConnectionEither) {
  RawHttp2 client(server_.address());
  // All of the window that a connection begins with, on one stream; the other has its message out already.
  client.Send(Frame(kSettings, 0, 0, std::string("\0\x04\0\x7f\xff\xff", 6)) +
              Frame(kHeaders, kEndHeaders, 1, HeaderBlock(GrpcRequest("/test.Echo/Chat"))) +
              Frame(kData, 0, 1, GrpcMessage("x")));
  EXPECT_EQ(client.NextOf(kData).stream, 1u);
  client.Send(Frame(kHeaders, kEndHeaders, 3, HeaderBlock(GrpcRequest("/test.Echo/Amplify"))) +
              Frame(kData, 0, 3, GrpcMessage("x")));
  size_t left = 65'535 - 6;
  while (left > 0) {
    const ReceivedFrame frame = client.NextOf(kData);
    ASSERT_EQ(frame.stream, 3u);
    left -= frame.payload.size();
  }
  client.Send(Frame(kData, kEndStream, 1, ""));
  EXPECT_EQ(client.Answer(1)["grpc-status"], "0");
}

TEST_F(WireProtocolTest, TooManyPingsAreAnsweredWithGoaway) {
  RawHttp2 client(server_.address());
  std::string pings;
  for (int i = 0; i < 4; ++i) pings += Frame(kPing, 0, 0, "12345678");
  client.Send(pings);
  std::string text;
  EXPECT_EQ(client.GoawayCode(&text), kEnhanceYourCalm);
  EXPECT_EQ(text, "too_many_pings");
}

TEST_F(WireProtocolTest, PingsAreAnswered) {
  RawHttp2 client(server_.address());
  client.Send(Frame(kPing, 0, 0, "12345678"));
  const ReceivedFrame pong = client.NextOf(kPing);
  EXPECT_EQ(pong.flags, kAck);
  EXPECT_EQ(pong.payload, "12345678");
}

TEST_F(WireProtocolTest, BrokenFramesEndTheConnectionWithAReason) {
  const struct {
    std::string bytes;
    int64_t code;
  } kCases[] = {
      {Frame(kData, 0, 0, "data on stream 0"), kProtocolError},
      {Frame(kData, 0, 1, "data on an idle stream"), kProtocolError},
      {Frame(kHeaders, kEndHeaders, 2, HeaderBlock(GrpcRequest("/x"))), kProtocolError},
      {Frame(kSettings, 0, 0, "12345"), kFrameSizeError},
      {Frame(kPing, 0, 0, "short"), kFrameSizeError},
      {Frame(kWindowUpdate, 0, 0, Number32(0)), kProtocolError},
      {Frame(kWindowUpdate, 0, 0, Number32(0x7fffffff)), kFlowControlError},
      {Frame(kContinuation, kEndHeaders, 1, ""), kProtocolError},
      {Frame(kHeaders, 0, 1, HeaderBlock(GrpcRequest("/x"))) + Frame(kData, 0, 1, ""), kProtocolError},
      {Frame(kPushPromise, kEndHeaders, 1, Number32(2)), kProtocolError},
      {Frame(kReset, 0, 1, Number32(0)), kProtocolError},
      {std::string("\xff\xff\xff\0\0\0\0\0\1", 9), kFrameSizeError},
  };
  for (const auto& each : kCases) {
    RawHttp2 client(server_.address());
    client.Send(each.bytes);
    EXPECT_EQ(client.GoawayCode(), each.code) << ::testing::PrintToString(each.bytes.substr(0, 40));
  }
  ExpectAlive();
}

TEST_F(WireProtocolTest, BrokenHeaderBlocksEndTheConnection) {
  RawHttp2 client(server_.address());
  client.Send(Frame(kHeaders, kEndHeaders, 1, "\xff\xff\xff\xff\xff\xff\xff\xff"));
  constexpr int64_t kCompressionError = 9;
  EXPECT_EQ(client.GoawayCode(), kCompressionError);
}

TEST_F(WireProtocolTest, AHeaderListBeyondTheLimitIsRefused) {
  RawHttp2 client(server_.address());
  // One large header put into the table of the decoder, then meant again and again by one byte.
  std::string block = HeaderBlock(GrpcRequest("/test.Echo/Say"));
  block += "\x40" + HeaderBlock({{"bomb", std::string(3000, 'b')}}).substr(1);
  block += std::string(8000, '\xbe');
  client.Send(Frame(kHeaders, kEndHeaders | kEndStream, 1, block));
  EXPECT_EQ(client.NextOf(kReset).stream, 1u);
  ExpectAlive();
}

TEST_F(WireProtocolTest, EndlessContinuationsAreCutOff) {
  RawHttp2 client(server_.address());
  client.Send(Frame(kHeaders, 0, 1, HeaderBlock(GrpcRequest("/test.Echo/Say"))));
  const std::string more = Frame(kContinuation, 0, 1, HeaderBlock({{"more", std::string(1000, 'm')}}));
  for (int i = 0; i < 1000 && client.Send(more); ++i) {
  }
  std::string text;
  EXPECT_EQ(client.GoawayCode(&text), kEnhanceYourCalm);
  EXPECT_EQ(text, "too_many_continuations");
  ExpectAlive();
}

TEST_F(WireProtocolTest, RapidResetsAreCutOff) {
  RawHttp2 client(server_.address());
  const std::string block = HeaderBlock(GrpcRequest("/test.Echo/Wait"));
  uint32_t stream = 1;
  std::string burst;
  for (int i = 0; i < 20000; ++i, stream += 2) {
    burst += Frame(kHeaders, kEndHeaders, stream, block) + Frame(kReset, 0, stream, Number32(8));
  }
  client.Send(burst);
  EXPECT_NE(client.GoawayCode(), 0);
  ExpectAlive();
  EXPECT_LT(server_.observed().opened.value(), 10000);
}

TEST_F(WireProtocolTest, AFloodOfSettingsThatNobodyReadsIsCutOff) {
  RawHttp2 client(server_.address());
  std::string flood;
  for (int i = 0; i < 100; ++i) flood += Frame(kSettings, 0, 0, "");
  bool alive = true;
  for (int i = 0; i < 100000 && alive; ++i) alive = client.Send(flood);
  EXPECT_FALSE(alive);
  ExpectAlive();
}

TEST_F(WireProtocolTest, AClientThatOnlySendsIsNotReadForEver) {
  RawHttp2 client(server_.address());
  client.Send(Frame(kWindowUpdate, 0, 0, Number32(0x7fff0000 - 65535)));
  const std::string block = HeaderBlock(GrpcRequest("/test.Echo/Say"));
  const std::string message = GrpcMessage(std::string(16000, 'm'));
  // Larger than what the sockets hold and the server queues together; sent by a thread, which gets stuck.
  constexpr int kCalls = 4000;
  std::thread sender([&] {
    for (uint32_t i = 0; i < kCalls; ++i) {
      const uint32_t stream = 2 * i + 1;
      if (!client.Send(Frame(kHeaders, kEndHeaders, stream, block) + Frame(kData, kEndStream, stream, message))) return;
    }
  });
  ASSERT_TRUE(server_.observed().tick_ends.WaitFor(1));
  ExpectAlive();
  // Once it reads, all is answered.
  int answered = 0;
  while (answered < kCalls) {
    const ReceivedFrame frame = client.NextOf(kHeaders);
    ASSERT_EQ(frame.type, kHeaders);
    if ((frame.flags & kEndStream) != 0) ++answered;
  }
  sender.join();
}

TEST_F(WireProtocolTest, AnyBytesLeaveTheServerStanding) {
  std::mt19937_64 random(17);
  const std::string good = Frame(kHeaders, kEndHeaders, 1, HeaderBlock(GrpcRequest("/test.Echo/Chat"))) +
                           Frame(kData, 0, 1, GrpcMessage("hello")) + Frame(kPing, 0, 0, "12345678") +
                           Frame(kWindowUpdate, 0, 1, Number32(100)) + Frame(kData, kEndStream, 1, GrpcMessage("x"));
  for (int round = 0; round < 300; ++round) {
    std::string bytes = good + good;
    if (round % 3 == 0) {
      for (char& byte : bytes) byte = static_cast<char>(random());
    } else {
      for (int flips = 1 + static_cast<int>(random() % 4); flips > 0; --flips) {
        bytes[random() % bytes.size()] = static_cast<char>(random());
      }
    }
    bytes.resize(random() % bytes.size());
    if (round % 5 == 0) {
      RawSocket socket(server_.address());  // without the opening
      socket.Send(bytes);
    } else {
      RawHttp2 client(server_.address());
      client.Send(bytes);
    }
  }
  ExpectAlive();
}

TEST_F(WireProtocolTest, ASmallAnswerDoesNotWaitForTheEndOfAnOlderLargeOne) {
  RawHttp2 client(server_.address());
  constexpr size_t kLargeBytes = 8'000'000;
  const HeaderList large = {{":method", "GET"},
                            {":scheme", "http"},
                            {":path", "/large/" + std::to_string(kLargeBytes)},
                            {":authority", "test"},
                            {"priority", "u=0"}};  // which does not count
  // Windows for all of it.
  client.Send(Frame(kSettings, 0, 0, std::string("\0\x04\x7f\xff\xff\xff", 6)) +
              Frame(kWindowUpdate, 0, 0, Number32(1 << 30)) +
              Frame(kHeaders, kEndHeaders | kEndStream, 1, HeaderBlock(large)) +
              Frame(kHeaders, kEndHeaders, 3, HeaderBlock(GrpcRequest("/test.Echo/Say"))) +
              Frame(kData, kEndStream, 3, GrpcMessage("small")));
  size_t large_bytes = 0;
  ReceivedFrame frame;
  do {
    frame = client.Next();
    ASSERT_NE(frame.type, kEndOfStream);
    if (frame.type == kData && frame.stream == 1) large_bytes += frame.payload.size();
  } while (frame.stream != 3 || (frame.flags & kEndStream) == 0);
  EXPECT_EQ(frame.headers["grpc-status"], "0");
  EXPECT_LT(large_bytes, kLargeBytes);
}

TEST_F(WireProtocolTest, APrefaceInPiecesIsUnderstood) {
  RawSocket socket(server_.address());
  const std::string opening = Http2Opening();
  for (const char byte : opening) socket.Send(std::string(1, byte));
  EXPECT_FALSE(socket.Receive().empty());
}

TEST_F(WireProtocolTest, APrefaceThatGoesWrongIsNoRequest) {
  RawSocket socket(server_.address());
  socket.Send("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n");
  EXPECT_EQ(socket.ReceiveAll().substr(0, 12), "HTTP/1.1 400");
}

TEST_F(WireProtocolTest, PlainRequestsOverHttp2AreServed) {
  RawHttp2 client(server_.address());
  const HeaderList get = {
      {":method", "GET"}, {":scheme", "http"}, {":path", "/echo/a%20b?q=1+2"}, {":authority", "test"}};
  client.Send(Frame(kHeaders, kEndHeaders | kEndStream, 1, HeaderBlock(get)));
  auto headers = client.Answer(1);
  EXPECT_EQ(headers[":status"], "200");
  EXPECT_EQ(headers["content-type"], "text/echo");
  EXPECT_EQ(headers["x-path"], "/echo/a b");
  EXPECT_EQ(headers["x-query"], "1 2");
  EXPECT_EQ(client.NextOf(kData).payload, "GET ");
  client.Send(Frame(kHeaders, kEndHeaders, 3, HeaderBlock(With(With(get, ":method", "POST"), ":path", "/echo/"))) +
              Frame(kData, 0, 3, "bo") + Frame(kData, kEndStream, 3, "dy"));
  EXPECT_EQ(client.Answer(3)[":status"], "200");
  EXPECT_EQ(client.NextOf(kData).payload, "POST body");
  client.Send(Frame(kHeaders, kEndHeaders | kEndStream, 5, HeaderBlock(With(get, ":path", "/none"))));
  EXPECT_EQ(client.Answer(5)[":status"], "404");
  client.Send(Frame(kHeaders, kEndHeaders | kEndStream, 7, HeaderBlock(With(get, ":path", "/later"))));
  EXPECT_EQ(client.Answer(7)[":status"], "200");
  client.Send(Frame(kHeaders, kEndHeaders | kEndStream, 9, HeaderBlock(With(get, ":path", "/drop"))));
  EXPECT_EQ(client.Answer(9)[":status"], "500");
}

TEST(MaxStreamsTest, StreamsBeyondTheLimitAreRefused) {
  ServerOptions options;
  options.concurrent_streams_max = 2;
  TestServer server(options);
  RawHttp2 client(server.address());
  EXPECT_NE(client.NextOf(kSettings).payload.find(std::string("\0\3\0\0\0\2", 6)), std::string::npos);
  const std::string block = HeaderBlock(GrpcRequest("/test.Echo/Wait"));
  for (const uint32_t stream : {1, 3, 5}) client.Send(Frame(kHeaders, kEndHeaders, stream, block));
  constexpr uint32_t kRefusedStream = 7;
  const ReceivedFrame reset = client.NextOf(kReset);
  EXPECT_EQ(reset.stream, 5u);
  EXPECT_EQ(reset.payload, Number32(kRefusedStream));
}

TEST(KeepaliveTest, ASilentClientIsPingedAndThenClosed) {
  ServerOptions options;
  options.keepalive_interval = std::chrono::milliseconds(50);
  options.keepalive_timeout = std::chrono::milliseconds(50);
  TestServer server(options);
  RawHttp2 client(server.address());
  EXPECT_EQ(client.NextOf(kPing).flags, 0);
  EXPECT_EQ(client.NextOf(kPing).type, kEndOfStream);
}

TEST(KeepaliveTest, AClientThatAnswersPingsIsKept) {
  ServerOptions options;
  options.keepalive_interval = std::chrono::milliseconds(20);
  options.keepalive_timeout = std::chrono::milliseconds(5000);
  TestServer server(options);
  RawHttp2 client(server.address());
  for (int i = 0; i < 5; ++i) {
    const ReceivedFrame ping = client.NextOf(kPing);
    ASSERT_EQ(ping.type, kPing);
    client.Send(Frame(kPing, kAck, 0, ping.payload));
  }
}

}  // namespace
}  // namespace quorate::rpc::testing
