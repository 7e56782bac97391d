#include "src/rpc/output.h"

#include <algorithm>

#include "quorate/base/check.h"

namespace quorate::rpc {

void Output::AppendShared(std::string_view bytes, const base::Buffer& owner) {
  shared_.push_back({bytes_.size(), owner, bytes});
  pending_ += bytes.size();
}

int Output::Gather(iovec* vectors, int max) const {
  int count = 0;
  size_t position = position_;
  size_t index = index_;
  const auto add = [&](std::string_view run) {
    vectors[count].iov_base = const_cast<char*>(run.data());
    vectors[count].iov_len = run.size();
    ++count;
  };
  while (count < max) {
    const size_t end = index < shared_.size() ? shared_[index].position : bytes_.size();
    if (end > position) {
      add(std::string_view(bytes_).substr(position, end - position));
      position = end;
    } else if (index < shared_.size()) {
      add(shared_[index++].bytes);
    } else {
      break;
    }
  }
  return count;
}

void Output::Consume(size_t count) {
  QUORATE_CHECK(count <= pending_);
  pending_ -= count;
  if (pending_ == 0) {
    bytes_.clear();
    if (bytes_.capacity() > kKeptBytes) bytes_.shrink_to_fit();
    shared_.clear();
    position_ = index_ = 0;
    return;
  }
  while (count > 0) {
    if (index_ < shared_.size() && shared_[index_].position == position_) {
      Shared& shared = shared_[index_];
      const size_t step = std::min(count, shared.bytes.size());
      shared.bytes.remove_prefix(step);
      count -= step;
      if (shared.bytes.empty()) {
        shared.owner = base::Buffer();
        ++index_;
      }
      continue;
    }
    const size_t end = index_ < shared_.size() ? shared_[index_].position : bytes_.size();
    const size_t step = std::min(count, end - position_);
    position_ += step;
    count -= step;
  }
}

}  // namespace quorate::rpc
