#include "src/storage/event_listener.h"

#include "quorate/base/logging.h"

namespace quorate::storage {

void EventListener::OnFlushCompleted(rocksdb::DB* db, const rocksdb::FlushJobInfo& info) {
  FlushMarks* marks;
  {
    base::MutexLock lock(&mutex_);
    marks = marks_;
  }
  if (marks != nullptr) marks->Flushed(info.largest_seqno);
}

void EventListener::OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* error) {
  {
    base::MutexLock lock(&mutex_);
    if (error_.ok()) error_ = *error;
  }
  QUORATE_LOG(kWarn, "the store cannot write its files", {{"error", error->ToString()}});
}

void EventListener::OnErrorRecoveryEnd(const rocksdb::BackgroundErrorRecoveryInfo& info) {
  if (info.new_bg_error.ok()) ClearError();
}

void EventListener::SetMarks(FlushMarks* marks) {
  base::MutexLock lock(&mutex_);
  marks_ = marks;
}

rocksdb::Status EventListener::error() const {
  base::MutexLock lock(&mutex_);
  return error_;
}

void EventListener::ClearError() {
  base::MutexLock lock(&mutex_);
  error_ = rocksdb::Status::OK();
}

}  // namespace quorate::storage
