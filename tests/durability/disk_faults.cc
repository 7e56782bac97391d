// A library to preload: makes system calls on a server's files fail, as a control file says while the server runs.
//
//   LD_PRELOAD=libdisk_faults.so DISK_FAULTS=<control file> DISK_FAULTS_UNDER=<directory> quorate ...
//
// Each line of the control file is a rule; the first that fits a call applies:
//
//   <calls> <part of the path> error <errno>          fails; nothing is done
//   <calls> <part of the path> delay <milliseconds>   is done that much later
//   <calls> <part of the path> short <bytes>          reads and writes at most so many
//   <calls> <part of the path> interrupt <n>          every n-th call fails with EINTR, nothing done
//
// <calls> is one of write, read, sync, open, name (rename, unlink, link, mkdir), size (ftruncate, fallocate), all.
// Calls that were made to fail are appended to <control file>.log, a line each: the call, the path.

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <atomic>

namespace {

constexpr int kRulesMax = 16;
constexpr int kTextMax = 256;

struct Rule {
  char calls[16];
  char path[kTextMax];
  char action[16];
  long argument;
};

struct Rules {
  Rule rule[kRulesMax];
  int count = 0;
};

template <typename Function>
Function Real(Function, const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

// By system calls, so as not to meet itself.
Rules ReadRules() {
  Rules rules;
  const char* control = getenv("DISK_FAULTS");
  if (control == nullptr) return rules;
  const long descriptor = syscall(SYS_openat, AT_FDCWD, control, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return rules;
  char text[4096];
  const long bytes = syscall(SYS_read, descriptor, text, sizeof text - 1);
  syscall(SYS_close, descriptor);
  text[bytes > 0 ? bytes : 0] = '\0';
  char* rest = nullptr;
  for (char* line = strtok_r(text, "\n", &rest); line != nullptr; line = strtok_r(nullptr, "\n", &rest)) {
    Rule& rule = rules.rule[rules.count];
    if (sscanf(line, "%15s %255s %15s %ld", rule.calls, rule.path, rule.action, &rule.argument) != 4) continue;
    if (++rules.count == kRulesMax) break;
  }
  return rules;
}

void Note(const char* call, const char* path) {
  char name[PATH_MAX], line[PATH_MAX + 64];
  snprintf(name, sizeof name, "%s.log", getenv("DISK_FAULTS"));
  const int length = snprintf(line, sizeof line, "%s %s\n", call, path);
  const long descriptor = syscall(SYS_openat, AT_FDCWD, name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (descriptor < 0) return;
  syscall(SYS_write, descriptor, line, length);
  syscall(SYS_close, descriptor);
}

bool Fits(const char* calls, const char* kind) { return strcmp(calls, "all") == 0 || strcmp(calls, kind) == 0; }

// True with errno set when the call is to fail. `*bytes`, where there is one, may become less.
bool Fails(const char* kind, const char* call, const char* path, size_t* bytes) {
  static const char* const under = getenv("DISK_FAULTS_UNDER");
  if (under == nullptr || strncmp(path, under, strlen(under)) != 0) return false;
  static std::atomic<uint64_t> calls{0};
  const Rules rules = ReadRules();
  for (int i = 0; i < rules.count; ++i) {
    const Rule& rule = rules.rule[i];
    if (!Fits(rule.calls, kind)) continue;
    if (strcmp(rule.path, "*") != 0 && strstr(path, rule.path) == nullptr) continue;
    if (strcmp(rule.action, "error") == 0) {
      Note(call, path);
      errno = static_cast<int>(rule.argument);
      return true;
    }
    if (strcmp(rule.action, "delay") == 0) {
      Note(call, path);
      const timespec delay = {rule.argument / 1000, rule.argument % 1000 * 1'000'000};
      nanosleep(&delay, nullptr);
    } else if (strcmp(rule.action, "short") == 0) {
      if (bytes != nullptr && *bytes > static_cast<size_t>(rule.argument)) *bytes = static_cast<size_t>(rule.argument);
    } else if (strcmp(rule.action, "interrupt") == 0 &&
               calls.fetch_add(1) % static_cast<uint64_t>(rule.argument) == 0) {
      errno = EINTR;
      return true;
    }
    return false;
  }
  return false;
}

bool FailsOn(const char* kind, const char* call, int descriptor, size_t* bytes = nullptr) {
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  const ssize_t length = readlink(link, path, sizeof path - 1);
  if (length <= 0) return false;
  path[length] = '\0';
  return Fails(kind, call, path, bytes);
}

// Opening to look at a file is no change.
const char* KindOfOpen(int flags) { return (flags & (O_CREAT | O_WRONLY | O_RDWR)) != 0 ? "open" : "look"; }

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = va_arg(arguments, mode_t);
  va_end(arguments);
  if (Fails(KindOfOpen(flags), "open", path, nullptr)) return -1;
  static const auto real = Real<int (*)(const char*, int, ...)>(nullptr, "open");
  return real(path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = va_arg(arguments, mode_t);
  va_end(arguments);
  if (Fails(KindOfOpen(flags), "open", path, nullptr)) return -1;
  static const auto real = Real<int (*)(const char*, int, ...)>(nullptr, "open64");
  return real(path, flags, mode);
}

#define QUORATE_ON_DESCRIPTOR(result, name, kind, parameters, ...)       \
  result name parameters {                                               \
    if (FailsOn(kind, #name, fd)) return -1;                             \
    static const auto real = Real<result(*) parameters>(nullptr, #name); \
    return real(__VA_ARGS__);                                            \
  }
#define QUORATE_ON_BYTES(name, kind, parameters, ...)                     \
  ssize_t name parameters {                                               \
    if (FailsOn(kind, #name, fd, &bytes)) return -1;                      \
    static const auto real = Real<ssize_t(*) parameters>(nullptr, #name); \
    return real(__VA_ARGS__);                                             \
  }
#define QUORATE_ON_PATH(name, parameters, ...)                        \
  int name parameters {                                               \
    if (Fails("name", #name, path, nullptr)) return -1;               \
    static const auto real = Real<int(*) parameters>(nullptr, #name); \
    return real(__VA_ARGS__);                                         \
  }

QUORATE_ON_BYTES(write, "write", (int fd, const void* from, size_t bytes), fd, from, bytes)
QUORATE_ON_BYTES(pwrite, "write", (int fd, const void* from, size_t bytes, off_t at), fd, from, bytes, at)
QUORATE_ON_BYTES(pwrite64, "write", (int fd, const void* from, size_t bytes, off64_t at), fd, from, bytes, at)
QUORATE_ON_BYTES(read, "read", (int fd, void* to, size_t bytes), fd, to, bytes)
QUORATE_ON_BYTES(pread, "read", (int fd, void* to, size_t bytes, off_t at), fd, to, bytes, at)
QUORATE_ON_BYTES(pread64, "read", (int fd, void* to, size_t bytes, off64_t at), fd, to, bytes, at)
QUORATE_ON_DESCRIPTOR(ssize_t, writev, "write", (int fd, const iovec* parts, int count), fd, parts, count)
QUORATE_ON_DESCRIPTOR(int, fsync, "sync", (int fd), fd)
QUORATE_ON_DESCRIPTOR(int, fdatasync, "sync", (int fd), fd)
// Without flags it asks whether there is such a call, and touches nothing.
int sync_file_range(int fd, off64_t at, off64_t bytes, unsigned int flags) {
  if (flags != 0 && FailsOn("sync", "sync_file_range", fd)) return -1;
  static const auto real = Real<int (*)(int, off64_t, off64_t, unsigned int)>(nullptr, "sync_file_range");
  return real(fd, at, bytes, flags);
}
QUORATE_ON_DESCRIPTOR(int, ftruncate, "size", (int fd, off_t bytes), fd, bytes)
QUORATE_ON_DESCRIPTOR(int, ftruncate64, "size", (int fd, off64_t bytes), fd, bytes)
QUORATE_ON_DESCRIPTOR(int, fallocate, "size", (int fd, int mode, off_t at, off_t bytes), fd, mode, at, bytes)
QUORATE_ON_DESCRIPTOR(int, fallocate64, "size", (int fd, int mode, off64_t at, off64_t bytes), fd, mode, at, bytes)
QUORATE_ON_PATH(rename, (const char* path, const char* to), path, to)
QUORATE_ON_PATH(unlink, (const char* path), path)
QUORATE_ON_PATH(remove, (const char* path), path)
QUORATE_ON_PATH(link, (const char* path, const char* to), path, to)
QUORATE_ON_PATH(mkdir, (const char* path, mode_t mode), path, mode)

}  // extern "C"
