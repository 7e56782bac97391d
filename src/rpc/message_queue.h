#pragma once

// The messages a call has still to send, each behind its gRPC prefix, taken piece by piece as flow control allows.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "quorate/base/payload.h"
#include "src/rpc/output.h"

namespace quorate::rpc {

class MessageQueue {
 public:
  void Reset();
  // Queues a gRPC message.
  void Push(base::Payload message) { Add(std::move(message), true); }
  // Queues plain bytes, of an HTTP response.
  void PushRaw(base::Payload bytes) { Add(std::move(bytes), false); }

  // Prefixes included.
  size_t bytes() const { return bytes_; }
  // Moves exactly `length` <= bytes() bytes to the output.
  void Take(size_t length, Output* output);

 private:
  static constexpr size_t kPrefixBytes = 5;

  struct Item {
    base::Payload message;
    bool prefixed;
  };
  void Add(base::Payload message, bool prefixed);
  void PopFront();

  std::vector<Item> items_;
  size_t first_ = 0;  // items before it are sent
  size_t bytes_ = 0;
  bool begun_ = false;
  size_t prefix_sent_ = 0;
  size_t message_sent_ = 0;
  base::Payload::Cursor cursor_;
};

}  // namespace quorate::rpc
