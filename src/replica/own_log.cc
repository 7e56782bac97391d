#include "src/replica/own_log.h"

#include <filesystem>
#include <fstream>
#include <random>
#include <system_error>

#include "quorate/base/system_error.h"
#include "src/replica/data_directory.h"

namespace quorate::replica {
namespace {

namespace fs = std::filesystem;

constexpr char kLockName[] = "/restoring.lock";
constexpr char kIdName[] = "/restoring.id";

std::string NewId() {
  std::random_device random;
  std::string id;
  for (int i = 0; i < 4; ++i) id += std::to_string(random()) + " ";
  return id;
}

// Empty when there is none.
std::string IdIn(const std::string& directory) {
  std::string id;
  std::ifstream file(directory + kIdName);
  std::getline(file, id);
  return id;
}

absl::Status WriteId(base::FileSystem& files, const std::string& directory, const std::string& id) {
  const std::string path = directory + kIdName;
  if (files.Exists(path)) QUORATE_RETURN_IF_ERROR(files.Remove(path));
  QUORATE_ASSIGN_OR_RETURN(const std::unique_ptr<base::File> file, files.Open(path, base::OpenMode::kCreate));
  QUORATE_RETURN_IF_ERROR(file->WriteAt(0, id));
  QUORATE_RETURN_IF_ERROR(file->SyncData());
  return files.SyncDirectory(directory);
}

absl::Status RemoveAll(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  return error ? base::SystemError("remove", path.string(), error.value()) : absl::OkStatus();
}

// But for the lock.
absl::Status Empty(const std::string& directory) {
  std::error_code error;
  for (fs::directory_iterator entry(directory, error); !error && entry != fs::end(entry); entry.increment(error)) {
    if (entry->path() != directory + kLockName) QUORATE_RETURN_IF_ERROR(RemoveAll(entry->path()));
  }
  return error ? base::SystemError("list", directory, error.value()) : absl::OkStatus();
}

}  // namespace

OwnLog::OwnLog(base::FileSystem& files, const std::string& wal_dir, const std::string& member)
    : files_(files), wal_dir_(wal_dir), unfinished_(wal_dir + kRestoringSuffix), member_(member) {}

absl::StatusOr<std::unique_ptr<OwnLog>> OwnLog::Claim(
    base::FileSystem& files, const std::string& wal_dir, const std::string& member,
    absl::FunctionRef<absl::Status(const std::string& path)> make_directory) {
  std::error_code error;
  if (fs::exists(fs::symlink_status(wal_dir, error))) {
    const std::string id = IdIn(member);
    if (id.empty() || IdIn(wal_dir) != id) {
      return base::MakeStatus(absl::StatusCode::kAlreadyExists, "wal-dir \"" + wal_dir + "\" exists");
    }
    // Half of it, under its own name, would be anybody's if this process is killed as well.
    QUORATE_RETURN_IF_ERROR(files.Rename(wal_dir, wal_dir + kRestoringSuffix));
    QUORATE_RETURN_IF_ERROR(files.SyncDirectory(base::ParentOf(wal_dir)));
  }
  std::unique_ptr<OwnLog> log(new OwnLog(files, wal_dir, member));
  QUORATE_RETURN_IF_ERROR(make_directory(log->unfinished_));
  auto lock = base::FileLock::Acquire(log->unfinished_ + kLockName);
  if (!lock.ok()) {
    log->is_kept_ = true;  // as another's
    return std::move(lock).status();
  }
  log->lock_ = *std::move(lock);
  QUORATE_RETURN_IF_ERROR(Empty(log->unfinished_));
  return log;
}

OwnLog::~OwnLog() {
  if (is_kept_) return;
  if (is_named_ && !files_.Rename(wal_dir_, unfinished_).ok()) return;
  RemoveAll(unfinished_).IgnoreError();
}

absl::Status OwnLog::GiveName() {
  const std::string id = NewId();
  QUORATE_RETURN_IF_ERROR(WriteId(files_, member_, id));
  QUORATE_RETURN_IF_ERROR(WriteId(files_, unfinished_, id));
  QUORATE_RETURN_IF_ERROR(files_.Rename(unfinished_, wal_dir_));
  is_named_ = true;
  return files_.SyncDirectory(base::ParentOf(wal_dir_));
}

void OwnLog::RemoveMarks(const std::string& finished_member) {
  std::error_code ignored;
  for (const std::string& path : {wal_dir_ + kLockName, wal_dir_ + kIdName, finished_member + kIdName}) {
    fs::remove(path, ignored);
  }
}

}  // namespace quorate::replica
