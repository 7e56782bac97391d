#include "src/replica/proposal_queue.h"

#include <utility>

namespace quorate::replica {

bool ProposalQueue::PushProposal(ProposalBatch& batch) {
  base::MutexLock lock(&mutex_);
  if (closed_) return false;
  content_.proposals.push_back(std::move(batch));
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

ProposalQueue::Taken ProposalQueue::Take(std::chrono::nanoseconds patience) {
  base::MutexLock lock(&mutex_);
  mutex_.AwaitFor([this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return awake_; }, patience);
  awake_ = false;
  Taken taken = std::move(content_);
  content_ = {};
  content_.stop = taken.stop;
  return taken;
}

}  // namespace quorate::replica
