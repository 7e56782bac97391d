#include "src/bench/limits.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

#include "src/bench/data.h"
#include "src/bench/nothing_server.h"
#include "src/bench/run.h"
#include "src/bench/worker.h"

namespace quorate::bench {
namespace {

constexpr int kConnections = 50;
constexpr int kInFlight = 20;
// The least that a log can write past the page cache, and more than a Put of 256 bytes takes in it.
constexpr size_t kEntryBytes = 4096;
constexpr size_t kFileBytes = 16 << 20;
constexpr size_t kWordsOfEntry = kEntryBytes / sizeof(uint64_t);

absl::Status DiskError(const std::string& path) {
  return base::MakeStatus(absl::StatusCode::kUnavailable, path + ": " + std::strerror(errno));
}

struct FreeAligned {
  void operator()(uint64_t* words) const { ::operator delete[](words, std::align_val_t(kEntryBytes)); }
};
using Words = std::unique_ptr<uint64_t[], FreeAligned>;

Words RandomWords(Random* random) {
  Words words(new (std::align_val_t(kEntryBytes)) uint64_t[kFileBytes / sizeof(uint64_t)]);
  for (size_t i = 0; i < kFileBytes / sizeof(uint64_t); ++i) words[i] = random->Next();
  return words;
}

// Overwrites blocks that were written before: the least a sync can cost on this file system.
absl::StatusOr<Histogram> MeasureSync(const std::string& path, int fd, int64_t duration_ns) {
  Random random(1);
  const Words words = RandomWords(&random);
  if (pwrite(fd, words.get(), kFileBytes, 0) != static_cast<ssize_t>(kFileBytes) || fsync(fd) != 0) {
    return DiskError(path);
  }
  Histogram times_ns;
  const int64_t end_ns = MonotonicNs() + duration_ns;
  size_t at = 0;
  for (int64_t start = MonotonicNs(); start < end_ns; start = MonotonicNs()) {
    if (at == kFileBytes) at = 0;
    uint64_t* const entry = words.get() + at / kEntryBytes * kWordsOfEntry;
    entry[0] = random.Next();
    if (pwrite(fd, entry, kEntryBytes, static_cast<off_t>(at)) != static_cast<ssize_t>(kEntryBytes) ||
        fdatasync(fd) != 0) {
      return DiskError(path);
    }
    times_ns.Record(MonotonicNs() - start);
    at += kEntryBytes;
  }
  return times_ns;
}

absl::StatusOr<Histogram> MeasureSyncOfNewFile(const Options& options, int open_flags) {
  const std::string path = options.directory + "/quorate-bench-" + std::to_string(getpid()) + ".sync";
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | open_flags, 0600);
  if (fd < 0) return DiskError(path);
  absl::StatusOr<Histogram> times_ns = MeasureSync(path, fd, options.duration.count() / 6);
  close(fd);
  unlink(path.c_str());
  return times_ns;
}

absl::Status MeasureDisk(const Options& options, Limits* limits) {
  QUORATE_ASSIGN_OR_RETURN(limits->fdatasync_ns, MeasureSyncOfNewFile(options, 0));
  // Not every file system can.
  absl::StatusOr<Histogram> direct_ns = MeasureSyncOfNewFile(options, O_DIRECT);
  limits->fdatasync_is_direct = direct_ns.ok() && direct_ns->Percentile(50) < limits->fdatasync_ns.Percentile(50);
  if (limits->fdatasync_is_direct) limits->fdatasync_ns = *std::move(direct_ns);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Limits> MeasureLimits(const Options& options) {
  NothingServer server;
  QUORATE_RETURN_IF_ERROR(server.Start());
  Options load = options;
  load.scenario = "put";
  load.endpoints = {server.url()};
  load.duration = options.duration / 3;
  load.warm_up = load.duration / 5;
  load.requests = 0;
  load.rate = 0;
  load.server_pid = 0;
  load.connections = load.in_flight = load.threads = 1;
  Limits limits;
  QUORATE_ASSIGN_OR_RETURN(RunResult serial, Run(load));
  limits.round_trip_ns = std::move(serial.load.figures.latency_ns);
  load.connections = kConnections;
  load.in_flight = kInFlight;
  QUORATE_ASSIGN_OR_RETURN(const RunResult full, Run(load));
  limits.nothing_requests_per_s = full.load.Throughput();
  QUORATE_RETURN_IF_ERROR(MeasureDisk(options, &limits));
  return limits;
}

std::string JsonReport(const Limits& limits) {
  constexpr double kNsPerUs = 1e3;
  char text[256];
  std::snprintf(text, sizeof(text),
                "{\"round_trip_us\":{\"p50\":%.6g,\"p99\":%.6g},"
                "\"fdatasync_us\":{\"p50\":%.6g,\"p99\":%.6g,\"written\":\"%s\"},"
                "\"nothing_requests_per_s\":%.6g}\n",
                static_cast<double>(limits.round_trip_ns.Percentile(50)) / kNsPerUs,
                static_cast<double>(limits.round_trip_ns.Percentile(99)) / kNsPerUs,
                static_cast<double>(limits.fdatasync_ns.Percentile(50)) / kNsPerUs,
                static_cast<double>(limits.fdatasync_ns.Percentile(99)) / kNsPerUs,
                limits.fdatasync_is_direct ? "past the page cache" : "through the page cache",
                limits.nothing_requests_per_s);
  return text;
}

}  // namespace quorate::bench
