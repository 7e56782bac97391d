#pragma once

// What a member is told at start: flags, then ETCD_… / QUORATE_… environment variables for flags not given, defaults
// for the rest. Names, forms and defaults are etcd's.

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "quorate/base/logging.h"
#include "quorate/base/status.h"

namespace quorate::config {

// History that is compacted without being asked for; everything stays when both are 0, and at most one is not.
struct AutoCompaction {
  std::chrono::nanoseconds period{0};  // keep that much time
  int64_t revisions = 0;               // keep that many revisions
};

struct Config {
  std::string name = "default";
  std::string data_dir;  // "<name>.etcd" when not given
  std::string wal_dir;   // empty: under data_dir
  std::vector<std::string> listen_client_urls;
  std::vector<std::string> advertise_client_urls;
  std::vector<std::string> listen_peer_urls;
  std::vector<std::string> initial_advertise_peer_urls;
  std::vector<std::pair<std::string, std::string>> initial_cluster;  // name, peer URL; a name may come several times
  bool initial_cluster_existing = false;
  std::string initial_cluster_token = "etcd-cluster";
  uint64_t snapshot_count = 10000;
  std::chrono::milliseconds heartbeat_interval{100};
  std::chrono::milliseconds election_timeout{1000};
  int64_t quota_backend_bytes = 0;
  AutoCompaction auto_compaction;
  uint32_t max_txn_ops = 128;
  uint64_t max_request_bytes = 1572864;
  uint32_t max_concurrent_streams = UINT32_MAX;
  std::chrono::milliseconds grpc_keepalive_min_time{5000};
  std::chrono::milliseconds grpc_keepalive_interval{7200000};
  std::chrono::milliseconds grpc_keepalive_timeout{20000};
  bool socket_reuse_port = false;
  bool unsafe_no_fsync = false;
  std::chrono::nanoseconds warning_unary_request_duration = std::chrono::milliseconds(300);
  std::chrono::milliseconds watch_progress_notify_interval{600000};
  base::LoggingOptions logging;
  // Lines to log once logging is up: flags accepted without effect, environment variables that shadow or mean nothing.
  std::vector<std::string> warnings;
};

// What parsing a command line came to.
struct ParseResult {
  enum class Action { kRun, kPrintAndExit } action = Action::kRun;
  std::string text;  // to print on standard output for kPrintAndExit (--help, --version)
  Config config;
};

// `environment` is a list of "NAME=value". An error's message is one line that says what and what to do; the caller
// prints it on standard error and exits with status 2 for usage errors (InvalidArgument), 1 for others.
absl::StatusOr<ParseResult> Parse(const std::vector<std::string>& arguments,
                                  const std::vector<std::string>& environment);

}  // namespace quorate::config
