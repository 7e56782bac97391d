#include "src/storage/event_listener.h"

#include "quorate/base/disk_refusal.h"
#include "quorate/base/logging.h"
#include "src/storage/rocks_status.h"

namespace quorate::storage {

void EventListener::OnFlushCompleted(rocksdb::DB* db, const rocksdb::FlushJobInfo& info) {
  FlushMarks* marks;
  {
    base::MutexLock lock(&mutex_);
    marks = marks_;
  }
  if (marks != nullptr) marks->Flushed(info.largest_seqno);
}

namespace {

// A file of the store that could not be opened or read, which RocksDB tells apart from one that could not be written in
// its texts alone.
bool SaysUnreadable(const rocksdb::Status& status) {
  if (!status.IsIOError() && !status.IsPathNotFound()) return false;
  const std::string text = status.ToString();
  const auto says = [&text](std::string_view what) { return text.find(what) != std::string::npos; };
  return says("While pread") || says("for random read") || says("While open a file for sequential");
}

}  // namespace

void EventListener::OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* error) {
  absl::Status failure = ToStatus(*error, "the store at " + path_ + " stopped writing");
  // Met by whoever reads, it is damage to what was written, and ends no process.
  if (reason == rocksdb::BackgroundErrorReason::kCompaction && SaysUnreadable(*error) &&
      !base::IsDiskRefusal(failure)) {
    failure = base::MakeStatus(absl::StatusCode::kDataLoss, base::MessageOf(failure));
  }
  // RocksDB knows full disks alone as a trouble that ends; a read-only one and a used-up quota leave as little behind.
  if (base::IsDiskRefusal(failure) && !error->IsNoSpace()) {
    *error = rocksdb::Status(*error, rocksdb::Status::Severity::kHardError);
  }
  {
    base::MutexLock lock(&mutex_);
    if (error_.ok()) error_ = failure;
  }
  QUORATE_LOG(kWarn, "the store cannot write its files", {{"error", failure}});
  failures_->OfBackground(failure);
}

void EventListener::OnErrorRecoveryEnd(const rocksdb::BackgroundErrorRecoveryInfo& info) {
  if (info.new_bg_error.ok()) ClearError();
}

void EventListener::SetMarks(FlushMarks* marks) {
  base::MutexLock lock(&mutex_);
  marks_ = marks;
}

absl::Status EventListener::error() const {
  base::MutexLock lock(&mutex_);
  return error_;
}

void EventListener::ClearError() {
  base::MutexLock lock(&mutex_);
  error_ = absl::OkStatus();
}

}  // namespace quorate::storage
