#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "quorate/base/file_system.h"
#include "quorate/base/system_error.h"

namespace quorate::base {
namespace {

constexpr mode_t kFileMode = 0600;
constexpr mode_t kDirectoryMode = 0700;

// Repeats a system call that a signal interrupted.
template <typename Call>
auto Retry(Call call) {
  decltype(call()) result;
  do {
    result = call();
  } while (result == -1 && errno == EINTR);
  return result;
}

class PosixFile final : public File {
 public:
  // `direct`: the same file, opened to be written past the page cache; -1 when it is not to be.
  PosixFile(std::string path, int descriptor, int direct)
      : path_(std::move(path)), descriptor_(descriptor), direct_(direct) {}
  ~PosixFile() override {
    close(descriptor_);
    if (direct_ >= 0) close(direct_);
  }
  PosixFile(const PosixFile&) = delete;
  PosixFile& operator=(const PosixFile&) = delete;

  absl::Status WriteAt(uint64_t offset, std::string_view bytes) override {
    while (!bytes.empty()) {
      const bool direct = direct_ >= 0 && IsWholeBlocks(offset, bytes);
      const int descriptor = direct ? direct_ : descriptor_;
      const ssize_t written =
          Retry([&] { return pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(offset)); });
      if (written < 0 && direct && errno == EINVAL) {
        // A file system that takes the flag and then has larger blocks, or does not know how after all.
        close(std::exchange(direct_, -1));
        continue;
      }
      if (written < 0) return SystemError("write", path_, errno);
      // A short write means that the next one will say why.
      bytes.remove_prefix(static_cast<size_t>(written));
      offset += static_cast<uint64_t>(written);
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::string> ReadAt(uint64_t offset, size_t length) override {
    // A damaged length must not become a huge allocation: nothing is asked for that the file does not hold.
    QUORATE_ASSIGN_OR_RETURN(const uint64_t size, Size());
    length = offset >= size ? 0 : std::min<uint64_t>(length, size - offset);
    std::string bytes(length, '\0');
    size_t done = 0;
    while (done < length) {
      const ssize_t got = Retry(
          [&] { return pread(descriptor_, bytes.data() + done, length - done, static_cast<off_t>(offset + done)); });
      if (got < 0) return SystemError("read", path_, errno);
      if (got == 0) break;
      done += static_cast<size_t>(got);
    }
    bytes.resize(done);
    return bytes;
  }

  absl::Status SyncData() override {
    if (Retry([&] { return fdatasync(descriptor_); }) != 0) return SystemError("sync", path_, errno);
    return absl::OkStatus();
  }

  absl::StatusOr<uint64_t> Size() override {
    struct stat status;
    if (fstat(descriptor_, &status) != 0) return SystemError("stat", path_, errno);
    return static_cast<uint64_t>(status.st_size);
  }

  const std::string& path() const override { return path_; }

 private:
  static bool IsWholeBlocks(uint64_t offset, std::string_view bytes) {
    return (offset | bytes.size() | reinterpret_cast<uintptr_t>(bytes.data())) % kDirectBlockBytes == 0;
  }

  const std::string path_;
  const int descriptor_;
  int direct_;
};

class PosixDirectory final : public Directory {
 public:
  PosixDirectory(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  ~PosixDirectory() override { close(descriptor_); }
  PosixDirectory(const PosixDirectory&) = delete;
  PosixDirectory& operator=(const PosixDirectory&) = delete;

  absl::Status Sync() override {
    if (Retry([&] { return fsync(descriptor_); }) != 0) return SystemError("sync", path_, errno);
    return absl::OkStatus();
  }

 private:
  const std::string path_;
  const int descriptor_;
};

class PosixFiles final : public FileSystem {
 public:
  absl::StatusOr<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) override {
    int flags = O_CLOEXEC;
    switch (mode) {
      case OpenMode::kReadOnly:
        flags |= O_RDONLY;
        break;
      case OpenMode::kReadWrite:
      case OpenMode::kDirect:
        flags |= O_RDWR;
        break;
      case OpenMode::kCreate:
        flags |= O_RDWR | O_CREAT | O_EXCL;
        break;
    }
    const int descriptor = Retry([&] { return open(path.c_str(), flags, kFileMode); });
    if (descriptor < 0) return SystemError("open", path, errno);
    int direct = -1;
    if (mode == OpenMode::kDirect) direct = Retry([&] { return open(path.c_str(), O_WRONLY | O_DIRECT | O_CLOEXEC); });
    return std::make_unique<PosixFile>(path, descriptor, direct);
  }

  absl::StatusOr<std::vector<std::string>> List(const std::string& directory) override {
    DIR* const stream = opendir(directory.c_str());
    if (stream == nullptr) return SystemError("list", directory, errno);
    std::vector<std::string> names;
    errno = 0;
    for (const dirent* entry = readdir(stream); entry != nullptr; entry = readdir(stream)) {
      std::string name = entry->d_name;
      if (name != "." && name != "..") names.push_back(std::move(name));
    }
    const int error = errno;
    closedir(stream);
    if (error != 0) return SystemError("list", directory, error);
    std::sort(names.begin(), names.end());
    return names;
  }

  absl::Status Rename(const std::string& from, const std::string& to) override {
    if (rename(from.c_str(), to.c_str()) != 0) return SystemError("rename", from + " to " + to, errno);
    return absl::OkStatus();
  }

  absl::Status Remove(const std::string& path) override {
    if (remove(path.c_str()) != 0) return SystemError("remove", path, errno);
    return absl::OkStatus();
  }

  absl::Status CreateDirectories(const std::string& path) override {
    for (size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
      const std::string part = path.substr(0, slash);
      if (mkdir(part.c_str(), kDirectoryMode) != 0) {
        const int error = errno;
        struct stat status;
        const bool is_directory = stat(part.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
        if (!is_directory) return SystemError("create directory", part, error == EEXIST ? ENOTDIR : error);
      }
      if (slash == std::string::npos) return absl::OkStatus();
    }
  }

  absl::StatusOr<std::unique_ptr<Directory>> OpenDirectory(const std::string& path) override {
    const int descriptor = Retry([&] { return open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
    if (descriptor < 0) return SystemError("open", path, errno);
    return std::make_unique<PosixDirectory>(path, descriptor);
  }

  bool Exists(const std::string& path) override {
    struct stat status;
    return stat(path.c_str(), &status) == 0;
  }
};

}  // namespace

FileSystem& PosixFileSystem() {
  static PosixFiles* const files = new PosixFiles;
  return *files;
}

}  // namespace quorate::base
