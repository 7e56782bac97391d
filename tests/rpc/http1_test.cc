// Plain HTTP/1.1 and 1.0, byte for byte.

#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <string>

#include "src/rpc/http1_parser.h"
#include "tests/base/eventually_testing.h"
#include "tests/rpc/raw_testing.h"
#include "tests/rpc/rpc_testing.h"

namespace quorate::rpc::testing {
namespace {

class Http1Test : public ::testing::Test {
 protected:
  // Sends and reads until the server closes.
  std::string Ask(const std::string& request) {
    RawSocket socket(server_.address());
    socket.Send(request);
    return socket.ReceiveAll();
  }
  static std::string Request(const std::string& line, const std::string& headers = "") {
    return line + " HTTP/1.1\r\nHost: test\r\n" + headers + "\r\n";
  }
  static bool Contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }

  TestServer server_;
};

constexpr char kClose[] = "Connection: close\r\n";

TEST_F(Http1Test, GetIsAnswered) {
  const std::string answer = Ask(Request("GET /health", kClose));
  EXPECT_EQ(answer.rfind("HTTP/1.1 200 OK\r\n", 0), 0u) << answer;
  EXPECT_TRUE(Contains(answer, "Content-Type: text/plain; charset=utf-8\r\n"));
  EXPECT_TRUE(Contains(answer, "Content-Length: 5\r\n"));
  EXPECT_TRUE(Contains(answer, "Connection: close\r\n"));
  EXPECT_TRUE(Contains(answer, "\r\n\r\nfine\n"));
}

TEST_F(Http1Test, PathAndQueryAreDecoded) {
  const std::string answer = Ask(Request("GET /echo/a%2Fb?p=0&q=x%26y+z#part", kClose));
  EXPECT_TRUE(Contains(answer, "X-Path: /echo/a/b\r\n")) << answer;
  EXPECT_TRUE(Contains(answer, "X-Query: x&y z\r\n")) << answer;
}

TEST_F(Http1Test, BodiesByLengthAndInChunks) {
  EXPECT_TRUE(Contains(Ask(Request("POST /echo/", "Content-Length: 4\r\nConnection: close\r\n") + "body"),
                       "\r\n\r\nPOST body"));
  const std::string chunked =
      Request("PUT /echo/", "Transfer-Encoding: chunked\r\nConnection: close\r\n") + "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
  EXPECT_TRUE(Contains(Ask(chunked), "\r\n\r\nPUT abcde"));
}

TEST_F(Http1Test, ARequestInSingleBytesIsPutTogether) {
  RawSocket socket(server_.address());
  for (const char byte : Request("POST /echo/", "Content-Length: 4\r\nConnection: close\r\n") + "body") {
    socket.Send(std::string(1, byte));
  }
  EXPECT_TRUE(Contains(socket.ReceiveAll(), "\r\n\r\nPOST body"));
}

TEST_F(Http1Test, ConnectionsAreKeptAndRequestsMayBePipelined) {
  RawSocket socket(server_.address());
  socket.Send(Request("GET /health"));
  EXPECT_FALSE(Contains(socket.ReceiveUntil("fine\n"), "Connection:"));
  socket.Send(Request("GET /later") + Request("GET /echo/2") + Request("GET /none", kClose));
  const std::string answers = socket.ReceiveAll();
  const size_t later = answers.find("later\n");
  const size_t echo = answers.find("X-Path: /echo/2");
  const size_t none = answers.find("HTTP/1.1 404 Not Found\r\n");
  EXPECT_LT(later, echo) << answers;
  EXPECT_LT(echo, none) << answers;
  EXPECT_NE(none, std::string::npos) << answers;
}

TEST_F(Http1Test, HeadHasNoBody) {
  const std::string answer = Ask(Request("HEAD /health", kClose));
  EXPECT_TRUE(Contains(answer, "Content-Length: 5\r\n"));
  EXPECT_EQ(answer.substr(answer.size() - 4), "\r\n\r\n");
}

TEST_F(Http1Test, Http10ClosesUnlessAskedNotTo) {
  EXPECT_TRUE(Contains(Ask("GET /health HTTP/1.0\r\n\r\n"), "Connection: close\r\n"));
  RawSocket socket(server_.address());
  socket.Send("GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_TRUE(Contains(socket.ReceiveUntil("fine\n"), "Connection: keep-alive\r\n"));
  socket.Send("GET /health HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(Contains(socket.ReceiveAll(), "fine\n"));
}

TEST_F(Http1Test, ExpectContinueIsAnswered) {
  RawSocket socket(server_.address());
  socket.Send(Request("POST /echo/", "Content-Length: 4\r\nExpect: 100-continue\r\nConnection: close\r\n"));
  EXPECT_EQ(socket.ReceiveUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  socket.Send("body");
  EXPECT_TRUE(Contains(socket.ReceiveAll(), "POST body"));
}

TEST_F(Http1Test, BadRequestsAre400) {
  for (const std::string& request :
       {std::string("nonsense\r\n\r\n"), std::string("GET /health\r\n\r\n"),
        std::string("GET /health HTTP/1.1\r\n\r\n"), Request("GET /a b c"), Request("GET /%zz", kClose),
        Request("GET /health", "bad header\r\n"), Request("POST /echo/", "Content-Length: -1\r\n"),
        Request("POST /echo/", "Content-Length: x\r\n"), Request("GET /health", "Host: another\r\n")}) {
    EXPECT_EQ(Ask(request).substr(0, 13), "HTTP/1.1 400 ") << request;
  }
}

TEST_F(Http1Test, HeadersAndBodiesAreBounded) {
  EXPECT_EQ(Ask(Request("GET /health", "Long: " + std::string(100000, 'l') + "\r\n")).substr(0, 13), "HTTP/1.1 431 ");
  EXPECT_EQ(Ask(Request("POST /echo/", "Content-Length: 3000000\r\n")).substr(0, 13), "HTTP/1.1 413 ");
  EXPECT_EQ(Ask(Request("POST /echo/", "Transfer-Encoding: chunked\r\n") + "ffffff\r\n").substr(0, 13),
            "HTTP/1.1 413 ");
}

TEST_F(Http1Test, FieldsThatFollowTheBodyAreBounded) {
  const std::string chunked = Request("POST /echo/", "Transfer-Encoding: chunked\r\n");
  for (const std::string& rest :
       {"0\r\nx: " + std::string(65534, 'a') + "\r\n\r\n", "0\r\n" + std::string(65536, 'a') + ": x\r\n\r\n",
        "1;" + std::string(70000, 'a'), "0\r\n" + std::string(200000, 'a'), "1\r\na\r\n" + std::string(70000, '0')}) {
    EXPECT_EQ(Ask(chunked + rest).substr(0, 13), "HTTP/1.1 431 ") << rest.substr(0, 10);
  }
  EXPECT_TRUE(Contains(Ask(Request("GET /health", kClose)), "fine"));
}

TEST_F(Http1Test, AHeaderOfManyShortLinesIsBounded) {
  RawSocket socket(server_.address());
  socket.Send("GET /health HTTP/1.1\r\nHost: test\r\n");
  std::string lines;
  for (int i = 0; i < 500; ++i) lines += "a:\r\n";
  for (int i = 0; i < 40; ++i) socket.Send(lines);
  EXPECT_EQ(socket.ReceiveAll().substr(0, 13), "HTTP/1.1 431 ");
  EXPECT_EQ(Ask(Request("GET /health") + Request("GET /health", kClose)).substr(0, 13), "HTTP/1.1 200 ");
}

// Fields of the shortest.
std::string Fields(size_t count) {
  std::string fields;
  for (size_t i = 0; i < count; ++i) fields += "a:\r\n";
  return fields;
}

TEST_F(Http1Test, FieldsAreCountedHoweverTheyCome) {
  constexpr size_t kMost = Http1Parser::kFieldsMax - 1;  // beside the host
  EXPECT_TRUE(Contains(Ask(Request("GET /health", Fields(kMost - 1) + kClose)), "fine\n"));
  EXPECT_EQ(Ask(Request("GET /health", Fields(kMost + 1))).substr(0, 13), "HTTP/1.1 431 ");
  // In two pieces: the parser looks for the end of all of it, before it looks at any more. The answer to the request
  // before tells that the first piece was looked at.
  for (const bool too_many : {false, true}) {
    RawSocket socket(server_.address());
    socket.Send(Request("GET /health") + "GET /health HTTP/1.1\r\nHost: test\r\nhalf");
    socket.ReceiveUntil("fine\n");
    socket.Send(":\r\n" + Fields(kMost - 2 + (too_many ? 1 : 0)) + kClose + "\r\n");
    EXPECT_EQ(socket.ReceiveAll().substr(0, 13), too_many ? "HTTP/1.1 431 " : "HTTP/1.1 200 ");
  }
  // Of each request sent ahead.
  const std::string many = Request("GET /health", Fields(200));
  EXPECT_TRUE(Contains(Ask(many + many + Request("GET /none", kClose)), "HTTP/1.1 404 "));
}

TEST_F(Http1Test, FieldsBehindTheBodyAreCountedAsWell) {
  const std::string chunked = Request("POST /echo/", std::string("Transfer-Encoding: chunked\r\n") + kClose);
  EXPECT_TRUE(Contains(Ask(chunked + "1\r\na\r\n0\r\n" + Fields(200) + "\r\n"), "POST a"));
  EXPECT_EQ(Ask(chunked + "1\r\na\r\n0\r\n" + Fields(Http1Parser::kFieldsMax) + "\r\n").substr(0, 13), "HTTP/1.1 431 ");
  // Lines of the body are none.
  const std::string lines(2000, '\n');
  EXPECT_TRUE(Contains(Ask(Request("POST /echo/", "Content-Length: 2000\r\nConnection: close\r\n") + lines), lines));
}

TEST_F(Http1Test, FieldsThatFollowTheBodyAreNotTheRequests) {
  const std::string answer = Ask(Request("POST /echo/", "Transfer-Encoding: chunked\r\n") +
                                 "1\r\na\r\n0\r\nHost: another\r\nConnection: close\r\n\r\n" +
                                 Request("POST /echo/", "Content-Length: 1\r\nConnection: close\r\n") + "b");
  EXPECT_TRUE(Contains(answer, "POST a"));
  EXPECT_TRUE(Contains(answer, "POST b"));
}

TEST_F(Http1Test, AClientThatHalfClosesStillGetsItsAnswer) {
  RawSocket socket(server_.address());
  socket.Send(Request("GET /later"));
  socket.HalfClose();
  EXPECT_TRUE(Contains(socket.ReceiveAll(), "later\n"));
}

TEST_F(Http1Test, AClientThatHalfClosesGetsAllOfALargeAnswer) {
  RawSocket socket(server_.address());
  socket.Send(Request("GET /large/20000000"));
  socket.HalfClose();
  const std::string answer = socket.ReceiveAll();
  EXPECT_GT(answer.size(), 20'000'000u);
  EXPECT_EQ(answer.back(), 'l');
}

TEST_F(Http1Test, AClientThatHalfClosesGetsAllItAskedFor) {
  RawSocket socket(server_.address());
  socket.Send(Request("GET /large/1000000") + Request("GET /later") + Request("GET /echo/2") + "GET /unfinished");
  socket.HalfClose();
  const std::string answers = socket.ReceiveAll();
  EXPECT_TRUE(Contains(answers, "later\n"));
  EXPECT_TRUE(Contains(answers, "X-Path: /echo/2"));
}

TEST_F(Http1Test, ASharedPageComesWholeEachTime) {
  std::string requests;
  for (int i = 0; i < 9; ++i) requests += Request("GET /shared");
  const std::string answers = Ask(requests + Request("HEAD /shared") + Request("GET /shared", kClose));
  const std::string page = "\r\n\r\n" + SharedPage();
  size_t pages = 0;
  for (size_t at = 0; (at = answers.find(page, at)) != std::string::npos; at += page.size()) ++pages;
  EXPECT_EQ(pages, 10u);
  EXPECT_LT(answers.size(), 10 * page.size() + 11 * 300);
}

TEST_F(Http1Test, AClientThatTakesNoAnswersIsNotServedOn) {
  constexpr int kRequests = 100;
  constexpr size_t kBytes = 1'000'000;
  ServerOptions options;
  options.loops = 1;
  TestServer server(options);
  RawSocket socket(server.address());
  std::string requests;
  for (int i = 0; i < kRequests; ++i) requests += Request("GET /large/" + std::to_string(kBytes));
  socket.Send(requests);
  EXPECT_TRUE(server.observed().large.WaitFor(1));
  // Served in a later turn of the same loop.
  RawSocket other(server.address());
  other.Send(Request("GET /health"));
  other.ReceiveUntil("fine\n");
  EXPECT_LT(server.observed().large.value(), kRequests / 2);  // as much as the sockets hold
  size_t received = 0;
  while (received < kRequests * kBytes) {
    const std::string piece = socket.Receive();
    if (piece.empty()) break;
    received += piece.size();
  }
  EXPECT_GT(received, kRequests * kBytes);
  EXPECT_EQ(server.observed().large.value(), kRequests);
}

TEST_F(Http1Test, AClientThatTakesNothingForLongIsGivenUp) {
  ServerOptions options;
  options.stall_check_interval = std::chrono::milliseconds(20);
  TestServer server(options);
  RawSocket socket(server.address());
  socket.Send(Request("GET /large/50000000"));
  EXPECT_TRUE(server.observed().large.WaitFor(1));
  EXPECT_TRUE(base::Eventually([&] { return server.server().open_connections() == 0; }));
}

TEST_F(Http1Test, AHandlerThatDropsTheRequestIs500) {
  EXPECT_EQ(Ask(Request("GET /drop", kClose)).substr(0, 13), "HTTP/1.1 500 ");
}

TEST_F(Http1Test, ALongestPrefixAnswers) {
  EXPECT_TRUE(Contains(Ask(Request("GET /echo/", kClose)), "200 OK"));
  EXPECT_TRUE(Contains(Ask(Request("GET /echo", kClose)), "404 Not Found"));
}

TEST_F(Http1Test, AnyBytesLeaveTheServerStanding) {
  std::mt19937_64 random(19);
  const std::string good = Request("POST /echo/x?q=1", "Transfer-Encoding: chunked\r\n") + "3\r\nabc\r\n0\r\n\r\n" +
                           Request("GET /health", "Expect: 100-continue\r\n");
  for (int round = 0; round < 300; ++round) {
    std::string bytes = good + good;
    for (int flips = 1 + static_cast<int>(random() % 4); flips > 0; --flips) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    bytes.resize(random() % bytes.size());
    RawSocket socket(server_.address());
    socket.Send(bytes);
  }
  EXPECT_TRUE(Contains(Ask(Request("GET /health", kClose)), "fine\n"));
}

}  // namespace
}  // namespace quorate::rpc::testing
