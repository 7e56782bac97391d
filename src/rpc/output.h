#pragma once

// Bytes on their way to one socket: short runs copied together, large shared buffers referenced, gathered to iovecs.
// Loop thread only.

#include <sys/uio.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "quorate/base/buffer.h"

namespace quorate::rpc {

class Output {
 public:
  void Append(std::string_view bytes) {
    bytes_.append(bytes);
    pending_ += bytes.size();
  }
  // Bytes that lie in `owner`, kept alive until they are written.
  void AppendShared(std::string_view bytes, base::Buffer owner);

  size_t pending() const { return pending_; }
  bool empty() const { return pending_ == 0; }
  // How much is written in a turn, at most kPendingBytes.
  void SetTurn(size_t bytes) { turn_bytes_ = bytes; }
  // Enough for one turn of writing. Few large writes cost less than many small ones, so what is only referenced may be
  // more than what is held here.
  bool full() const { return pending_ >= turn_bytes_ || bytes_.size() - position_ >= kOwnBytes; }
  // Fills up to `max` vectors with what comes next; returns how many.
  int Gather(iovec* vectors, int max) const;
  // The first `count` bytes are written.
  void Consume(size_t count);
  // Gives back the memory of a burst that is written.
  void Trim();
  size_t memory_bytes() const { return bytes_.capacity() + shared_.capacity() * sizeof(Shared); }

  static constexpr size_t kPendingBytes = 1 << 20;
  static constexpr size_t kOwnBytes = 256 << 10;

 private:
  static constexpr size_t kKeptBytes = 64 << 10;
  static constexpr size_t kKeptShared = 1024;

  // A shared run that stands before bytes_[position].
  struct Shared {
    size_t position;
    base::Buffer owner;
    std::string_view bytes;
  };
  // Forgets what is written once it is the larger part: a socket that is always a little behind never empties this.
  void DropWritten();

  std::string bytes_;
  std::vector<Shared> shared_;
  size_t turn_bytes_ = kPendingBytes;
  size_t pending_ = 0;
  size_t position_ = 0;  // written of bytes_
  size_t index_ = 0;     // written of shared_
};

}  // namespace quorate::rpc
