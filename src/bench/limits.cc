#include "src/bench/limits.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <vector>

#include "src/bench/data.h"
#include "src/bench/nothing_server.h"
#include "src/bench/run.h"
#include "src/bench/worker.h"

namespace quorate::bench {
namespace {

constexpr int kConnections = 50;
constexpr int kInFlight = 20;
// About what a log takes for a Put of 256 bytes.
constexpr size_t kEntryBytes = 320;
constexpr size_t kFileBytes = 16 << 20;

absl::Status DiskError(const std::string& path) {
  return base::MakeStatus(absl::StatusCode::kUnavailable, path + ": " + std::strerror(errno));
}

// Overwrites blocks that were written before: the least a sync can cost on this file system.
absl::Status MeasureSync(const std::string& path, int fd, int64_t duration_ns, Histogram* times_ns) {
  Random random(1);
  std::vector<uint64_t> block(kFileBytes / sizeof(uint64_t));
  for (uint64_t& word : block) word = random.Next();
  if (pwrite(fd, block.data(), kFileBytes, 0) != static_cast<ssize_t>(kFileBytes) || fsync(fd) != 0) {
    return DiskError(path);
  }
  const int64_t end_ns = MonotonicNs() + duration_ns;
  size_t at = 0;
  for (int64_t start = MonotonicNs(); start < end_ns; start = MonotonicNs()) {
    if (at + kEntryBytes > kFileBytes) at = 0;
    block[0] = random.Next();
    if (pwrite(fd, block.data(), kEntryBytes, static_cast<off_t>(at)) != static_cast<ssize_t>(kEntryBytes) ||
        fdatasync(fd) != 0) {
      return DiskError(path);
    }
    times_ns->Record(MonotonicNs() - start);
    at += kEntryBytes;
  }
  return absl::OkStatus();
}

absl::Status MeasureDisk(const Options& options, Limits* limits) {
  const std::string path = options.directory + "/quorate-bench-" + std::to_string(getpid()) + ".sync";
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return DiskError(path);
  const absl::Status status = MeasureSync(path, fd, options.duration.count() / 3, &limits->fdatasync_ns);
  close(fd);
  unlink(path.c_str());
  return status;
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
                "{\"round_trip_us\":{\"p50\":%.6g,\"p99\":%.6g},\"fdatasync_us\":{\"p50\":%.6g,\"p99\":%.6g},"
                "\"nothing_requests_per_s\":%.6g}\n",
                static_cast<double>(limits.round_trip_ns.Percentile(50)) / kNsPerUs,
                static_cast<double>(limits.round_trip_ns.Percentile(99)) / kNsPerUs,
                static_cast<double>(limits.fdatasync_ns.Percentile(50)) / kNsPerUs,
                static_cast<double>(limits.fdatasync_ns.Percentile(99)) / kNsPerUs, limits.nothing_requests_per_s);
  return text;
}

}  // namespace quorate::bench
