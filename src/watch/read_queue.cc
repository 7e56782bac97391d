#include "src/watch/read_queue.h"

#include "quorate/base/check.h"

namespace quorate::watch {

void ReadQueue::Add(uint64_t scan, uint64_t channel) {
  QUORATE_CHECK(channel_of_.emplace(scan, channel).second) << "a scan that waits twice";
  auto [turns, is_new] = turns_.try_emplace(channel);
  if (is_new) channels_.push_back(channel);
  turns->second.scans.push_back(scan);
  ++turns->second.waiting;
}

void ReadQueue::Move(uint64_t scan, uint64_t channel) {
  auto found = channel_of_.find(scan);
  if (found == channel_of_.end() || found->second == channel) return;
  --turns_.at(found->second).waiting;
  channel_of_.erase(found);
  Add(scan, channel);
}

uint64_t ReadQueue::Take() {
  while (!channels_.empty()) {
    const uint64_t channel = channels_.front();
    channels_.pop_front();
    Turns& turns = turns_.at(channel);
    if (turns.waiting == 0) {
      turns_.erase(channel);
      continue;
    }
    uint64_t scan;
    decltype(channel_of_)::iterator found;
    do {
      scan = turns.scans.front();
      turns.scans.pop_front();
      found = channel_of_.find(scan);
    } while (found == channel_of_.end() || found->second != channel);
    channel_of_.erase(found);
    --turns.waiting;
    channels_.push_back(channel);
    return scan;
  }
  return 0;
}

size_t ReadQueue::Waiting(uint64_t channel) const {
  auto found = turns_.find(channel);
  return found == turns_.end() ? 0 : found->second.waiting;
}

}  // namespace quorate::watch
