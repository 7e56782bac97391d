#include "src/ctl/snapshot_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "quorate/base/file_system.h"
#include "src/ctl/names.h"

namespace quorate::ctl {
namespace {

constexpr size_t kDigestBytes = base::Sha256::kBytes;
// The store's own pages are a multiple of this, so that the rest tells a trailer.
constexpr uint64_t kSectorBytes = 512;
constexpr mode_t kOwnerOnly = 0600;

absl::Status Failed(const std::string& what) { return Fail(Exit::kInterrupted, what); }

std::string LastError() { return ReasonOf(errno); }

// Makes the entry of a file in its directory durable.
bool SyncDirectoryOf(const std::string& path) {
  int descriptor = open(base::ParentOf(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return false;
  bool synced = fsync(descriptor) == 0;
  close(descriptor);
  return synced;
}

// Whether the open file is still the one of that name: who had it may have finished it, or taken it away.
bool HasName(int descriptor, const std::string& path) {
  struct stat opened = {};
  struct stat named = {};
  return fstat(descriptor, &opened) == 0 && stat(path.c_str(), &named) == 0 && opened.st_dev == named.st_dev &&
         opened.st_ino == named.st_ino;
}

}  // namespace

absl::StatusOr<std::unique_ptr<SnapshotFile>> SnapshotFile::Create(const std::string& path) {
  const std::string partial = path + ".part";
  // Emptied only once it is known to be nobody else's.
  const int descriptor = open(partial.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, kOwnerOnly);
  if (descriptor < 0) return Failed("could not open " + partial + " (open " + partial + ": " + LastError() + ")");
  absl::Status status;
  // A killed process leaves no lock. Where a file system knows none, a backup is worth more.
  const bool is_anothers = flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  if (is_anothers || !HasName(descriptor, partial)) {
    status = Failed("another snapshot save is writing " + partial + "; wait for its end, or give another name");
  } else if (ftruncate(descriptor, 0) != 0) {
    status = Failed("could not empty " + partial + ": " + LastError());
  }
  if (status.ok()) return std::unique_ptr<SnapshotFile>(new SnapshotFile(path, descriptor));
  close(descriptor);
  return status;
}

SnapshotFile::SnapshotFile(const std::string& path, int descriptor)
    : path_(path), partial_path_(path + ".part"), descriptor_(descriptor) {}

SnapshotFile::~SnapshotFile() {
  // The name goes before the lock: behind it the file may be another's.
  if (!complete_) unlink(partial_path_.c_str());
  close(descriptor_);
}

absl::Status SnapshotFile::Append(std::string_view bytes) {
  size_ += bytes.size();
  for (std::string_view rest = bytes; !rest.empty();) {
    ssize_t written = write(descriptor_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Failed("could not write snapshot: write " + partial_path_ + ": " + LastError());
    rest.remove_prefix(static_cast<size_t>(written));
  }
  tail_.append(bytes);
  if (tail_.size() > kDigestBytes) {
    digest_.Add(std::string_view(tail_).substr(0, tail_.size() - kDigestBytes));
    tail_.erase(0, tail_.size() - kDigestBytes);
  }
  return absl::OkStatus();
}

absl::Status SnapshotFile::CheckTrailer() {
  if (size_ % kSectorBytes != kDigestBytes) {
    return Failed("sha256 checksum not found [bytes: " + std::to_string(size_) + "]");
  }
  if (digest_.Take() != tail_) {
    return Failed("sha256 checksum does not match [bytes: " + std::to_string(size_) + "]");
  }
  return absl::OkStatus();
}

absl::Status SnapshotFile::Complete() {
  QUORATE_RETURN_IF_ERROR(CheckTrailer());
  if (fsync(descriptor_) != 0) {
    return Failed("could not fsync snapshot: sync " + partial_path_ + ": " + LastError());
  }
  if (rename(partial_path_.c_str(), path_.c_str()) != 0) {
    return Failed("could not rename " + partial_path_ + " to " + path_ + " (rename " + partial_path_ + " " + path_ +
                  ": " + LastError() + ")");
  }
  complete_ = true;
  if (!SyncDirectoryOf(path_)) return Failed("could not fsync the directory of " + path_ + ": " + LastError());
  return absl::OkStatus();
}

}  // namespace quorate::ctl
