#pragma once

// An immutable run of bytes with an intrusive atomic reference count: one allocation, shared between threads, never
// written after creation. Stored records, encoded events and responses are handed around as these, never copied.

#include <atomic>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

namespace quorate::base {

class Buffer {
 public:
  Buffer() = default;
  // Allocates `size` uninitialized bytes. Only the creator may write them, through mutable_data(), before sharing.
  static Buffer Allocate(size_t size);
  static Buffer Copy(std::string_view bytes) {
    Buffer buffer = Allocate(bytes.size());
    std::memcpy(buffer.mutable_data(), bytes.data(), bytes.size());
    return buffer;
  }

  Buffer(const Buffer& other) : block_(other.block_) { Ref(); }
  Buffer(Buffer&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  Buffer& operator=(Buffer other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~Buffer() { Unref(); }

  explicit operator bool() const { return block_ != nullptr; }
  size_t size() const { return block_ == nullptr ? 0 : block_->size; }
  const char* data() const { return block_ == nullptr ? nullptr : reinterpret_cast<const char*>(block_ + 1); }
  char* mutable_data() { return reinterpret_cast<char*>(block_ + 1); }
  std::string_view view() const { return {data(), size()}; }

 private:
  struct Block {
    std::atomic<uint32_t> references;
    uint32_t size;
  };
  void Ref() {
    if (block_ != nullptr) block_->references.fetch_add(1, std::memory_order_relaxed);
  }
  void Unref() {
    if (block_ != nullptr && block_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) Free(block_);
  }
  static void Free(Block* block);

  Block* block_ = nullptr;
};

}  // namespace quorate::base
