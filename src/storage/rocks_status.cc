#include "src/storage/rocks_status.h"

#include <cerrno>
#include <string>
#include <system_error>

#include "quorate/base/disk_refusal.h"

namespace quorate::storage {
namespace {

bool SaysLocked(const rocksdb::Status& status) {
  const std::string text = status.ToString();
  return text.find("lock hold by current process") != std::string::npos ||
         text.find("While lock file") != std::string::npos;
}

// RocksDB keeps no errno, only its text.
bool Says(const rocksdb::Status& status, int error) {
  return status.IsIOError() && status.ToString().find(std::generic_category().message(error)) != std::string::npos;
}

bool WantsDescriptorsOrMemory(const rocksdb::Status& status) {
  return status.IsMemoryLimit() || Says(status, EMFILE) || Says(status, ENFILE) || Says(status, ENOMEM);
}

absl::StatusCode CodeOf(const rocksdb::Status& status) {
  if (status.IsNoSpace() || Says(status, EDQUOT)) return absl::StatusCode::kResourceExhausted;
  if (Says(status, EROFS)) return absl::StatusCode::kPermissionDenied;
  if (status.IsCorruption()) return absl::StatusCode::kDataLoss;
  if (status.IsNotFound() || status.IsPathNotFound()) return absl::StatusCode::kNotFound;
  if (status.IsBusy() || status.IsTryAgain()) return absl::StatusCode::kAborted;
  if (status.IsShutdownInProgress()) return absl::StatusCode::kCancelled;
  if (status.IsInvalidArgument()) return absl::StatusCode::kInvalidArgument;
  if (status.IsIOError() && SaysLocked(status)) return absl::StatusCode::kFailedPrecondition;
  return absl::StatusCode::kUnavailable;
}

}  // namespace

absl::Status ToStatus(const rocksdb::Status& status, std::string_view what) {
  if (status.ok()) return absl::OkStatus();
  std::string message(what);
  message += ": ";
  message += status.ToString();
  return WantsDescriptorsOrMemory(status) ? base::WantOfDescriptorsOrMemory(message)
                                          : base::MakeStatus(CodeOf(status), message);
}

}  // namespace quorate::storage
