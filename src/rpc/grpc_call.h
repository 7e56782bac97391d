#pragma once

// One gRPC call on an HTTP/2 stream: from headers and messages to the handler, from its answer to messages and
// trailers. https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "quorate/rpc/call.h"
#include "src/rpc/grpc_request.h"
#include "src/rpc/http2_stream.h"
#include "src/rpc/request_headers.h"
#include "src/rpc/timer_wheel.h"

namespace quorate::rpc {

// Loop thread only. Reused: Begin starts the next call once OnStreamClosed ended the one before.
class GrpcCall final : public Http2Stream, public Stream {
 public:
  GrpcCall();
  ~GrpcCall() override;

  // The request's headers are complete; takes their contents.
  void Begin(RequestHeaders* headers);

  size_t OnData(std::string_view bytes) override { return request_.OnData(bytes); }
  void OnEnd() override { request_.OnEnd(); }
  void OnStreamClosed(uint32_t error_code) override;
  void Complete(absl::Status status, base::Payload message) override;
  rpc::Stream* stream() override { return this; }
  bool AwaitsRequest() const override;
  bool AnswerEnds() const override { return finished_ && !ended_; }
  bool SubmitTrailers() override;
  void OnSent() override;
  void OnRoom() override;
  std::shared_ptr<const std::atomic<bool>> Abandoned() override;

  bool Write(base::Payload message) override;
  bool HasRoom(size_t bytes) override;
  void Finish(absl::Status status) override;
  size_t queued_bytes() const override { return queue_.weight(); }
  bool Keep(int64_t bytes) override;
  StreamRef ref() const override;
  int loop_index() const override;

  // For its request.
  Http2Session& session() { return *session_; }
  const Method* method() const { return method_; }
  bool finished() const { return finished_; }
  // So much waits to be sent that no more messages are taken.
  bool MustWait() const;
  Loop& loop() const;
  // OnRoom is called once this has been flushed and the others have had their turn.
  void GoOnLater();
  // A whole message has come. False when the answers that nobody takes leave no room for one more: the call is then
  // finished.
  bool AdmitMessage(size_t bytes);
  // To the handler.
  void Deliver(std::string_view message);
  void DeliverEnd();

 private:
  absl::Status CheckHeaders(std::string_view* http_status);
  void OnDeadline();
  void CountSent(size_t bytes);
  void SetFinished(absl::Status status);
  void SubmitHeaders();
  // The whole answer in one block of headers; OK only for calls that never had a body.
  void SubmitTrailersOnly(std::string_view http_status);
  void CloseHandler();
  CallContext Context() const;

  RequestHeaders headers_;
  const Method* method_ = nullptr;
  GrpcRequest request_;
  std::unique_ptr<StreamHandler> handler_;
  MemberTimer<GrpcCall, &GrpcCall::OnDeadline> deadline_timer_;
  std::chrono::steady_clock::time_point deadline_;
  std::chrono::steady_clock::time_point started_;
  std::chrono::steady_clock::time_point finished_at_;
  absl::Status status_;
  std::string encoded_message_;
  std::shared_ptr<std::atomic<bool>> abandoned_;  // for those who asked
  int64_t kept_bytes_ = 0;                        // by the handler
  bool answered_ = false;                         // headers are submitted
  bool finished_ = false;                         // the status is known
  bool ended_ = false;                            // trailers are submitted
  bool closed_ = false;                           // the stream is over
  bool wants_room_ = false;                       // Write or HasRoom returned false
  bool room_noted_ = false;                       // OnRoom is due
};

}  // namespace quorate::rpc
