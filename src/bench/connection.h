#pragma once

// One HTTP/2 connection that carries gRPC calls, on nghttp2 and a non-blocking socket. Belongs to one thread.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "quorate/base/status.h"

struct nghttp2_session;

namespace quorate::bench {

class Connection;
struct RequestSlot;

// gRPC's 5 bytes before each message.
inline constexpr size_t kGrpcPrefixSize = 5;
// Writes the length of the message that fills the string from `at` + kGrpcPrefixSize to its end.
void WriteGrpcPrefix(std::string* text, size_t at);

// Takes the messages of an answer one by one, while they arrive.
class MessageListener {
 public:
  virtual ~MessageListener() = default;
  // `message` is valid during the call.
  virtual void OnMessage(RequestSlot* slot, std::string_view message) = 0;
};

// A place for one request in flight, used again for the next one; its strings keep their memory.
struct RequestSlot {
  // Set once, by the owner.
  size_t index = 0;
  Connection* connection = nullptr;
  // The call stays open after the request, and the next request is a further message of it. Without a listener a
  // message of the answer ends the request, with success.
  bool keeps_stream = false;
  // Takes the answer's messages; the request then ends with the call. Not owned.
  MessageListener* listener = nullptr;
  // The connection's own bookkeeping.
  size_t active_at = 0;
  bool in_flight = false;
  int32_t stream = 0;

  // The request: gRPC's prefix and the message; a call that keeps its stream may send several such pairs at once.
  std::string request;
  size_t request_sent = 0;
  int64_t start_ns = 0;

  // The answer: gRPC prefix and message, status and its text. A call that ended without a status has kNoStatus.
  static constexpr int kNoStatus = -1;
  std::string reply;
  int grpc_status = kNoStatus;
  std::string grpc_message;

  // The message of the answer without its prefix.
  std::string_view ReplyMessage() const;
};

class Connection {
 public:
  // Takes over the socket.
  Connection(int fd, std::string authority);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int fd() const { return fd_; }
  // False once the peer is gone: nothing can be submitted any more.
  bool alive() const { return alive_; }
  bool wants_write() const { return out_at_ < out_.size(); }

  // Queues slot->request as a call of `path`, which must live as long as the connection. Call Flush() afterwards.
  void Submit(RequestSlot* slot, std::string_view path);
  // Writes what is queued, as far as the socket takes it.
  void Flush();
  // Reads what has arrived; appends the slots whose calls ended to *done. When the connection breaks, those are all
  // that were in flight, with status UNAVAILABLE.
  void Receive(std::vector<RequestSlot*>* done);
  // Breaks the connection and ends what is in flight.
  void Abort(std::string_view why, std::vector<RequestSlot*>* done);

 private:
  friend struct SessionCallbacks;

  int fd_;
  std::string authority_;
  nghttp2_session* session_ = nullptr;
  bool alive_ = true;
  // Calls in flight, each at its slot's active_at.
  std::vector<RequestSlot*> active_;
  std::vector<RequestSlot*> ended_;
  // Bytes for the socket, from out_at_ on.
  std::string out_;
  size_t out_at_ = 0;
};

}  // namespace quorate::bench
