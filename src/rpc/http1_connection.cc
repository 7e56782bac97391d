#include "src/rpc/http1_connection.h"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/status.hpp>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "src/rpc/connection.h"
#include "src/rpc/http1_parser.h"
#include "src/rpc/http_dispatch.h"
#include "src/rpc/message_queue.h"

namespace quorate::rpc {
namespace {

namespace http = boost::beast::http;

// Requests sent ahead of their turn; beyond it the socket is not read.
constexpr size_t kInputBytesMax = 64 << 10;
// Answers to such requests that wait to be taken; beyond it no further request is begun.
constexpr size_t kAheadBytesMax = 256 << 10;
// A longer buffer is given back once it is empty.
constexpr size_t kKeptBytes = 4 << 10;
// Of a request's header, and of what follows it without being its body: a chunk's size, or the fields after the last
// chunk. Beast looks at its own bound in the header only.
constexpr uint32_t kHeaderBytesMax = 64 << 10;
// A request must have come whole by then.
constexpr int64_t kRequestTimeoutMs = 60 * 1000;
// The next one must have begun.
constexpr int64_t kIdleTimeoutMs = 300 * 1000;

std::string HttpDate() {
  const std::time_t now = std::time(nullptr);
  std::tm utc = {};
  ::gmtime_r(&now, &utc);
  std::array<char, 64> text;
  return {text.data(), std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc)};
}

class Http1Connection final : public Protocol {
 public:
  explicit Http1Connection(Connection* connection)
      : connection_(connection), timeout_(connection), idle_timeout_(connection) {}
  ~Http1Connection() override {
    CountHeld(0);
    queue_.Reset();
    CountQueued();
  }

  bool OnBytes(std::string_view bytes) override {
    // Nothing more is answered, and nothing more kept.
    if (closing_) return false;
    input_.append(bytes);
    ParseRequests();
    if (held_bytes_ > kModestBytes && !is_busy() && connection_->loop().too_many_received()) RefuseWith(503);
    return true;
  }

  bool Fill(Output* output) override {
    while (!output->full() && queue_.bytes() > 0) queue_.Take(std::min(queue_.bytes(), Output::kOwnBytes), output);
    CountQueued();
    return queue_.bytes() > 0 || is_busy() || !(closing_ || draining_ || ended_);
  }

  void OnFlushed() override {
    if (!paused_) return;
    ParseRequests();
    connection_->loop().MarkDirty(connection_);
  }

  bool OnEnd() override {
    ended_ = true;
    return true;
  }

  size_t backlog_bytes() const override { return queue_.bytes(); }

  bool IsTooMuchToQueue(size_t bytes) const override {
    Loop& loop = connection_->loop();
    const auto size = static_cast<int64_t>(bytes);
    return loop.queued_bytes() + size > loop.server().options.queued_bytes_max &&
           static_cast<int64_t>(queue_.weight()) + size > kModestBytes;
  }

  void BeginDrain() override { draining_ = true; }

  void CompleteHttp(int32_t request, HttpResponse response) override {
    if (!waiting_ || request != request_) return;
    waiting_ = false;
    // Whether a page is taken is not known yet, and one that many are given costs no more than a line.
    if (!response.is_error()) connection_->NoteAnswer(0);
    Write(std::move(response));
    if (!parsing_) ParseRequests();
  }

 private:
  // It goes on without the far side having to send anything.
  bool is_busy() const { return waiting_ || paused_; }
  bool IsFarAhead() const { return queue_.weight() > kAheadBytesMax; }

  // Until there are no more, or answers have to be made or sent first.
  void ParseRequests() {
    parsing_ = true;
    connection_->SetIdle(false);
    connection_->loop().timers().Cancel(&idle_timeout_);
    while (!waiting_ && !closing_ && !IsFarAhead() && ParseSome()) {
    }
    parsing_ = false;
    DropParsed();
    paused_ = !waiting_ && !closing_ && IsFarAhead() && !input_.empty();
    CountHeld(input_.size() + (parser_.has_value() ? parser_->held_bytes() : 0));
    connection_->SetReading(!ended_ && !(is_busy() && input_.size() > kInputBytesMax));
    if (!is_busy() && !closing_) AwaitBytes();
  }

  void AwaitBytes() {
    TimerWheel& timers = connection_->loop().timers();
    const int64_t now_ms = connection_->loop().now_ms();
    const bool idle = !parser_.has_value() && input_.empty();
    connection_->SetIdle(idle);
    if (idle) {
      timers.Schedule(&idle_timeout_, now_ms + kIdleTimeoutMs);
    } else if (!timeout_.scheduled()) {
      timers.Schedule(&timeout_, now_ms + kRequestTimeoutMs);
    }
  }

  void DropParsed() {
    input_.erase(0, std::exchange(parsed_, 0));
    if (input_.empty() && input_.capacity() > kKeptBytes) std::string().swap(input_);
  }

  void CountQueued() {
    const auto queued = static_cast<int64_t>(queue_.weight());
    connection_->loop().load().AddQueued(queued - std::exchange(queued_bytes_, queued));
  }

