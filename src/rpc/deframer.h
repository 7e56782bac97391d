#pragma once

// Cuts a stream's bytes into gRPC messages: one flag byte, four bytes of length, the message. Loop thread only.

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "quorate/base/status.h"
#include "src/rpc/inflate.h"

namespace quorate::rpc {

class Deframer {
 public:
  // Begins a new stream.
  void Reset(Encoding encoding, size_t message_bytes_max);

  enum class Step { kMessage, kNeedMore, kError };
  // Takes what it can use from the front of `*bytes`. After kMessage, message() is one whole message, uncompressed;
  // call again for what is left. A message announced larger than the limit is an error at its prefix: nothing of it is
  // kept. After an error the stream is of no use; error() is the status to answer.
  Step Next(std::string_view* bytes);
  // Valid until the next call, or until the bytes it was cut from are gone.
  std::string_view message() const { return message_; }
  const absl::Status& error() const { return error_; }
  // message() is of no more use: lets go of the memory it took.
  void DropMessage();
  // The stream is over: lets go of what is worth more than the next one's allocations.
  void Release();
  // In the middle of a message.
  bool is_partial() const { return prefix_size_ != 0; }
  // What it takes of memory for a message whose end has not come yet.
  size_t held_bytes() const { return is_partial() && !body_.empty() ? body_.capacity() : 0; }

 private:
  static constexpr size_t kPrefixBytes = 5;
  // A longer buffer is not kept for the next message: streams may be a million, and nothing is counted between
  // messages.
  static constexpr size_t kKeptBytes = 512;
  // A message that comes in pieces gets room for so many times what has come of it, up to its size: what is announced
  // need not follow. In frames of 16 KiB, one of up to 128 KiB is not moved on its way, and one of a mebibyte once.
  static constexpr size_t kGrowth = 8;

  bool CheckPrefix();
  // For the message up to so many bytes, and more.
  void MakeRoom(size_t bytes);
  Step Deliver(std::string_view body);
  Step Fail(absl::StatusCode code, std::string_view message);

  Encoding encoding_ = Encoding::kIdentity;
  size_t message_bytes_max_ = 0;
  std::array<char, kPrefixBytes> prefix_ = {};
  size_t prefix_size_ = 0;
  size_t body_size_ = 0;  // announced
  std::string body_;      // of a message that came in pieces
  std::string inflated_;
  std::string_view message_;
  absl::Status error_;
};

}  // namespace quorate::rpc
