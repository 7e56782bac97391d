#pragma once

#include "absl/base/thread_annotations.h"
#include "quorate/base/mutex.h"
#include "rocksdb/listener.h"
#include "src/storage/failures.h"
#include "src/storage/flush_marks.h"

namespace quorate::storage {

// Hears of RocksDB's flushes and background errors, on its threads.
class EventListener : public rocksdb::EventListener {
 public:
  EventListener(std::string path, Failures* failures) : path_(std::move(path)), failures_(failures) {}

  // An atomic flush reports each family after all of them are in the manifest together, so the highest sequence of any
  // is durable for all.
  void OnFlushCompleted(rocksdb::DB* db, const rocksdb::FlushJobInfo& info) override;
  void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* error) override;
  void OnErrorRecoveryEnd(const rocksdb::BackgroundErrorRecoveryInfo& info) override;

  // Set once the store's content has been read, before the first write; flushes before are of no mark.
  void SetMarks(FlushMarks* marks);
  absl::Status error() const;
  void ClearError();

 private:
  const std::string path_;
  Failures* const failures_;
  mutable base::Mutex mutex_;
  FlushMarks* marks_ ABSL_GUARDED_BY(mutex_) = nullptr;
  absl::Status error_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace quorate::storage
