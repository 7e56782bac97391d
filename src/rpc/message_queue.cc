#include "src/rpc/message_queue.h"

#include <algorithm>
#include <array>
#include <utility>

#include "quorate/base/check.h"

namespace quorate::rpc {

void MessageQueue::Reset() {
  items_.clear();
  first_ = bytes_ = prefix_sent_ = message_sent_ = 0;
  begun_ = false;
  if (items_.capacity() > kItemsKept) std::vector<Item>().swap(items_);
}

void MessageQueue::Rebuild(size_t capacity) {
  std::vector<Item> left;
  left.reserve(capacity);
  for (size_t i = first_; i < items_.size(); ++i) left.push_back(std::move(items_[i]));
  items_ = std::move(left);
  first_ = 0;
  // The cursor counts positions, so it can be put on the moved payload.
  if (begun_) cursor_.Rebind(&items_[0].message);
}

void MessageQueue::Add(base::Payload message, bool prefixed) {
  message.Trim();
  bytes_ += message.size() + (prefixed ? kPrefixBytes : 0);
  if (items_.size() == items_.capacity() && (first_ > 0 || begun_)) Rebuild(2 * count() + 1);
  items_.push_back({std::move(message), prefixed});
}

void MessageQueue::PopFront() {
  items_[first_].message = base::Payload();
  ++first_;
  begun_ = false;
  prefix_sent_ = message_sent_ = 0;
  if (count() == 0) {
    items_.clear();
    first_ = 0;
  }
  // A long queue leaves its room behind; not only the last message gives it back, which may never be taken.
  if (items_.capacity() > kItemsKept && count() < items_.capacity() / 4) Rebuild(2 * count());
}

void MessageQueue::Take(size_t length, Output* output) {
  QUORATE_CHECK(length <= bytes_);
  bytes_ -= length;
  while (length > 0) {
    Item& item = items_[first_];
    if (!begun_) {
      begun_ = true;
      prefix_sent_ = item.prefixed ? 0 : kPrefixBytes;
      message_sent_ = 0;
      cursor_ = base::Payload::Cursor(&item.message);
    }
    if (prefix_sent_ < kPrefixBytes) {
      const auto size = static_cast<uint32_t>(item.message.size());
      const std::array<char, kPrefixBytes> prefix = {0, static_cast<char>(size >> 24), static_cast<char>(size >> 16),
                                                     static_cast<char>(size >> 8), static_cast<char>(size)};
      const size_t step = std::min(length, kPrefixBytes - prefix_sent_);
      output->Append(std::string_view(prefix.data() + prefix_sent_, step));
      prefix_sent_ += step;
      length -= step;
    }
    while (length > 0 && message_sent_ < item.message.size()) {
      base::Buffer owner;
      const std::string_view run = cursor_.Next(length, &owner);
      QUORATE_CHECK(!run.empty());
      if (owner && run.size() >= base::Payload::kInlineBytes) {
        output->AppendShared(run, std::move(owner));
      } else {
        output->Append(run);
      }
      message_sent_ += run.size();
      length -= run.size();
    }
    if (prefix_sent_ == kPrefixBytes && message_sent_ == item.message.size()) PopFront();
  }
}

}  // namespace quorate::rpc
