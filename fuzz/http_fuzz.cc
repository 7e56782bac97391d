// A whole connection: whatever a client sends, HTTP/2 or HTTP/1.1, the server ends it in good order and holds nothing
// afterwards.

#include <memory>
#include <utility>

#include "fuzz/connection.h"
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
    rpc::HttpResponse response;
    response.body = base::Payload(request.path + request.QueryValue("q") + request.body);
    reply(std::move(response));
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

}  // namespace

void Try(std::string_view input) {
  static const int port = StartServer();
  Connection connection(port);
  connection.Send(input);
  connection.HalfClose();
  while (!connection.Receive().empty()) {
  }
}

std::vector<std::string> Seeds() {
  const std::string opening = std::string(kHttp2Opening) + Frame(kSettings, 0, 0, "");
  const std::string message = Message("hi");
  return {
      opening + Call(1, "/e/S") + Frame(kData, kEndStream, 1, message),
      opening + Call(1, "/e/C") + Frame(kData, 0, 1, message) + Call(3, "/e/S") + Frame(kData, kEndStream, 3, message) +
          Frame(kReset, 0, 3, std::string(4, 1)),
      opening + Frame(kPing, 0, 0, "12345678") + Frame(kWindowUpdate, 0, 0, std::string("\0\0\0\1", 4)) +
          Call(1, "/none") + Frame(kSettings, 0, 0, std::string("\0\4\0\0\0\1", 6)) +
          Frame(kGoAway, 0, 0, std::string(8, '\0')),
      "GET /h/x?q=%41 HTTP/1.1\r\nHost: a\r\n\r\n",
      "POST /h/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nGET /h/ HTTP/1.0\r\n\r\n",
      "PUT /h/ HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc"};
}

}  // namespace quorate::fuzz
