#include "src/storage/failures.h"

#include "quorate/base/disk_refusal.h"
#include "src/storage/rocks_status.h"

namespace quorate::storage {

absl::Status Failures::OfRead(const rocksdb::Status& status) {
  if (status.ok()) return absl::OkStatus();
  absl::Status failure = ToStatus(status, "read " + path_);
  if (absl::IsResourceExhausted(failure)) {
    return base::MakeStatus(absl::StatusCode::kUnavailable, base::MessageOf(failure));
  }
  failure = base::MakeStatus(absl::StatusCode::kDataLoss, base::MessageOf(failure));
  Tell(failure);
  return failure;
}

void Failures::OfBackground(const absl::Status& status) {
  if (!base::IsDiskRefusal(status)) Tell(status);
}

void Failures::SetListener(std::function<void(const absl::Status&)> listener) {
  base::MutexLock lock(&mutex_);
  listener_ = std::move(listener);
}

void Failures::Tell(const absl::Status& failure) {
  base::MutexLock lock(&mutex_);
  if (listener_) listener_(failure);
}

}  // namespace quorate::storage
