#include "quorate/base/buffer.h"

#include <cstdlib>
#include <limits>
#include <new>

#include "quorate/base/check.h"

namespace quorate::base {

Buffer Buffer::Allocate(size_t size) {
  QUORATE_CHECK(size <= std::numeric_limits<uint32_t>::max()) << "a buffer of " << size << " bytes";
  void* memory = std::malloc(sizeof(Block) + size);
  QUORATE_CHECK(memory != nullptr) << "out of memory for a buffer of " << size << " bytes";
  Buffer buffer;
  buffer.block_ = new (memory) Block;
  buffer.block_->references.store(1, std::memory_order_relaxed);
  buffer.block_->size = static_cast<uint32_t>(size);
  return buffer;
}

void Buffer::Free(Block* block) {
  block->~Block();
  std::free(block);
}

}  // namespace quorate::base
