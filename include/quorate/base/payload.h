#pragma once

// An outgoing message as a chain of slices: short owned runs (tags, lengths, headers) and shared Buffers (stored
// records). It is gathered to the socket without being joined. An owned run that becomes long, of many small records,
// becomes a Buffer too: a large message grows by pieces, never by copying all of it. One thread at a time; what is
// shared, the Buffers, may be in payloads of other threads.

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "quorate/base/buffer.h"

namespace quorate::base {

class Payload {
 public:
  Payload() = default;
  // Takes one contiguous run; the common case for small answers.
  explicit Payload(std::string bytes) : bytes_(std::move(bytes)), size_(bytes_.size()) {}
  Payload(const Payload&) = default;
  Payload& operator=(const Payload&) = default;
  // What was moved from is empty.
  Payload(Payload&& other) noexcept { *this = std::move(other); }
  Payload& operator=(Payload&& other) noexcept {
    bytes_ = std::exchange(other.bytes_, {});
    shared_ = std::exchange(other.shared_, {});
    size_ = std::exchange(other.size_, 0);
    return *this;
  }
  ~Payload() = default;

  // Makes room for so many shared buffers.
  void Reserve(size_t buffers) { shared_.reserve(buffers); }

  // Gives back room for more, of one that is whole and may have to wait.
  void Trim() {
    if (bytes_.capacity() - bytes_.size() > kSlackBytesMax) bytes_.shrink_to_fit();
  }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // Copies the bytes to the end.
  void Append(std::string_view bytes) {
    if (bytes.size() >= kRunBytesMax) {
      Append(Buffer::Copy(bytes));
      return;
    }
    bytes_.append(bytes);
    size_ += bytes.size();
    if (bytes_.size() - RunBegin() >= kRunBytesMax) Seal();
  }
  // Appends bytes [offset, offset + length) of a shared buffer. Runs under kInlineBytes are copied: cheaper than an
  // iovec.
  void Append(Buffer buffer, size_t offset, size_t length);
  void Append(Buffer buffer) {
    const size_t length = buffer.size();
    Append(std::move(buffer), 0, length);
  }
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

  // Takes the runs out in bounded steps, for a writer that sends a message piece by piece: a shared buffer is handed
  // over with the last of its bytes, since counting references once more is what much of a long list would cost. What
  // was walked over is not to be read any more; the payload must not change otherwise while a cursor is on it.
  class Cursor {
   public:
    Cursor() = default;
    explicit Cursor(Payload* payload) : payload_(payload) {}
    // The next run, at most `length_max` (> 0) bytes of it; empty at the end. `owner` becomes the shared buffer the run
    // lies in, or empty when the payload itself owns the bytes.
    std::string_view Next(size_t length_max, Buffer* owner);
    // Goes on in `payload`, which the one before was moved to.
    void Rebind(Payload* payload) { payload_ = payload; }

   private:
    Payload* payload_ = nullptr;
    size_t position_ = 0;  // in bytes_
    size_t index_ = 0;     // in shared_
    size_t within_ = 0;    // in shared_[index_]
  };

  // Joins everything; for tests, hashing, and callers off the hot path.
  std::string ToString() const;

  static constexpr size_t kInlineBytes = 512;
  // An owned run that reaches this length is moved to a Buffer: with what was appended last, and what a Buffer takes
  // beside, it fills 32 KiB, which is a size that allocators have.
  static constexpr size_t kRunBytesMax = (32 << 10) - kInlineBytes - 64;

 private:
  static constexpr size_t kSlackBytesMax = 4 << 10;

  // A shared run that stands before bytes_[position].
  struct Shared {
    size_t position;
    Buffer buffer;
    size_t offset;
    size_t length;
  };
  // Where the owned run at the end begins in bytes_.
  size_t RunBegin() const { return shared_.empty() ? 0 : shared_.back().position; }
  void Seal();

  std::string bytes_;
  std::vector<Shared> shared_;
  size_t size_ = 0;
};

}  // namespace quorate::base
