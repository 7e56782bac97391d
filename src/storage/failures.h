#pragma once

// Tells a database's owner of what goes wrong with its files.

#include <functional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "quorate/base/mutex.h"
#include "quorate/base/status.h"
#include "rocksdb/status.h"

namespace quorate::storage {

class Failures {
 public:
  explicit Failures(std::string path) : path_(std::move(path)) {}

  // The outcome of a read. Unavailable for want of descriptors or memory, which says nothing of the file. Whatever else
  // kept it from being done is DataLoss, for what was written cannot be had; the listener is told. Not for what is
  // merely not found.
  absl::Status OfRead(const rocksdb::Status& status);
  // Background work ended with an error; a disk that refuses is not told.
  void OfBackground(const absl::Status& status);
  // An empty function takes it away, after which no call is in progress.
  void SetListener(std::function<void(const absl::Status&)> listener);

 private:
  void Tell(const absl::Status& failure);

  const std::string path_;
  base::Mutex mutex_;  // held while the listener runs, so that SetListener can wait for it
  std::function<void(const absl::Status&)> listener_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace quorate::storage
