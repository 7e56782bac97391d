#pragma once

// The log of a member in the making whose directory is not inside the member's: <wal-dir>.restoring until it is whole.
// Two things lie in it meanwhile: a lock, for others may be given the same --wal-dir, and an id that the member's
// unfinished directory has, too. It tells a later run that a log which has its name already is nobody's, because its
// maker was killed before the member got its own.

#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "quorate/base/file_system.h"
#include "quorate/base/status.h"

namespace quorate::replica {

class OwnLog {
 public:
  // `member` is the member's unfinished directory, whose lock the caller holds; `make_directory` makes the log's.
  // AlreadyExists when there is a `wal_dir` of another's, FailedPrecondition when another process is making one.
  static absl::StatusOr<std::unique_ptr<OwnLog>> Claim(
      base::FileSystem& files, const std::string& wal_dir, const std::string& member,
      absl::FunctionRef<absl::Status(const std::string& path)> make_directory);
  // Removes it, unless it is to be kept.
  ~OwnLog();
  OwnLog(const OwnLog&) = delete;
  OwnLog& operator=(const OwnLog&) = delete;

  // Where it is until it has its name.
  const std::string& unfinished() const { return unfinished_; }
  // Durably, just before `member` gets its own.
  absl::Status GiveName();
  // It stays: the member is whole.
  void Keep() { is_kept_ = true; }
  // Once it is sure that the member has this directory: takes away what told of the making.
  void RemoveMarks(const std::string& finished_member);

 private:
  OwnLog(base::FileSystem& files, const std::string& wal_dir, const std::string& member);

  base::FileSystem& files_;
  const std::string wal_dir_;
  const std::string unfinished_;
  const std::string member_;
  std::unique_ptr<base::FileLock> lock_;
  bool is_named_ = false;
  bool is_kept_ = false;
};

}  // namespace quorate::replica
