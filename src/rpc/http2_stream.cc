#include "src/rpc/http2_stream.h"

#include <utility>

#include "src/rpc/http2_session.h"

namespace quorate::rpc {

template <typename Change>
int64_t Http2Stream::ChangeQueue(const Change& change) {
  const auto before = static_cast<int64_t>(queue_.weight());
  change();
  const int64_t gained = static_cast<int64_t>(queue_.weight()) - before;
  session_->CountQueued(gained);
  return gained;
}

void Http2Stream::Enqueue(base::Payload message) {
  ChangeQueue([&] { queue_.Push(std::move(message)); });
}

void Http2Stream::EnqueueRaw(base::Payload bytes) {
  ChangeQueue([&] { queue_.PushRaw(std::move(bytes)); });
}

size_t Http2Stream::TakeQueued(size_t length, Output* output) {
  const auto taken = static_cast<size_t>(-ChangeQueue([&] { queue_.Take(length, output); }));
  uptake_.Took(taken);
  return taken;
}

void Http2Stream::DropQueued() {
  ChangeQueue([&] { queue_.Reset(); });
}

}  // namespace quorate::rpc
