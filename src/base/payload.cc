#include "quorate/base/payload.h"

#include <algorithm>
#include <utility>

#include "quorate/base/check.h"

namespace quorate::base {

void Payload::Append(Buffer buffer, size_t offset, size_t length) {
  QUORATE_CHECK(offset <= buffer.size() && length <= buffer.size() - offset)
      << "slice " << offset << "+" << length << " of a buffer of " << buffer.size() << " bytes";
  if (length < kInlineBytes) {
    Append(std::string_view(buffer.data() + offset, length));
    return;
  }
  shared_.push_back({bytes_.size(), std::move(buffer), offset, length});
  size_ += length;
}

void Payload::Seal() {
  const size_t begin = RunBegin();
  Buffer run = Buffer::Copy(std::string_view(bytes_).substr(begin));
  const size_t length = run.size();
  shared_.push_back({begin, std::move(run), 0, length});
  bytes_.resize(begin);
}

void Payload::Append(Payload other) {
  if (empty()) {
    *this = std::move(other);
    return;
  }
  const size_t base = bytes_.size();
  bytes_.append(other.bytes_);
  shared_.reserve(shared_.size() + other.shared_.size());
  for (Shared& shared : other.shared_) {
    shared.position += base;
    shared_.push_back(std::move(shared));
  }
  size_ += other.size_;
}

std::string Payload::ToString() const {
  std::string joined;
  joined.reserve(size_);
  ForEach([&joined](std::string_view run) { joined.append(run); });
  return joined;
}

std::string_view Payload::Cursor::Next(size_t length_max, Buffer* owner) {
  Payload& payload = *payload_;
  const bool at_shared = index_ < payload.shared_.size() && payload.shared_[index_].position == position_;
  std::string_view run;
  if (at_shared) {
    Shared& shared = payload.shared_[index_];
    // Without asking the buffer for its size: nobody needs what stands there in memory before the bytes are written.
    run = {shared.buffer.data() + shared.offset + within_, std::min(length_max, shared.length - within_)};
    within_ += run.size();
    if (within_ == shared.length) {
      *owner = std::move(shared.buffer);
      within_ = 0;
      ++index_;
    } else {
      *owner = shared.buffer;
    }
  } else {
    const size_t end = index_ < payload.shared_.size() ? payload.shared_[index_].position : payload.bytes_.size();
    run = std::string_view(payload.bytes_).substr(position_, std::min(length_max, end - position_));
    *owner = Buffer();
    position_ += run.size();
  }
  return run;
}

}  // namespace quorate::base
