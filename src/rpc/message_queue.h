#pragma once

// The messages a call has still to send, each behind its gRPC prefix, taken piece by piece as flow control allows.
// Loop thread only.

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

  // To be sent, prefixes included.
  size_t bytes() const { return bytes_; }
  // What it takes of memory, about: of small messages it is several times what is sent. 0 when nothing is left.
  size_t weight() const { return bytes_ + count() * kMessageBytes; }
  // Moves exactly `length` <= bytes() bytes to the output.
  void Take(size_t length, Output* output);
  // Of what stands for messages, without the messages' own.
  size_t memory_bytes() const { return items_.capacity() * sizeof(Item); }

  // What a message weighs beside its bytes: its place here, which may be one of two, and an allocation.
  static constexpr size_t kMessageBytes = 128;

 private:
  static constexpr size_t kPrefixBytes = 5;
  // Room that an empty queue keeps: calls are thousands, those that are over but kept for the next among them.
  static constexpr size_t kItemsKept = 16;

  struct Item {
    base::Payload message;
    bool prefixed;
  };
  void Add(base::Payload message, bool prefixed);
  void PopFront();
  // Drops the places of what is sent.
  void Rebuild(size_t capacity);
  size_t count() const { return items_.size() - first_; }

  std::vector<Item> items_;
  size_t first_ = 0;  // items before it are sent
  size_t bytes_ = 0;
  bool begun_ = false;
  size_t prefix_sent_ = 0;
  size_t message_sent_ = 0;
  base::Payload::Cursor cursor_;
};

}  // namespace quorate::rpc
