#pragma once

// A plain request and its answer on an HTTP/2 stream.

#include <string>
#include <string_view>

#include "src/rpc/http2_stream.h"
#include "src/rpc/request_headers.h"

namespace quorate::rpc {

class Http2Exchange final : public Http2Stream {
 public:
  // The request's headers are complete.
  void Begin(const RequestHeaders& headers);

  size_t OnData(std::string_view bytes) override;
  void OnEnd() override;
  void OnStreamClosed(uint32_t) override { CountHeld(0); }
  void CompleteHttp(HttpResponse response) override;
  bool AwaitsRequest() const override { return !ended_ && !answered_; }
  bool AnswerEnds() const override { return true; }
  bool SubmitTrailers() override { return false; }

 private:
  // Brings the session's account of what the request holds up to date.
  void CountHeld(size_t held);
  // The request is of no more use.
  void DropRequest();

  std::string target_;
  HttpRequest request_;
  size_t held_bytes_ = 0;  // of headers and body, in the session's account
  bool is_head_ = false;
  bool ended_ = false;  // the request is whole
  bool answered_ = false;
};

}  // namespace quorate::rpc
