#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "quorate/base/file_system.h"
#include "quorate/base/system_error.h"

namespace quorate::base {
namespace {

constexpr mode_t kLockFileMode = 0600;
constexpr size_t kHolderBytesMax = 32;

// The holder leaves its process id in the file, for the message of whoever comes second.
std::string HolderOf(int descriptor) {
  char bytes[kHolderBytesMax] = {};
  const ssize_t length = pread(descriptor, bytes, sizeof(bytes) - 1, 0);
  const long process = length > 0 ? std::strtol(bytes, nullptr, 10) : 0;
  return process > 0 ? "process " + std::to_string(process) : "another process";
}

}  // namespace

absl::StatusOr<std::unique_ptr<FileLock>> FileLock::Acquire(const std::string& path) {
  int descriptor;
  do {
    descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kLockFileMode);
  } while (descriptor < 0 && errno == EINTR);
  if (descriptor < 0) return SystemError("open", path, errno);
  std::unique_ptr<FileLock> lock(new FileLock(descriptor));
  int result;
  do {
    result = flock(descriptor, LOCK_EX | LOCK_NB);
  } while (result != 0 && errno == EINTR);
  if (result != 0) {
    if (errno != EWOULDBLOCK) return SystemError("lock", path, errno);
    return MakeStatus(absl::StatusCode::kFailedPrecondition, path + " is locked by " + HolderOf(descriptor));
  }
  // Only a hint: a disk too full to take it must not keep a member from starting.
  const std::string holder = std::to_string(getpid()) + "\n";
  if (ftruncate(descriptor, 0) == 0 && pwrite(descriptor, holder.data(), holder.size(), 0) < 0) return lock;
  return lock;
}

FileLock::~FileLock() { close(descriptor_); }

}  // namespace quorate::base