  void CountHeld(size_t held) {
    connection_->loop().load().AddReceived(static_cast<int64_t>(held) - held_bytes_);
    held_bytes_ = static_cast<int64_t>(held);
  }

  void BeginRequest() {
    parser_.emplace();
    parser_->eager(false);  // up to the end of the header
    parser_->header_limit(kHeaderBytesMax);
    parser_->body_limit(connection_->loop().server().options.receive_message_bytes_max);
    header_bytes_ = 0;
    in_header_ = true;
  }

  // False when it needs more bytes.
  bool ParseSome() {
    if (parsed_ == input_.size()) return false;
    if (!parser_.has_value()) BeginRequest();
    const size_t offered = std::min<size_t>(input_.size() - parsed_, kHeaderBytesMax);
    boost::beast::error_code error;
    const size_t used = parser_->put(boost::asio::buffer(input_.data() + parsed_, offered), error);
    parsed_ += used;
    if (error == http::error::need_more) error = {};
    if (in_header_) header_bytes_ += used;
    const size_t waiting = used == 0 ? offered : 0;
    if (!error && header_bytes_ + waiting >= kHeaderBytesMax) {
      error = http::error::header_limit;
    }
    if (error) {
      Refuse(error);
      return false;
    }
    if (in_header_ && parser_->is_header_done()) EndHeader();
    if (parser_->is_done()) {
      Dispatch();
      return true;
    }
    return used > 0;
  }

  // Looked at now: fields that come behind the body would be taken for the header's.
  void EndHeader() {
    in_header_ = false;
    header_bytes_ = 0;
    parser_->eager(true);
    keep_alive_ = parser_->keep_alive();
    is_http10_ = parser_->is_http10();
    is_head_ = parser_->is_head();
    if (!parser_->is_done() && parser_->expects_continue()) {
      queue_.PushRaw(base::Payload(std::string("HTTP/1.1 100 Continue\r\n\r\n")));
    }
  }

  void Refuse(const boost::beast::error_code& error) {
    int status = 400;
    if (error == http::error::header_limit) status = 431;
    if (error == http::error::body_limit) status = 413;
    RefuseWith(status);
  }

  void RefuseWith(int status) {
    const std::string line =
        std::to_string(status) + " " + std::string(http::obsolete_reason(http::int_to_status(status)));
    keep_alive_ = false;
    is_head_ = false;
    HttpResponse response;
    response.status = status;
    response.body = base::Payload(line);
    Write(std::move(response));
    connection_->loop().timers().Cancel(&timeout_);
    input_ = {};
    parsed_ = 0;
    parser_.reset();
    header_bytes_ = 0;
  }

  void Dispatch() {
    const bool has_host = is_http10_ || parser_->has_one_host();
    const std::string target = parser_->TakeTarget();
    HttpRequest request = parser_->TakeRequest();
    parser_.reset();
    connection_->loop().timers().Cancel(&timeout_);
    ++request_;
    if (!has_host) {
      RefuseWith(400);
      return;
    }
    waiting_ = true;
    DispatchHttp(connection_, request_, target, std::move(request));
  }

  void Write(HttpResponse response) {
    const bool keep_alive = keep_alive_ && !draining_;
    const auto reason = http::obsolete_reason(http::int_to_status(static_cast<unsigned>(response.status)));
    std::string head = "HTTP/1.1 " + std::to_string(response.status) + " " + std::string(reason) + "\r\n";
    for (const auto& [name, value] : response.headers) head += name + ": " + value + "\r\n";
    if (!response.content_type.empty()) head += "Content-Type: " + response.content_type + "\r\n";
    head += "Date: " + HttpDate() + "\r\n";
    head += "Content-Length: " + std::to_string(response.body.size()) + "\r\n";
    if (!keep_alive) head += "Connection: close\r\n";
    if (keep_alive && is_http10_) head += "Connection: keep-alive\r\n";
    head += "\r\n";
    queue_.PushRaw(base::Payload(std::move(head)));
    if (!is_head_ && !response.body.empty()) queue_.PushRaw(std::move(response.body));
    closing_ = !keep_alive;
    CountQueued();
  }

  Connection* const connection_;
  std::string input_;
  size_t parsed_ = 0;   // of it, in this turn
  MessageQueue queue_;  // of answers
  std::optional<Http1Parser> parser_;
  Connection::CloseTimer timeout_;
  Connection::CloseTimer idle_timeout_;
  size_t header_bytes_ = 0;   // so far, of one that is not whole
  int64_t held_bytes_ = 0;    // in the loop's account
  int64_t queued_bytes_ = 0;  // likewise
  int32_t request_ = 0;       // the number of the one being answered
  bool parsing_ = false;
  bool waiting_ = false;  // for an answer
  bool paused_ = false;   // until more of the output is taken
  bool keep_alive_ = true;
  bool is_http10_ = false;
  bool is_head_ = false;
  bool in_header_ = false;
  bool closing_ = false;
  bool draining_ = false;
  bool ended_ = false;  // the far side sends no more
};

}  // namespace

std::unique_ptr<Protocol> MakeHttp1Connection(Connection* connection) {
  return std::make_unique<Http1Connection>(connection);
}

}  // namespace quorate::rpc
