#pragma once

// The incoming half of a gRPC call: from the bytes of its stream to whole messages. While too much waits to be sent, it
// takes none and keeps the stream's window. What has come, and the handler has not seen, is in the session's account.

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "src/rpc/deframer.h"

namespace quorate::rpc {

class GrpcCall;

// Loop thread only. Used again for the next call, from Begin to Close.
class GrpcRequest {
 public:
  explicit GrpcRequest(GrpcCall* call) : call_(*call) {}

  // The headers are there, and hold so much.
  void Begin(size_t header_bytes);
  // They are in order: messages follow.
  void ExpectMessages(Encoding encoding, size_t message_bytes_max);
  // Nothing of the headers is kept.
  void DropHeaders();
  // As Http2Stream's.
  size_t OnData(std::string_view bytes);
  void OnEnd();
  // Goes on with what came while it had to wait, as far as the flush at hand has time for it.
  void Resume();
  // The stream is over.
  void Close();

  // Whether a call that is not finished cannot begin its work, or go on, because the far side has not sent all of this.
  bool is_awaited() const;
  // Whether some of the stream's window is kept.
  bool withholds() const { return withheld_bytes_ > 0; }
  // Of the last message that came.
  size_t message_bytes() const { return message_bytes_; }

 private:
  // Takes whole messages from the front of `*bytes`: until there are no more, or the call ends, or must wait, or the
  // time is up.
  using TimePoint = std::chrono::steady_clock::time_point;
  void Decode(std::string_view* bytes, TimePoint until = TimePoint::max());
  void OnMessage(std::string_view message);
  void TakeEnd();
  // Of messages that the handler has not seen.
  size_t unseen_bytes() const { return undecoded_.size() + deframer_.held_bytes() + held_message_.size(); }
  void DropUnseen();
  // Brings the session's account of what this holds up to date.
  void CountHeld();

  GrpcCall& call_;
  Deframer deframer_;
  std::string undecoded_;     // what came while it had to wait; within the stream's window
  std::string held_message_;  // of a server-streaming call, until the client's end shows that it is the only one
  size_t header_bytes_ = 0;
  size_t message_bytes_ = 0;
  size_t held_bytes_ = 0;      // of headers and of unseen messages, as the session counts it
  size_t withheld_bytes_ = 0;  // of the stream's window
  bool got_message_ = false;
  bool ended_ = false;      // the client is done
  bool end_waits_ = false;  // behind what is undecoded
};

}  // namespace quorate::rpc
