#pragma once

// One HTTP/2 stream as its session sees it: a gRPC call or a plain HTTP exchange. The session owns it, from the
// request's headers to the stream's end. Loop thread only.

#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "src/rpc/message_queue.h"
#include "src/rpc/output.h"
#include "src/rpc/protocol.h"
#include "src/rpc/uptake.h"

namespace quorate::rpc {

class Http2Session;

class Http2Stream {
 public:
  virtual ~Http2Stream() = default;

  // Bytes of the body. Returns how many the far side may send again in their place; the rest is given back later with
  // Http2Session::ReturnWindow.
  virtual size_t OnData(std::string_view bytes) = 0;
  // The far side is done sending.
  virtual void OnEnd() = 0;
  // The stream is over; the object is destroyed or reused after this.
  virtual void OnStreamClosed(uint32_t error_code) = 0;
  virtual void Complete(absl::Status status, base::Payload message) {}
  virtual void CompleteHttp(HttpResponse response) {}
  virtual Stream* stream() { return nullptr; }
  // See UnaryCall::Abandoned.
  virtual std::shared_ptr<const std::atomic<bool>> Abandoned() { return nullptr; }
  // It cannot begin its work, or go on, because the far side has not sent all of the request, or of a message.
  virtual bool AwaitsRequest() const = 0;

  // Whether what is queued is the end of the answer's body.
  virtual bool AnswerEnds() const = 0;
  // The last of the body is being sent: submit the trailers. False when there are none.
  virtual bool SubmitTrailers() = 0;
  // Some of the body went to the output.
  virtual void OnSent() {}
  // After the output was flushed, when OnSent asked for it with Http2Session::NotifyWhenFlushed.
  virtual void OnRoom() {}

  int32_t id() const { return id_; }

 protected:
  // Queues a message, or the bytes of a plain answer.
  void Enqueue(base::Payload message);
  void EnqueueRaw(base::Payload bytes);
  // Moves so many bytes of what is queued to the output. Returns by how much less the queue weighs.
  size_t TakeQueued(size_t length, Output* output);
  // What is queued will not be sent.
  void DropQueued();

  friend class Http2Session;
  friend struct Http2Callbacks;
  Http2Session* session_ = nullptr;
  int32_t id_ = 0;
  MessageQueue queue_;  // changed through the functions above only, which the session's account follows
  // The session's list of live streams.
  Http2Stream* previous_ = nullptr;
  Http2Stream* next_ = nullptr;
  // The body provider found nothing to send and waits for ResumeData.
  bool deferred_ = false;
  // Rounds in which the far side did not take enough of what it asked for, and in which it owed the same request or
  // message.
  int untaken_rounds_ = 0;
  int awaited_rounds_ = 0;
  Uptake uptake_;  // of what is queued
  // A gRPC call, whose object goes back to the loop.
  bool pooled_ = false;

 private:
  // Changes the queue, and the session's account of what is queued. Returns by how much more the queue weighs.
  template <typename Change>
  int64_t ChangeQueue(const Change& change);
};

}  // namespace quorate::rpc
