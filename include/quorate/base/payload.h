#pragma once

// An outgoing message as a chain of slices: short owned runs (tags, lengths, headers) and shared Buffers (stored
// records). It is gathered to the socket without being joined.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "quorate/base/buffer.h"

namespace quorate::base {

class Payload {
 public:
  Payload() = default;
  // Takes one contiguous run; the common case for small answers.
  explicit Payload(std::string bytes) : bytes_(std::move(bytes)), size_(bytes_.size()) {}

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // Copies the bytes to the end.
  void Append(std::string_view bytes) {
    bytes_.append(bytes);
    size_ += bytes.size();
  }
  // Appends bytes [offset, offset + length) of a shared buffer. Runs under kInlineBytes are copied: cheaper than an
  // iovec.
  void Append(const Buffer& buffer, size_t offset, size_t length);
  void Append(const Buffer& buffer) { Append(buffer, 0, buffer.size()); }
  // Appends another payload, taking over its slices.
  void Append(Payload other);

  // Calls visit(std::string_view) for each run in order. The views live as long as this payload is unchanged.
  template <typename Visitor>
  void ForEach(Visitor&& visit) const {
    size_t at = 0;
    for (const Shared& shared : shared_) {
      if (shared.position > at) visit(std::string_view(bytes_).substr(at, shared.position - at));
      at = shared.position;
      visit(shared.buffer.view().substr(shared.offset, shared.length));
    }
    if (bytes_.size() > at) visit(std::string_view(bytes_).substr(at));
  }

  // Joins everything; for tests, hashing, and callers off the hot path.
  std::string ToString() const;

  static constexpr size_t kInlineBytes = 512;

 private:
  // A shared run that stands before bytes_[position].
  struct Shared {
    size_t position;
    Buffer buffer;
    size_t offset;
    size_t length;
  };
  std::string bytes_;
  std::vector<Shared> shared_;
  size_t size_ = 0;
};

}  // namespace quorate::base
