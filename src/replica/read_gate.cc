#include "src/replica/read_gate.h"

namespace quorate::replica {

void ReadGate::WhenApplied(raft::Index index, ReadDone done) {
  {
    base::MutexLock lock(&mutex_);
    // Announced before looking at applied_, as Applied stores before looking at anyone_waits_: one of the two sees the
    // other.
    anyone_waits_.store(true, std::memory_order_seq_cst);
    if (applied_.load(std::memory_order_seq_cst) < index) {
      waiting_.emplace(index, std::move(done));
      return;
    }
    anyone_waits_.store(!waiting_.empty(), std::memory_order_seq_cst);
  }
  done(absl::OkStatus());
}

void ReadGate::Applied(raft::Index index) {
  applied_.store(index, std::memory_order_seq_cst);
  if (!anyone_waits_.load(std::memory_order_seq_cst)) return;
  std::vector<ReadDone> ready;
  {
    base::MutexLock lock(&mutex_);
    auto end = waiting_.upper_bound(index);
    for (auto at = waiting_.begin(); at != end; ++at) ready.push_back(std::move(at->second));
    waiting_.erase(waiting_.begin(), end);
    anyone_waits_.store(!waiting_.empty(), std::memory_order_seq_cst);
  }
  for (ReadDone& done : ready) done(absl::OkStatus());
}

void ReadGate::FailAll(const absl::Status& status) {
  std::multimap<raft::Index, ReadDone> waiting;
  {
    base::MutexLock lock(&mutex_);
    waiting.swap(waiting_);
    anyone_waits_.store(false, std::memory_order_seq_cst);
  }
  for (auto& [index, done] : waiting) done(status);
}

}  // namespace quorate::replica
