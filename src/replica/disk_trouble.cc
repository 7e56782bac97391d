#include "src/replica/disk_trouble.h"


#include "quorate/base/disk_refusal.h"
#include "quorate/base/errors.h"

namespace quorate::replica {

absl::Status RefusalFor(const absl::Status& reason) {
  if (base::IsWantOfDescriptorsOrMemory(reason)) {
    return base::MakeStatus(absl::StatusCode::kUnavailable,
                            "etcdserver: no writes are taken, for want of file descriptors or memory");
  }
  // Nothing of it was written: this is as definite as the quota's refusal, and clients know it.
  if (reason.code() == absl::StatusCode::kResourceExhausted) return base::errors::NoSpace();
  return base::MakeStatus(absl::StatusCode::kUnavailable, "etcdserver: the disk takes no writes, it is read-only");
}

bool DiskTrouble::Enter(Source source, const absl::Status& reason) {
  base::MutexLock lock(&mutex_);
  absl::Status& refused = refused_[static_cast<size_t>(source)];
  const bool is_other = !refused.ok() && RefusalFor(refused) != RefusalFor(reason);
  refused = reason;
  return !refuses_.exchange(true) || is_other;
}

bool DiskTrouble::Leave(Source source) {
  base::MutexLock lock(&mutex_);
  refused_[static_cast<size_t>(source)] = absl::OkStatus();
  return RefusedFor().ok() && refuses_.exchange(false);
}

bool DiskTrouble::Damage(const absl::Status& reason) {
  base::MutexLock lock(&mutex_);
  if (damaged_.exchange(true)) return false;
  damage_ = reason;
  return true;
}

absl::Status DiskTrouble::RefusedFor() const {
  for (const absl::Status& refused : refused_) {
    if (!refused.ok()) return refused;
  }
  return absl::OkStatus();
}

absl::Status DiskTrouble::reason() const {
  base::MutexLock lock(&mutex_);
  return damage_.ok() ? RefusedFor() : damage_;
}

absl::Status DiskTrouble::Refusal() const {
  if (damaged()) return base::errors::CorruptCluster();
  if (!refuses()) return absl::OkStatus();
  base::MutexLock lock(&mutex_);
  const absl::Status reason = RefusedFor();
  return reason.ok() ? reason : RefusalFor(reason);
}

}  // namespace quorate::replica
