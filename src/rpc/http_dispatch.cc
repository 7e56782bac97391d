#include "src/rpc/http_dispatch.h"

#include <atomic>
#include <memory>
#include <optional>

#include "src/rpc/percent_encoding.h"

namespace quorate::rpc {
namespace {

// The duty to answer one request: passes on the first answer, and one of its own when it is dropped without.
class HttpAnswer {
 public:
  HttpAnswer(Loop* loop, uint64_t connection, int32_t stream) : loop_(loop), connection_(connection), stream_(stream) {}
  ~HttpAnswer() {
    if (!answered_.load()) Send(PlainAnswer(500, "internal server error"));
  }
  HttpAnswer(const HttpAnswer&) = delete;
  HttpAnswer& operator=(const HttpAnswer&) = delete;

  void Send(HttpResponse response) {
    if (answered_.exchange(true)) return;
    if (loop_->IsCurrent()) {
      Deliver(loop_, connection_, stream_, std::move(response));
      return;
    }
    auto shared = std::make_shared<HttpResponse>(std::move(response));
    loop_->Post([loop = loop_, connection = connection_, stream = stream_, shared] {
      Deliver(loop, connection, stream, std::move(*shared));
    });
  }

 private:
  static void Deliver(Loop* loop, uint64_t id, int32_t stream, HttpResponse response) {
    Connection* connection = loop->FindConnection(id);
    if (connection == nullptr || connection->protocol() == nullptr) return;
    if (connection->protocol()->IsTooMuchToQueue(response.body.size())) response = TooManyRequestsAnswer();
    connection->protocol()->CompleteHttp(stream, std::move(response));
    loop->MarkDirty(connection);
  }

  Loop* const loop_;
  const uint64_t connection_;
  const int32_t stream_;
  std::atomic<bool> answered_{false};
};

}  // namespace

HttpResponse TooManyRequestsAnswer() { return {.status = 503}; }

HttpResponse PlainAnswer(int status, std::string_view text) {
  HttpResponse response;
  response.status = status;
  response.body = base::Payload(std::string(text) + "\n");
  response.headers.emplace_back("x-content-type-options", "nosniff");
  return response;
}

void DispatchHttp(Connection* connection, int32_t stream, std::string_view target, HttpRequest request) {
  Loop& loop = connection->loop();
  const auto answer = std::make_shared<HttpAnswer>(&loop, connection->id(), stream);
  // A proxy's form, "http://host/path".
  if (!target.empty() && target.front() != '/') {
    const size_t authority = target.find("://");
    const size_t path = authority == std::string_view::npos ? authority : target.find('/', authority + 3);
    target = path == std::string_view::npos ? (target == "*" ? target : std::string_view("/")) : target.substr(path);
  }
  target = target.substr(0, target.find('#'));
  const size_t question = target.find('?');
  std::optional<std::string> path = DecodeUrl(target.substr(0, question), UrlPart::kPath);
  if (!path.has_value()) {
    answer->Send(PlainAnswer(400, "400 Bad Request"));
    return;
  }
  request.path = std::move(*path);
  if (question != std::string_view::npos) request.query = target.substr(question + 1);
  request.peer = &connection->peer();
  request.loop_index = loop.index();
  const HttpHandler* handler = loop.server().registry->FindHttp(request.path);
  if (handler == nullptr) {
    answer->Send(PlainAnswer(404, "404 page not found"));
    return;
  }
  loop.NoteHandedOver();
  (*handler)(request, [answer](HttpResponse response) { answer->Send(std::move(response)); });
}

}  // namespace quorate::rpc
