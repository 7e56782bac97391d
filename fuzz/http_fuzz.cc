// A whole connection: whatever a client sends, HTTP/2 or HTTP/1.1, the server ends it in good order and holds nothing
// afterwards.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>

#include "fuzz/target.h"
#include "quorate/base/check.h"
#include "quorate/rpc/server.h"

namespace quorate::fuzz {
namespace {

class Echo final : public rpc::StreamHandler {
 public:
  explicit Echo(rpc::Stream& stream) : stream_(stream) {}
  void OnMessage(std::string_view message) override { stream_.Write(base::Payload(std::string(message))); }
  void OnHalfClose() override { stream_.Finish(absl::OkStatus()); }
  void OnWritable() override {}
  void OnClose() override {}

 private:
  rpc::Stream& stream_;
};

rpc::Registry MakeRegistry() {
  rpc::Registry registry;
  registry.AddUnary("/e/S", [](const rpc::CallContext&, std::string_view message, rpc::UnaryCall call) {
    std::move(call).Reply(base::Payload(std::string(message)));
  });
  registry.AddStream("/e/C", rpc::Registry::StreamKind::kBidirectional,
                     [](const rpc::CallContext&, rpc::Stream& stream) { return std::make_unique<Echo>(stream); });
  registry.AddHttp("/h/", [](const rpc::HttpRequest& request, rpc::HttpReply reply) {
    reply({.body = request.path + request.QueryValue("q") + request.body});
  });
  return registry;
}

int StartServer() {
  rpc::ServerOptions options;
  options.loops = 1;
  options.receive_message_bytes_max = 16 << 10;
  static rpc::Server& server = *new rpc::Server(options, MakeRegistry());
  const auto address = server.Listen("http://127.0.0.1:0");
  QUORATE_CHECK(address.ok()) << base::MessageOf(address.status());
  server.Start();
  return std::stoi(address->substr(address->rfind(':') + 1));
}

std::string Frame(char type, char flags, char stream, const std::string& payload) {
  std::string frame = {
      0, static_cast<char>(payload.size() >> 8), static_cast<char>(payload.size()), type, flags, 0, 0, 0, stream};
  return frame + payload;
}

std::string Literal(const std::string& name, const std::string& value) {
  return std::string(1, '\0') + static_cast<char>(name.size()) + name + static_cast<char>(value.size()) + value;
}

std::string Call(char stream, const std::string& path) {
  return Frame(1, 4, stream,
               Literal(":method", "POST") + Literal(":scheme", "http") + Literal(":path", path) +
                   Literal(":authority", "a") + Literal("content-type", "application/grpc") +
                   Literal("te", "trailers") + Literal("grpc-timeout", "9S"));
}

}  // namespace

void Try(std::string_view input) {
  static const int port = StartServer();
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  QUORATE_CHECK(descriptor >= 0);
  // A reset at the end leaves no port behind in TIME_WAIT: there are thousands of runs a second.
  const linger at_once = {.l_onoff = 1, .l_linger = 0};
  ::setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  const timeval patience = {.tv_sec = 20, .tv_usec = 0};
  ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  QUORATE_CHECK(::connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  while (!input.empty()) {
    const ssize_t sent = ::send(descriptor, input.data(), input.size(), MSG_NOSIGNAL);
    if (sent <= 0) break;
    input.remove_prefix(static_cast<size_t>(sent));
  }
  ::shutdown(descriptor, SHUT_WR);
  char buffer[4096];
  ssize_t received;
  while ((received = ::recv(descriptor, buffer, sizeof(buffer), 0)) > 0) {
  }
  QUORATE_CHECK(received == 0 || errno == ECONNRESET) << "the connection stays open";
  ::close(descriptor);
}

std::vector<std::string> Seeds() {
  const std::string opening = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + Frame(4, 0, 0, "");
  const std::string message("\0\0\0\0\2hi", 7);
  return {
      opening + Call(1, "/e/S") + Frame(0, 1, 1, message),
      opening + Call(1, "/e/C") + Frame(0, 0, 1, message) + Call(3, "/e/S") + Frame(0, 1, 1, message) +
          Frame(3, 0, 3, std::string(4, 1)),
      opening + Frame(6, 0, 0, "12345678") + Frame(8, 0, 0, std::string("\0\0\0\1", 4)) + Call(1, "/none") +
          Frame(4, 0, 0, std::string("\0\4\0\0\0\1", 6)) + Frame(7, 0, 0, std::string(8, '\0')),
      "GET /h/x?q=%41 HTTP/1.1\r\nHost: a\r\n\r\n",
      "POST /h/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nGET /h/ HTTP/1.0\r\n\r\n",
      "PUT /h/ HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc"};
}

}  // namespace quorate::fuzz
