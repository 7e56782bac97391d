#include "src/api/reader_queue.h"

#include <algorithm>
#include <utility>

#include "quorate/base/check.h"

namespace quorate::api {

bool ReaderQueue::HasRoomFor(Owner owner, size_t bytes) const {
  QUORATE_CHECK(size_ <= tasks_max_ && bytes_ <= bytes_max_) << "more waits than may";
  const size_t tasks_left = tasks_max_ - size_, bytes_left = bytes_max_ - bytes_;
  // What the member has to read for itself is bounded by those who ask for it, and nobody else is at fault.
  const auto line = owner == kMember ? lines_.end() : lines_.find(owner);
  if (line == lines_.end()) return tasks_left > 0 && bytes <= bytes_left;
  return line->second.tasks.size() < tasks_left && line->second.bytes + bytes <= bytes_left;
}

size_t ReaderQueue::Ahead(Owner owner) const {
  const auto line = lines_.find(owner);
  const size_t own = line == lines_.end() ? 0 : line->second.tasks.size();
  const size_t others = lines_.size() - (line == lines_.end() ? 0 : 1);
  // Each of its own, and before each and before this one a turn of all others.
  return std::min(size_, own + (own + 1) * others);
}

void ReaderQueue::Add(Waiting waiting) {
  Line& line = lines_[waiting.owner];
  if (line.tasks.empty()) turns_.push_back(waiting.owner);
  line.bytes += waiting.bytes;
  bytes_ += waiting.bytes;
  ++size_;
  line.tasks.push_back(std::move(waiting));
}

bool ReaderQueue::Take(Waiting* next) {
  if (turns_.empty()) return false;
  const auto found = lines_.find(turns_.front());
  QUORATE_CHECK(found != lines_.end()) << "a turn of nobody's";
  Line& line = found->second;
  *next = std::move(line.tasks.front());
  line.tasks.pop_front();
  line.bytes -= next->bytes;
  bytes_ -= next->bytes;
  --size_;
  turns_.pop_front();
  if (line.tasks.empty()) {
    lines_.erase(found);
  } else {
    turns_.push_back(next->owner);
  }
  return true;
}

}  // namespace quorate::api
