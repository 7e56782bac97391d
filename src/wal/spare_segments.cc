#include "src/wal/spare_segments.h"

#include <algorithm>

#include "quorate/base/disk_refusal.h"
#include "quorate/base/logging.h"
#include "quorate/base/this_thread.h"

namespace quorate::wal {
namespace {

constexpr std::string_view kSpareStart = "spare-";
constexpr std::string_view kSpareEnd = ".tmp";
// Zeros are written and synced in pieces, so that the log's own syncs never wait behind a whole segment of them.
constexpr uint64_t kFillBytes = 512 << 10;
// A segment made while the log waits is smaller: it costs milliseconds, and lasts until a spare is ready.
constexpr uint64_t kHurriedBytes = 8 << 20;
// Of what purge lets go so much is kept, even with more spares than are wanted: a log that fills as fast as it is
// purged then lives on its own files, and writes none of zeros, which would be as many bytes again.
constexpr size_t kKeptMax = 4;

}  // namespace

SpareSegments::SpareSegments(const WalOptions& options)
    : files_(*options.files),
      directory_(options.directory),
      segment_bytes_(options.segment_bytes),
      wanted_(static_cast<size_t>(std::max(options.spare_segments, 0))),
      kept_max_(wanted_ == 0 ? 0 : std::max(wanted_, kKeptMax)),
      sync_(options.sync) {}

void SpareSegments::Start() {
  if (wanted_ > 0) thread_ = std::thread([this] { Run(); });
}

SpareSegments::~SpareSegments() {
  {
    base::MutexLock lock(&mutex_);
    stop_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

bool SpareSegments::IsSpare(std::string_view name) {
  return name.starts_with(kSpareStart) && name.ends_with(kSpareEnd);
}

absl::Status SpareSegments::Adopt() {
  QUORATE_ASSIGN_OR_RETURN(const std::vector<std::string> names, files_.List(directory_));
  for (const std::string& name : names) {
    if (!IsSpare(name)) continue;
    const std::string path = directory_ + "/" + name;
    QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<base::File> file, files_.Open(path, base::OpenMode::kReadWrite));
    QUORATE_ASSIGN_OR_RETURN(const uint64_t bytes, file->Size());
    base::MutexLock lock(&mutex_);
    if (bytes == segment_bytes_ && ready_.size() < kept_max_) {
      ready_.push_back({.path = path, .file = std::move(file), .bytes = bytes});
    } else {
      QUORATE_RETURN_IF_ERROR(files_.Remove(path));
    }
  }
  return absl::OkStatus();
}

absl::Status SpareSegments::Clear() {
  QUORATE_ASSIGN_OR_RETURN(const std::vector<std::string> names, files_.List(directory_));
  for (const std::string& name : names) {
    if (IsSpare(name)) QUORATE_RETURN_IF_ERROR(files_.Remove(directory_ + "/" + name));
  }
  return absl::OkStatus();
}

std::string SpareSegments::NextPath() {
  base::MutexLock lock(&mutex_);
  std::string path;
  do {
    path = directory_ + "/" + std::string(kSpareStart) + std::to_string(next_number_++) + std::string(kSpareEnd);
  } while (files_.Exists(path));
  return path;
}

absl::StatusOr<SpareSegments::Spare> SpareSegments::Make(uint64_t bytes, Pace pace) {
  Spare spare{.path = NextPath(), .file = nullptr, .bytes = bytes};
  QUORATE_ASSIGN_OR_RETURN(spare.file, files_.Open(spare.path, base::OpenMode::kCreate));
  const std::string zeros(std::min(kFillBytes, bytes), '\0');
  absl::Status status;
  for (uint64_t at = 0; at < bytes && status.ok(); at += zeros.size()) {
    const std::string_view piece = std::string_view(zeros).substr(0, std::min<uint64_t>(zeros.size(), bytes - at));
    status = spare.file->WriteAt(at, piece);
    const bool is_last = at + zeros.size() >= bytes;
    const bool sync = status.ok() && sync_ && (pace == Pace::kGentle || is_last);
    if (sync) status = spare.file->SyncData();
    base::MutexLock lock(&mutex_);
    // A full disk may say so no sooner than here, and of zeros nothing is lost.
    if (sync && !status.ok() && !base::IsDiskRefusal(status)) sync_failure_ = status;
    if (stop_) status = base::MakeStatus(absl::StatusCode::kCancelled, "the log is being closed");
  }
  if (status.ok()) return spare;
  // A full disk needs the room, and nobody else would remove it.
  spare.file.reset();
  (void)files_.Remove(spare.path);
  return status;
}

absl::StatusOr<SpareSegments::Spare> SpareSegments::Take(uint64_t bytes) {
  {
    base::MutexLock lock(&mutex_);
    make_failed_ = false;
    if (!ready_.empty() && ready_.front().bytes >= bytes) {
      Spare spare = std::move(ready_.front());
      ready_.pop_front();
      return spare;
    }
  }
  return Make(std::max(bytes, std::min(segment_bytes_, kHurriedBytes)), Pace::kHurried);
}

void SpareSegments::GiveBack(Spare spare) {
  base::MutexLock lock(&mutex_);
  if (spare.bytes == segment_bytes_ && ready_.size() < kept_max_) {
    ready_.push_front(std::move(spare));
  } else {
    spare.file.reset();
    (void)files_.Remove(spare.path);
  }
}

void SpareSegments::Recycle(std::vector<std::string> paths) {
  {
    base::MutexLock lock(&mutex_);
    make_failed_ = false;
    recycle_failed_ = false;
    for (std::string& path : paths) to_recycle_.push_back(std::move(path));
  }
  if (wanted_ == 0) RecycleWaiting();
}

void SpareSegments::RecycleWaiting() {
  for (;;) {
    std::string path;
    {
      base::MutexLock lock(&mutex_);
      if (to_recycle_.empty() || stop_) return;
      path = to_recycle_.front();
    }
    const absl::Status status = RecycleOne(path);
    if (!status.ok()) {
      QUORATE_LOG(kWarn, "failed to release a segment of the log; trying again with the next", {{"error", status}});
    }
    base::MutexLock lock(&mutex_);
    recycle_failed_ = !status.ok();
    if (recycle_failed_) return;
    to_recycle_.pop_front();
  }
}

absl::Status SpareSegments::RecycleOne(const std::string& path) {
  bool keep;
  {
    base::MutexLock lock(&mutex_);
    keep = ready_.size() < kept_max_;
  }
  if (!files_.Exists(path)) return absl::OkStatus();  // renamed by an attempt that failed later
  QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<base::File> file, files_.Open(path, base::OpenMode::kReadWrite));
  QUORATE_ASSIGN_OR_RETURN(const uint64_t bytes, file->Size());
  if (!keep || bytes != segment_bytes_) return files_.Remove(path);
  const std::string spare_path = NextPath();
  // Before anything is renamed: should there be no descriptor for it, nothing was done and the disk is not to blame. Of
  // its own, not the log's: a failed sync is told once to each that has the directory open.
  QUORATE_ASSIGN_OR_RETURN(const std::unique_ptr<base::Directory> directory, files_.OpenDirectory(directory_));
  QUORATE_RETURN_IF_ERROR(files_.Rename(path, spare_path));
  // Only once the old name is gone for good may the content change under it.
  if (absl::Status status = directory->Sync(); !status.ok()) {
    base::MutexLock lock(&mutex_);
    return sync_failure_ = status;
  }
  // Opened again only so that later errors name the file as it is called now.
  if (auto renamed = files_.Open(spare_path, base::OpenMode::kReadWrite); renamed.ok()) file = *std::move(renamed);
  base::MutexLock lock(&mutex_);
  ready_.push_back({.path = spare_path, .file = std::move(file), .bytes = bytes});
  return absl::OkStatus();
}

bool SpareSegments::HasWork() const { return MayRecycle() || (ready_.size() < wanted_ && !make_failed_); }

void SpareSegments::Run() {
  base::NameThisThread("log-spares");
  for (;;) {
    bool recycles;
    {
      base::MutexLock lock(&mutex_);
      mutex_.Await([this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stop_ || HasWork(); });
      if (stop_) return;
      recycles = MayRecycle();
    }
    if (recycles) {
      RecycleWaiting();
      continue;
    }
    absl::StatusOr<Spare> spare = Make(segment_bytes_, Pace::kGentle);
    base::MutexLock lock(&mutex_);
    if (spare.ok()) {
      ready_.push_back(*std::move(spare));
    } else if (!stop_) {
      make_failed_ = true;
      QUORATE_LOG(kWarn, "failed to prepare a segment of the log; trying again when one is needed",
                  {{"error", spare.status()}});
    }
  }
}

absl::Status SpareSegments::sync_failure() const {
  base::MutexLock lock(&mutex_);
  return sync_failure_;
}

}  // namespace quorate::wal
