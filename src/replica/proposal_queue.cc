#include "src/replica/proposal_queue.h"

#include <utility>

#include "absl/time/time.h"

namespace quorate::replica {

bool ProposalQueue::PushProposal(ProposalBatch& batch) {
  absl::MutexLock lock(&mutex_);
  if (closed_) return false;
  content_.proposals.push_back(std::move(batch));
  awake_ = true;
  return true;
}

bool ProposalQueue::PushRead(ReadDone& done) {
  absl::MutexLock lock(&mutex_);
  if (closed_) return false;
  content_.reads.push_back(std::move(done));
  awake_ = true;
  return true;
}

void ProposalQueue::Wake() {
  absl::MutexLock lock(&mutex_);
  awake_ = true;
}

void ProposalQueue::RequestStop() {
  absl::MutexLock lock(&mutex_);
  content_.stop = true;
  awake_ = true;
}

void ProposalQueue::Close() {
  absl::MutexLock lock(&mutex_);
  closed_ = true;
}

ProposalQueue::Taken ProposalQueue::Take(std::chrono::nanoseconds patience) {
  absl::MutexLock lock(&mutex_);
  mutex_.AwaitWithTimeout(absl::Condition(&awake_), absl::FromChrono(patience));
  awake_ = false;
  Taken taken = std::move(content_);
  content_ = {};
  content_.stop = taken.stop;
  return taken;
}

}  // namespace quorate::replica
