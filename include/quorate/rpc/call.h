#pragma once

// What a handler sees of a call. Handlers know nothing of HTTP/2: they get the bytes of a message and answer with bytes
// and a status. gRPC over HTTP/2: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "quorate/base/payload.h"
#include "quorate/base/status.h"

namespace quorate::rpc {

class Loop;  // one event loop; src/rpc/loop.h

// Who is calling. Lives as long as the connection.
struct Peer {
  std::string address;  // "127.0.0.1:51234", "[::1]:51234" or "unix:path"
};

// The request's headers as far as handlers may care. Valid during the handler's call only; copy what must stay.
struct CallContext {
  std::string_view method;  // "/etcdserverpb.KV/Put"
  const Peer* peer = nullptr;
  // Custom metadata, names in lower case: "token", "hasleader", ...
  const std::vector<std::pair<std::string, std::string>>* metadata = nullptr;
  // When the client gives up; time_point::max() when it did not say. The engine itself answers DEADLINE_EXCEEDED then;
  // a handler reads it to not begin what nobody waits for.
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();

  // For fairness among those who ask for much: unary calls in progress on this connection, this one among them, and
  // the number of connections that have any.
  int64_t connection_calls = 1;
  int64_t busy_connections = 1;

  // The first value of a metadata entry, or "".
  std::string_view Metadata(std::string_view name) const;
};

// The right to answer one unary call; move-only. Any thread may finish it, exactly once; dropped unanswered, it answers
// INTERNAL. The call may have ended meanwhile (cancelled, connection lost): then the answer goes nowhere.
class UnaryCall {
 public:
  UnaryCall() = default;
  UnaryCall(Loop* loop, uint64_t connection, int32_t stream) : loop_(loop), connection_(connection), stream_(stream) {}
  UnaryCall(UnaryCall&& other) noexcept { *this = std::move(other); }
  UnaryCall& operator=(UnaryCall&& other) noexcept;
  ~UnaryCall();

  // Answers OK with a message. On the call's own loop thread this goes out at the end of the tick, from elsewhere it
  // is posted there; to answer many at once from elsewhere use ReplyBatch.
  void Reply(base::Payload message) &&;
  // The same for an answer that may as well be given up: when clients leave more answers untaken than the server may
  // hold, it becomes "too many requests". Not for calls that changed something.
  void ReplyIfRoom(base::Payload message) &&;
  // Answers with an error (or with OK and an empty message).
  void Fail(absl::Status status) &&;

  // A flag that is set once nobody waits for the answer any more: the call was cancelled, ran out of its time, or lost
  // its connection. For work that takes long. On the call's loop thread; the flag may be read by any.
  std::shared_ptr<const std::atomic<bool>> Abandoned() const;
  // Until when a long answer to the call would be made in vain, most likely: one on its connection was refused a moment
  // ago (ReplyIfRoom), and the client has taken hardly anything since. In the past when it would not. Threads as above.
  using Moment = std::atomic<std::chrono::steady_clock::time_point>;
  std::shared_ptr<const Moment> HasNoRoomUntil() const;
  // The index of the loop the call lives on, in [0, Server::loop_count()).
  int loop_index() const;
  // The number of its connection: not 0, and never used again for another one.
  uint64_t connection() const { return connection_; }
  explicit operator bool() const { return loop_ != nullptr; }

 private:
  friend class ReplyBatch;
  Loop* loop_ = nullptr;
  uint64_t connection_ = 0;
  int32_t stream_ = 0;
};

// Answers to many calls, given over to each loop with one wake-up. Used by the thread that makes it.
class ReplyBatch {
 public:
  ReplyBatch();
  ~ReplyBatch();  // flushes
  ReplyBatch(const ReplyBatch&) = delete;
  ReplyBatch& operator=(const ReplyBatch&) = delete;

  // A status other than OK goes without the message.
  void Add(UnaryCall call, absl::Status status, base::Payload message);
  void Flush();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// A unary method. Called on the call's loop thread; `message` is valid during the call only. Answer through `call`,
// now or later.
using UnaryHandler = std::function<void(const CallContext& context, std::string_view message, UnaryCall call)>;

class Stream;

// One instance for one streaming call (client, server or both sides streaming). All calls come on the loop thread.
class StreamHandler {
 public:
  virtual ~StreamHandler() = default;
  // One whole message from the client. For a unary or server-streaming method exactly one comes.
  virtual void OnMessage(std::string_view message) = 0;
  // The client will send no more.
  virtual void OnHalfClose() = 0;
  // What was queued has drained below Stream::kLowWaterBytes after Write, or HasRoom while something was queued,
  // returned false.
  virtual void OnWritable() = 0;
  // The stream is gone: finished, cancelled, reset, past its deadline, or its connection lost. The Stream must not be
  // used again; the handler is destroyed after this.
  virtual void OnClose() = 0;
};

// Names a stream from any thread.
struct StreamRef {
  Loop* loop = nullptr;
  uint64_t connection = 0;
  int32_t stream = 0;

  // Runs the function on the stream's loop with the stream, if it still lives; dropped otherwise. Any thread.
  void Post(std::function<void(Stream&)> function) const;
};

// The sending side of a streaming call. Loop thread only; lives until StreamHandler::OnClose returns.
class Stream {
 public:
  static constexpr size_t kHighWaterBytes = 1 << 20;
  static constexpr size_t kLowWaterBytes = 256 << 10;

  virtual ~Stream() = default;
  // Queues a message. False once kHighWaterBytes are queued, or while clients leave more untaken than the server may
  // hold: it was queued all the same, but wait for OnWritable before more. The client's flow-control window decides how
  // fast it drains. False, too, with nothing queued, when the stream is finished or closed, and for a message of 2
  // GiB or more, which finishes it with an error.
  virtual bool Write(base::Payload message) = 0;
  // For who can wait with making a message of about so many bytes: whether it may be queued as well. False: wait for
  // OnWritable; but it will not come while nothing is queued, and it is all others who leave no room. Ask again later
  // then.
  virtual bool HasRoom(size_t bytes) = 0;
  // Sends what is queued, then the status. No Write after it.
  virtual void Finish(absl::Status status) = 0;
  // As it counts for the bounds: the messages' bytes, and for each what it takes beside them. 0 when none is queued.
  virtual size_t queued_bytes() const = 0;
  // Counts what the handler keeps for the stream, until it closes, with all else that clients make the server hold;
  // negative when it keeps less. False, and nothing is counted, when that would be too much.
  virtual bool Keep(int64_t bytes) = 0;
  virtual StreamRef ref() const = 0;
  virtual int loop_index() const = 0;
};

// Makes the handler of one streaming call; `stream` outlives it. Loop thread. The context is valid during the call.
using StreamFactory = std::function<std::unique_ptr<StreamHandler>(const CallContext& context, Stream& stream)>;

}  // namespace quorate::rpc
