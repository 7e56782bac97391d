#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace quorate::soak {

// What the server takes at one moment.
struct ResourceSample {
  std::chrono::milliseconds at{0};   // since the soak's start
  std::chrono::milliseconds age{0};  // of the process
  int life = 0;                      // which process it is
  int64_t resident_bytes = 0;
  int64_t cache_bytes = 0;  // of that, what its caches and memtables say they hold: they are to fill, to their bounds
  int64_t descriptors = 0;
  int64_t threads = 0;
  int64_t disk_bytes = 0;

  int64_t own_bytes() const { return resident_bytes - cache_bytes; }
};

// Reads /proc, the server's /metrics, and its data directory; zeros for what cannot be read.
ResourceSample TakeSample(pid_t pid, const std::string& address, const std::string& data_directory);

// Whether memory and descriptors are flat: medians of the second and the last quarter of the samples of processes that
// have warmed up, over all lives at ages that more than the last one reached, and over the last life alone, in which
// nothing is killed: what has a bound and fills slowly is full in none of the others.
struct Flatness {
  std::string medians;  // a line for each
  std::string faults;   // what grows; empty when nothing does
};
Flatness CheckFlat(const std::vector<ResourceSample>& samples, std::chrono::milliseconds warm_up);

// A table of at most so many rows.
std::string TableOf(const std::vector<ResourceSample>& samples, size_t rows);

}  // namespace quorate::soak
