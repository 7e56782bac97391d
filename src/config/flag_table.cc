#include "src/config/flag_table.h"

#include <algorithm>
#include <cctype>
#include <limits>

#include "quorate/base/edit_distance.h"

namespace quorate::config {
namespace {

using enum FlagType;
using enum Section;
using enum Support;

constexpr std::string_view kRotation =
    R"({"maxsize": 100, "maxage": 0, "maxbackups": 0, "localtime": false, "compress": false})";
constexpr std::string_view kNoBolt = "the store is RocksDB, not bbolt";

// clang-format off
constexpr Flag kFlags[] = {
    {"name", kString, kMember, kWorks, "default", "Name of this member, for people and for --initial-cluster."},
    {"data-dir", kString, kMember, kWorks, "", "Directory of the member's data; created when missing.", "", "${name}.etcd"},
    {"wal-dir", kString, kMember, kWorks, "", "Directory of the log, for a disk of its own. Empty: in the data directory."},
    {"snapshot-count", kUint64, kMember, kWorks, "10000", "Applied entries after which the log may be cut behind the store."},
    {"heartbeat-interval", kUint64, kMember, kWorks, "100", "Milliseconds between a leader's heartbeats."},
    {"election-timeout", kUint64, kMember, kWorks, "1000", "Milliseconds without a leader after which an election starts; at least five heartbeats, at most 50000."},
    {"initial-election-tick-advance", kBool, kMember, kNoEffect, "true", "a lone voter elects itself at once, others wait a full timeout"},
    {"listen-peer-urls", kUrls, kMember, kWorks, "http://localhost:2380", "URLs to listen on for other members."},
    {"listen-client-urls", kUrls, kMember, kWorks, "http://localhost:2379", "URLs to listen on for clients: gRPC and HTTP on one port. http://IP:port and unix://path; port 0 takes a free one."},
    {"listen-client-http-urls", kUrls, kMember, kNotYet, "", ""},
    {"max-snapshots", kUint64, kMember, kNoEffect, "5", "snapshots are not kept as files"},
    {"max-wals", kUint64, kMember, kNoEffect, "5", "log segments go once the store no longer needs them"},
    {"memory-mlock", kBool, kMember, kNoEffect, "false", kNoBolt},
    {"quota-backend-bytes", kInt64, kMember, kWorks, "0", "Bytes that may be stored before writes are refused and the alarm NOSPACE is raised. 0: 2 GiB. Negative: no limit."},
    {"backend-bbolt-freelist-type", kString, kMember, kNoEffect, "", kNoBolt, "", "map"},
    {"backend-batch-interval", kDuration, kMember, kNoEffect, "0s", kNoBolt},
    {"backend-batch-limit", kInt64, kMember, kNoEffect, "0", kNoBolt},
    {"max-txn-ops", kUint64, kMember, kWorks, "128", "Operations allowed in one transaction."},
    {"max-request-bytes", kUint64, kMember, kWorks, "1572864", "Bytes allowed in one request."},
    {"max-concurrent-streams", kUint32, kMember, kWorks, "4294967295", "Streams a client connection may have open at a time."},
    {"grpc-keepalive-min-time", kDuration, kMember, kWorks, "5s", "Clients that ping more often than this are disconnected. 0: 5m."},
    {"grpc-keepalive-interval", kDuration, kMember, kWorks, "2h", "Silence after which the server pings a client. 0 here or for the timeout: the defaults of both."},
    {"grpc-keepalive-timeout", kDuration, kMember, kWorks, "20s", "How long a pinged client may take to answer."},
    {"socket-reuse-port", kBool, kMember, kWorks, "false", "Set SO_REUSEPORT on listening sockets."},
    {"socket-reuse-address", kBool, kMember, kNoEffect, "false", "listeners always have it"},
    {"enable-grpc-gateway", kBool, kMember, kNotYet, "true", ""},
    {"raft-read-timeout", kDuration, kMember, kNotYet, "5s", ""},
    {"raft-write-timeout", kDuration, kMember, kNotYet, "5s", ""},
    {"feature-gates", kString, kMember, kNoEffect, "", "what the gates are for is always so, or there is no such thing"},

    {"initial-advertise-peer-urls", kUrls, kClustering, kWorks, "http://localhost:2380", "URLs at which other members reach this one. They make its identity at the first start."},
    {"initial-cluster", kString, kClustering, kWorks, "", "Members at the first start, as name=URL,name=URL. Not given: this member alone.", "", "default=http://localhost:2380"},
    {"initial-cluster-state", kChoice, kClustering, kWorks, "new", "new when the cluster is made, existing when this member joins one. Read at the first start only.", "new,existing"},
    {"initial-cluster-token", kString, kClustering, kWorks, "etcd-cluster", "Tells clusters made from equal flags apart. Read at the first start only."},
    {"advertise-client-urls", kUrls, kClustering, kWorks, "http://localhost:2379", "URLs at which clients reach this member. Required with --listen-client-urls."},
    {"discovery", kString, kClustering, kNotYet, "", ""},
    {"discovery-token", kString, kClustering, kNotYet, "", ""},
    {"discovery-endpoints", kStrings, kClustering, kNotYet, "", ""},
    {"discovery-dial-timeout", kDuration, kClustering, kNotYet, "2s", ""},
    {"discovery-request-timeout", kDuration, kClustering, kNotYet, "5s", ""},
    {"discovery-keepalive-time", kDuration, kClustering, kNotYet, "2s", ""},
    {"discovery-keepalive-timeout", kDuration, kClustering, kNotYet, "6s", ""},
    {"discovery-insecure-transport", kBool, kClustering, kNotYet, "true", ""},
    {"discovery-insecure-skip-tls-verify", kBool, kClustering, kNotYet, "false", ""},
    {"discovery-cert", kString, kClustering, kNotYet, "", ""},
    {"discovery-key", kString, kClustering, kNotYet, "", ""},
    {"discovery-cacert", kString, kClustering, kNotYet, "", ""},
    {"discovery-user", kString, kClustering, kNotYet, "", ""},
    {"discovery-password", kString, kClustering, kNotYet, "", ""},
    {"discovery-fallback", kChoice, kClustering, kNotYet, "exit", "", "exit,proxy"},
    {"discovery-proxy", kString, kClustering, kNotYet, "", ""},
    {"discovery-srv", kString, kClustering, kNotYet, "", ""},
    {"discovery-srv-name", kString, kClustering, kNotYet, "", ""},
    {"strict-reconfig-check", kBool, kClustering, kNoEffect, "true", "members are not added yet, and the last one is never removed"},
    {"pre-vote", kBool, kClustering, kNotYet, "true", ""},
    {"auto-compaction-retention", kString, kClustering, kWorks, "0", "History kept by compacting without being asked: hours, a duration such as 90m, or a number of revisions. 0 keeps everything."},
    {"auto-compaction-mode", kChoice, kClustering, kWorks, "periodic", "What --auto-compaction-retention counts: periodic, time; revision, revisions.", "periodic,revision"},
    {"v2-deprecation", kChoice, kClustering, kNoEffect, "write-only", "there is no v2 store", "write-only,write-only-skip-check,write-only-drop-data,gone"},

    {"cert-file", kString, kSecurity, kNotYet, "", ""},
    {"key-file", kString, kSecurity, kNotYet, "", ""},
    {"client-cert-auth", kBool, kSecurity, kNotYet, "false", ""},
    {"client-cert-file", kString, kSecurity, kNotYet, "", ""},
    {"client-key-file", kString, kSecurity, kNotYet, "", ""},
    {"client-crl-file", kString, kSecurity, kNotYet, "", ""},
    {"client-cert-allowed-hostname", kStrings, kSecurity, kNotYet, "", ""},
    {"trusted-ca-file", kString, kSecurity, kNotYet, "", ""},
    {"auto-tls", kBool, kSecurity, kNotYet, "false", ""},
    {"peer-cert-file", kString, kSecurity, kNotYet, "", ""},
    {"peer-key-file", kString, kSecurity, kNotYet, "", ""},
    {"peer-client-cert-auth", kBool, kSecurity, kNotYet, "false", ""},
    {"peer-client-cert-file", kString, kSecurity, kNotYet, "", ""},
    {"peer-client-key-file", kString, kSecurity, kNotYet, "", ""},
    {"peer-trusted-ca-file", kString, kSecurity, kNotYet, "", ""},
    {"peer-cert-allowed-cn", kStrings, kSecurity, kNotYet, "", ""},
    {"peer-cert-allowed-hostname", kStrings, kSecurity, kNotYet, "", ""},
    {"peer-auto-tls", kBool, kSecurity, kNotYet, "false", ""},
    {"self-signed-cert-validity", kUint64, kSecurity, kNotYet, "1", ""},
    {"peer-crl-file", kString, kSecurity, kNotYet, "", ""},
    {"cipher-suites", kStrings, kSecurity, kNotYet, "", ""},
    {"cors", kStrings, kSecurity, kNotYet, "*", ""},
    {"host-whitelist", kStrings, kSecurity, kNotYet, "*", ""},
    {"tls-min-version", kString, kSecurity, kNotYet, "TLS1.2", ""},
    {"tls-max-version", kString, kSecurity, kNotYet, "", ""},

    {"auth-token", kString, kAuth, kNotYet, "simple", ""},
    {"bcrypt-cost", kUint64, kAuth, kNotYet, "10", ""},
    {"auth-token-ttl", kUint64, kAuth, kNotYet, "300", ""},

    {"enable-pprof", kBool, kProfilingAndMonitoring, kNoEffect, "false", "it serves profiles of Go's runtime; use perf"},
    {"metrics", kChoice, kProfilingAndMonitoring, kWorks, "basic", "basic or extensive: the latencies of gRPC methods are there with both.", "basic,extensive"},
    {"listen-metrics-urls", kUrls, kProfilingAndMonitoring, kNotYet, "", ""},

    {"logger", kChoice, kLogging, kWorks, "zap", "Only zap: the shape of etcd's log lines.", "zap"},
    {"log-outputs", kStrings, kLogging, kWorks, "default", "Where log lines go: default or stderr, stdout, systemd/journal, or paths of files."},
    {"log-level", kString, kLogging, kWorks, "info", "Least level logged: debug, info, warn, error, panic or fatal."},
    {"log-format", kString, kLogging, kWorks, "json", "json, an object a line, or console, text for people."},
    {"enable-log-rotation", kBool, kLogging, kNotYet, "false", ""},
    {"log-rotation-config-json", kString, kLogging, kNotYet, kRotation, ""},
    {"warning-unary-request-duration", kDuration, kLogging, kWorks, "300ms", "A request that takes longer is logged as a warning."},

    {"enable-distributed-tracing", kBool, kDistributedTracing, kNotYet, "false", ""},
    {"distributed-tracing-address", kString, kDistributedTracing, kNotYet, "localhost:4317", ""},
    {"distributed-tracing-service-name", kString, kDistributedTracing, kNotYet, "etcd", ""},
    {"distributed-tracing-instance-id", kString, kDistributedTracing, kNotYet, "", ""},
    {"distributed-tracing-sampling-rate", kInt64, kDistributedTracing, kNotYet, "0", ""},

    {"corrupt-check-time", kDuration, kFeatures, kNoEffect, "0s", "there is no other member to compare with"},
    {"compact-hash-check-time", kDuration, kFeatures, kNoEffect, "1m", "there is no other member to compare with"},
    {"compaction-batch-limit", kInt64, kFeatures, kNoEffect, "1000", "compaction runs in the background at a rate of its own"},
    {"peer-skip-client-san-verification", kBool, kFeatures, kNotYet, "false", ""},
    {"watch-progress-notify-interval", kDuration, kFeatures, kWorks, "10m", "Between progress notices on a watch stream; at least 100ms."},
    {"warning-apply-duration", kDuration, kFeatures, kNotYet, "100ms", ""},
    {"bootstrap-defrag-threshold-megabytes", kUint64, kFeatures, kNoEffect, "0", "the store needs no defragmentation at start"},
    {"max-learners", kInt64, kFeatures, kNotYet, "1", ""},
    {"compaction-sleep-interval", kDuration, kFeatures, kNoEffect, "10ms", "compaction runs in the background at a rate of its own"},
    {"downgrade-check-time", kDuration, kFeatures, kNotYet, "5s", ""},
    {"snapshot-catchup-entries", kUint64, kFeatures, kNoEffect, "5000", "there is no other member that could be behind"},

    {"force-new-cluster", kBool, kUnsafe, kNotYet, "false", ""},
    {"unsafe-no-fsync", kBool, kUnsafe, kWorks, "false", "Do not wait for the disk. A machine that crashes loses acknowledged writes."},

    {"config-file", kString, kOther, kNotYet, "", ""},
    {"version", kBool, kOther, kWorks, "false", "Print the versions and exit."},

    {"cluster-active-size", kBool, kIgnored, kWorks, "false", ""},
    {"cluster-remove-delay", kBool, kIgnored, kWorks, "false", ""},
    {"cluster-sync-interval", kBool, kIgnored, kWorks, "false", ""},
    {"config", kBool, kIgnored, kWorks, "false", ""},
    {"force", kBool, kIgnored, kWorks, "false", ""},
    {"max-result-buffer", kBool, kIgnored, kWorks, "false", ""},
    {"max-retry-attempts", kBool, kIgnored, kWorks, "false", ""},
    {"peer-heartbeat-interval", kBool, kIgnored, kWorks, "false", ""},
    {"peer-election-timeout", kBool, kIgnored, kWorks, "false", ""},
    {"retry-interval", kBool, kIgnored, kWorks, "false", ""},
    {"snapshot", kBool, kIgnored, kWorks, "false", ""},
    {"v", kBool, kIgnored, kWorks, "false", ""},
    {"vv", kBool, kIgnored, kWorks, "false", ""},
};
// clang-format on

}  // namespace

std::span<const Flag> Flags() { return kFlags; }

const Flag* FindFlag(std::string_view name) {
  const auto* const found =
      std::find_if(std::begin(kFlags), std::end(kFlags), [name](const Flag& flag) { return flag.name == name; });
  return found == std::end(kFlags) ? nullptr : found;
}

std::string_view NearestFlagName(std::string_view name) {
  constexpr std::string_view kExperimental = "experimental-";
  // A name of any length may come in; what is longer than every flag needs no exact distance.
  constexpr size_t kLengthMax = 100;
  if (name.starts_with(kExperimental)) name.remove_prefix(kExperimental.size());
  name = name.substr(0, kLengthMax);
  std::string_view nearest;
  size_t least = std::numeric_limits<size_t>::max();
  for (const Flag& flag : kFlags) {
    if (flag.section == kIgnored) continue;
    const size_t distance = base::EditDistance(name, flag.name);
    if (distance >= least) continue;
    least = distance;
    nearest = flag.name;
  }
  return nearest;
}

std::string_view SectionTitle(Section section) {
  switch (section) {
    case kMember:
      return "Member";
    case kClustering:
      return "Clustering";
    case kSecurity:
      return "Security";
    case kAuth:
      return "Auth";
    case kProfilingAndMonitoring:
      return "Profiling and Monitoring";
    case kLogging:
      return "Logging";
    case kDistributedTracing:
      return "Distributed tracing";
    case kFeatures:
      return "Features";
    case kUnsafe:
      return "Unsafe feature";
    case kOther:
      return "Other";
    case kIgnored:
      break;
  }
  return "Ignored";
}

std::string EnvironmentName(std::string_view prefix, std::string_view flag_name) {
  std::string name(prefix);
  name.push_back('_');
  for (const char character : flag_name) {
    name.push_back(character == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(character))));
  }
  return name;
}

}  // namespace quorate::config
