#pragma once

// The hashes told last. Once a revision is compacted, etcd tells its hash as it was before, which it has kept; here it
// is kept where somebody asked for it. Any thread.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "quorate/base/mutex.h"
#include "quorate/mvcc/store.h"

namespace quorate::api {

class RememberedHashes {
 public:
  void Add(const mvcc::HashResult& hash) {
    base::MutexLock lock(&mutex_);
    hashes_.push_front(hash);
    if (hashes_.size() > kHashesMax) hashes_.pop_back();
  }
  // The last one of this revision from before it was compacted. Other compactions may have come in between, when etcd's
  // would be another.
  std::optional<mvcc::HashResult> FromBeforeCompaction(int64_t revision) const {
    base::MutexLock lock(&mutex_);
    const auto found = std::find_if(hashes_.begin(), hashes_.end(), [revision](const mvcc::HashResult& hash) {
      return hash.hash_revision == revision && hash.compact_revision < revision;
    });
    return found == hashes_.end() ? std::nullopt : std::optional(*found);
  }

 private:
  static constexpr size_t kHashesMax = 10;

  mutable base::Mutex mutex_;
  std::deque<mvcc::HashResult> hashes_ ABSL_GUARDED_BY(mutex_);  // the last first
};

}  // namespace quorate::api
