#include "src/rpc/output.h"

#include <algorithm>
#include <utility>

#include "quorate/base/check.h"

namespace quorate::rpc {

void Output::AppendShared(std::string_view bytes, base::Buffer owner) {
  shared_.push_back({bytes_.size(), std::move(owner), bytes});
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
  DropWritten();
}

void Output::DropWritten() {
  if (position_ >= kKeptBytes && position_ >= bytes_.size() / 2) {
    bytes_.erase(0, position_);
    for (size_t i = index_; i < shared_.size(); ++i) shared_[i].position -= position_;
    position_ = 0;
  }
  if (index_ >= kKeptShared && index_ >= shared_.size() / 2) {
    shared_.erase(shared_.begin(), shared_.begin() + static_cast<ptrdiff_t>(index_));
    index_ = 0;
  }
}

void Output::Trim() {
  if (pending_ > 0) return;
  if (bytes_.capacity() > kKeptBytes) bytes_ = std::string();
  if (shared_.capacity() > kKeptShared) shared_ = std::vector<Shared>();
}

}  // namespace quorate::rpc
