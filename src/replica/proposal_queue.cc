#include "src/replica/proposal_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace quorate::replica {

bool ProposalQueue::PushProposal(ProposalBatch& batch, std::chrono::nanoseconds deadline) {
  base::MutexLock lock(&mutex_);
  if (closed_) return false;
  content_.proposals.push_back({std::move(batch), deadline});
  awake_ = true;
  return true;
}

bool ProposalQueue::PushRead(ReadDone& done) {
  base::MutexLock lock(&mutex_);
  if (closed_) return false;
  content_.reads.push_back(std::move(done));
  awake_ = true;
  return true;
}

void ProposalQueue::Wake() {
  base::MutexLock lock(&mutex_);
  awake_ = true;
}

void ProposalQueue::RequestStop() {
  base::MutexLock lock(&mutex_);
  content_.stop = true;
  awake_ = true;
}

void ProposalQueue::Close() {
  base::MutexLock lock(&mutex_);
  closed_ = true;
}

std::vector<QueuedBatch> ProposalQueue::TakeExpired(std::chrono::nanoseconds now) {
  base::MutexLock lock(&mutex_);
  std::vector<QueuedBatch>& queued = content_.proposals;
  // They came in nearly the order of their deadlines.
  const auto waits_on = [now](const QueuedBatch& batch) { return batch.deadline > now; };
  const auto end = std::find_if(queued.begin(), queued.end(), waits_on);
  std::vector<QueuedBatch> expired(std::make_move_iterator(queued.begin()), std::make_move_iterator(end));
  queued.erase(queued.begin(), end);
  return expired;
}

std::vector<QueuedBatch> ProposalQueue::TakeProposals() { return TakeExpired(std::chrono::nanoseconds::max()); }

std::vector<ReadDone> ProposalQueue::TakeReads() {
  base::MutexLock lock(&mutex_);
  return std::exchange(content_.reads, {});
}

std::optional<std::chrono::nanoseconds> ProposalQueue::EarliestDeadline() {
  base::MutexLock lock(&mutex_);
  if (content_.proposals.empty()) return std::nullopt;
  return content_.proposals.front().deadline;
}

bool ProposalQueue::BeginStandIn() {
  base::MutexLock lock(&mutex_);
  return IsPlaceFree() && (stood_in_ = true);
}

bool ProposalQueue::MayStandIn() {
  base::MutexLock lock(&mutex_);
  return IsPlaceFree();
}

void ProposalQueue::EndStandIn() {
  base::MutexLock lock(&mutex_);
  stood_in_ = false;
}

ProposalQueue::Taken ProposalQueue::Take(std::chrono::nanoseconds patience) {
  base::MutexLock lock(&mutex_);
  asleep_ = true;
  mutex_.AwaitFor([this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return awake_ && !stood_in_; }, patience);
  // Nobody stands in anew, or a tick that is due could wait behind one after the other.
  asleep_ = false;
  mutex_.Await([this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return !stood_in_; });
  awake_ = false;
  Taken taken = std::move(content_);
  content_ = {};
  content_.stop = taken.stop;
  return taken;
}

}  // namespace quorate::replica
