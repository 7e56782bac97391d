#pragma once

// What speaks on a connection: HTTP/2 or HTTP/1.1.

#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>

#include "quorate/base/payload.h"
#include "quorate/rpc/http.h"
#include "src/rpc/output.h"

namespace quorate::rpc {

// The answer to a unary call, on its way to the call's loop.
struct Completion {
  uint64_t connection = 0;
  int32_t stream = 0;
  absl::Status status;
  base::Payload message;
  bool refusable = false;  // when clients leave too many answers untaken
};

// Loop thread only; owned by its Connection. The destructor tells all calls that they are over.
class Protocol {
 public:
  virtual ~Protocol() = default;
  // Takes what has arrived. False: the far side broke the protocol beyond repair; close once what Fill gives is sent.
  virtual bool OnBytes(std::string_view bytes) = 0;
  // Appends what is to be sent, until the output is full. False: close once the output is sent.
  virtual bool Fill(Output* output) = 0;
  // After output was written: lets handlers that waited for room go on.
  virtual void OnFlushed() {}
  // The far side has ended its side of the connection. True: stay until Fill says to close, to send it what it waits
  // for.
  virtual bool OnEnd() { return false; }
  // What waits behind a socket that takes no more; beyond kBacklogBytesMax nothing more is read until it takes some.
  virtual size_t backlog_bytes() const = 0;
  // Ask the far side to come again elsewhere, and close when the calls in flight are answered.
  virtual void BeginDrain() = 0;
  // The connection is closed: tells some of the calls, so many at most, that they are over. True when all are told; the
  // destructor is quick then.
  virtual bool TearDown(size_t calls_max) { return true; }
  virtual void Complete(int32_t stream, absl::Status status, base::Payload message) {}
  virtual void CompleteHttp(int32_t stream, HttpResponse response) = 0;
  virtual Stream* FindStream(int32_t stream) { return nullptr; }
  // See UnaryCall::Abandoned.
  virtual std::shared_ptr<const std::atomic<bool>> Abandoned(int32_t stream) { return nullptr; }
  // Whether an answer of that size would be too much beside those that wait to be taken.
  virtual bool IsTooMuchToQueue(size_t bytes) const = 0;
  // One was refused for that.
  virtual void OnAnswerRefused() {}
  // See UnaryCall.
  virtual std::shared_ptr<const UnaryCall::Moment> HasNoRoomUntil() { return nullptr; }

  static constexpr size_t kBacklogBytesMax = 4 << 20;
  // Who holds no more than this is served even while the process holds as much as it may, because of others.
  static constexpr int64_t kModestBytes = 64 << 10;
  // Rounds of ServerOptions::stall_check_interval after which an answer is given up of which too little was taken in
  // all of them, by the share in uptake.h: of a stream, or of all that waits for a connection's socket.
  static constexpr int kAnswerRoundsMax = 10;
};

}  // namespace quorate::rpc
