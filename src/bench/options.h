#pragma once

// What one run does, as the command line says it.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace quorate::bench {

// Measures what every server stands on: the loopback round trip to one that does nothing, and fdatasync.
inline constexpr char kLimits[] = "limits";
// Waits until the server answers a linearizable Get.
inline constexpr char kFirstGet[] = "first-get";

struct Options {
  // A scenario, or one of the two that need no load: kLimits, kFirstGet.
  std::string scenario;
  // http://host:port or unix://path; connections go round them.
  std::vector<std::string> endpoints = {"http://127.0.0.1:2379"};
  int threads = 1;
  int connections = 1;
  // Requests in flight on each connection.
  int in_flight = 1;
  // Requests a second over all connections, 0 for as fast as answers come. At a fixed rate a latency counts from the
  // moment the request was due, so that a stalled server cannot hide what it stalled.
  double rate = 0;

  uint64_t keys = 100'000;
  std::string key_prefix = "quorate-bench/";
  uint64_t value_size = 256;
  bool serializable = false;
  // mixed: share of requests that read, the others put.
  double read_share = 0.9;
  // list, page: keys in one answer.
  uint64_t limit = 500;
  // watch: watchers, over how many connections, and whether each has a key of its own instead of all keys.
  uint64_t watchers = 1000;
  uint64_t watch_connections = 10;
  bool watch_each = false;
  // lease-revoke: leases, and keys attached to each.
  uint64_t leases = 100;
  uint64_t lease_keys = 1000;
  // compact: how often, and how many revisions are kept.
  std::chrono::nanoseconds compact_every = std::chrono::milliseconds(2500);
  uint64_t compact_behind = 1000;
  // limits: where to write the file that is synced.
  std::string directory = ".";
  // first-get: the monotonic clock when the server was started, in nanoseconds; 0 for now.
  int64_t since_ns = 0;
  // Scenarios that read put all keys first unless this is off.
  bool preload = true;

  std::chrono::nanoseconds warm_up = std::chrono::seconds(1);
  std::chrono::nanoseconds duration = std::chrono::seconds(10);
  // Ends after that many requests instead of after `duration`; 0 for none.
  uint64_t requests = 0;
  uint64_t seed = 1;

  // Reports CPU time and memory of this process too; 0 for none.
  int server_pid = 0;
  bool json = false;
};

// The outcome of reading the command line: options to run with, or an exit code because all is said (--help, an error).
struct ParsedOptions {
  bool run = false;
  int exit_code = 0;
  Options options;
};
ParsedOptions ParseOptions(int argc, const char* const* argv);

}  // namespace quorate::bench
