#pragma once

// Bytes on their way to one socket: short runs copied together, large shared buffers referenced, gathered to iovecs.

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
  void AppendShared(std::string_view bytes, const base::Buffer& owner);

  size_t pending() const { return pending_; }
  bool empty() const { return pending_ == 0; }
  // Fills up to `max` vectors with what comes next; returns how many.
  int Gather(iovec* vectors, int max) const;
  // The first `count` bytes are written.
  void Consume(size_t count);

 private:
  // A burst larger than this gives its memory back when it is written.
  static constexpr size_t kKeptBytes = 64 << 10;

  // A shared run that stands before bytes_[position].
  struct Shared {
    size_t position;
    base::Buffer owner;
    std::string_view bytes;
  };
  std::string bytes_;
  std::vector<Shared> shared_;
  size_t pending_ = 0;
  size_t position_ = 0;  // written of bytes_
  size_t index_ = 0;     // written of shared_
};

}  // namespace quorate::rpc
