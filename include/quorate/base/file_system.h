#pragma once

// The files the log is written to, behind an interface small enough for a simulated disk to stand in.
// Errors name the path and the reason of the system ("No space left on device").

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "quorate/base/status.h"

namespace quorate::base {

// An open file; closed by the destructor. One thread at a time.
class File {
 public:
  virtual ~File() = default;
  // Writes all of it or fails. What is no refusal (disk_refusal.h): do not trust the file any more.
  virtual absl::Status WriteAt(uint64_t offset, std::string_view bytes) = 0;
  // Reads up to `length` bytes; fewer only at the end of the file.
  virtual absl::StatusOr<std::string> ReadAt(uint64_t offset, size_t length) = 0;
  // Makes data durable (fdatasync). After a failure what is on disk is unknown: the process must not go on writing.
  virtual absl::Status SyncData() = 0;
  virtual absl::StatusOr<uint64_t> Size() = 0;
  virtual const std::string& path() const = 0;
};

// An open directory; closed by the destructor. One thread at a time.
class Directory {
 public:
  virtual ~Directory() = default;
  // Makes creations, renames and removals in it durable. After a failure what is on disk is unknown.
  virtual absl::Status Sync() = 0;
};

// Writes of whole blocks of this size, from memory aligned to it, can go past the page cache.
inline constexpr uint64_t kDirectBlockBytes = 4096;

enum class OpenMode {
  kReadOnly,
  kReadWrite,
  kCreate,  // must not exist yet
  // To read and write; what can be written past the page cache is, where the file system knows how. It costs a sync
  // less than finding the pages that were written does.
  kDirect,
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;
  virtual absl::StatusOr<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) = 0;
  // Names only, sorted, "." and ".." left out.
  virtual absl::StatusOr<std::vector<std::string>> List(const std::string& directory) = 0;
  virtual absl::Status Rename(const std::string& from, const std::string& to) = 0;
  virtual absl::Status Remove(const std::string& path) = 0;
  // Creates missing parents too, mode 0700. Present already: OK.
  virtual absl::Status CreateDirectories(const std::string& path) = 0;
  virtual absl::StatusOr<std::unique_ptr<Directory>> OpenDirectory(const std::string& path) = 0;
  virtual bool Exists(const std::string& path) = 0;

  // Both at once, for callers that give up whichever of them fails.
  absl::Status SyncDirectory(const std::string& path) {
    QUORATE_ASSIGN_OR_RETURN(const std::unique_ptr<Directory> directory, OpenDirectory(path));
    return directory->Sync();
  }
  // The directories of this path that are not there, the outermost first.
  std::vector<std::string> MissingDirectories(const std::string& path);
  // CreateDirectories, and syncs what each new one is in.
  absl::Status CreateDirectoriesDurably(const std::string& path);
};

// The directory that a path leads to: "." where it names none.
std::string ParentOf(std::string_view path);

// The machine's files; lives for ever.
FileSystem& PosixFileSystem();

// Takes an exclusive lock on `path` (created when missing) until the object dies or the process ends.
// FailedPrecondition when another process holds it.
class FileLock {
 public:
  static absl::StatusOr<std::unique_ptr<FileLock>> Acquire(const std::string& path);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace quorate::base
