#include "src/rpc/http2_exchange.h"

#include <algorithm>
#include <cctype>
#include <utility>
#include <vector>

#include "src/rpc/http2_session.h"
#include "src/rpc/http_dispatch.h"

namespace quorate::rpc {

void Http2Exchange::Begin(const RequestHeaders& headers) {
  is_head_ = headers.http_method == "HEAD";
  if (session_->HoldsTooMuch()) {
    CompleteHttp(TooManyRequestsAnswer());
    return;
  }
  CountHeld(headers.bytes());
  target_ = headers.path;
  request_.method = headers.http_method;
  request_.headers = headers.metadata;
  for (auto& [name, value] : request_.headers) {
    if (name == ":authority") name = "host";
  }
}

size_t Http2Exchange::OnData(std::string_view bytes) {
  if (answered_) return bytes.size();
  const size_t limit = session_->loop().server().options.receive_message_bytes_max;
  if (request_.body.size() + bytes.size() > limit) {
    CompleteHttp(PlainAnswer(413, "http: request body too large"));
  } else if (session_->ReceivedTooMuch()) {
    CompleteHttp(TooManyRequestsAnswer());
  } else {
    request_.body.append(bytes);
    CountHeld(held_bytes_ + bytes.size());
  }
  return bytes.size();
}

void Http2Exchange::OnEnd() {
  ended_ = true;
  if (answered_) return;
  DispatchHttp(&session_->connection(), id_, target_, std::move(request_));
  DropRequest();
}

void Http2Exchange::CountHeld(size_t held) {
  session_->CountReceived(static_cast<int64_t>(held) - static_cast<int64_t>(held_bytes_));
  held_bytes_ = held;
}

void Http2Exchange::DropRequest() {
  std::string().swap(target_);
  request_ = HttpRequest();
  CountHeld(0);
}

void Http2Exchange::CompleteHttp(HttpResponse response) {
  if (std::exchange(answered_, true)) return;
  const std::string status = std::to_string(response.status);
  const std::string length = std::to_string(response.body.size());
  std::vector<nghttp2_nv> headers = {CopiedHeader(":status", status),
                                     CopiedHeader("content-type", response.content_type),
                                     CopiedHeader("content-length", length)};
  for (auto& [name, value] : response.headers) {
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char byte) { return std::tolower(byte); });
    nghttp2_nv header = CopiedHeader(name, value);
    header.flags = NGHTTP2_NV_FLAG_NONE;  // the name does not outlive this call either
    headers.push_back(header);
  }
  const bool has_body = !is_head_ && !response.body.empty();
  if (!response.is_error()) session_->connection().NoteAnswer(0);
  if (has_body) EnqueueRaw(std::move(response.body));
  session_->SubmitAnswer(this, headers.data(), headers.size(), has_body);
  if (!ended_) DropRequest();  // it was refused before it was whole
}

}  // namespace quorate::rpc
