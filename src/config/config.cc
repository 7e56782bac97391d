#include "quorate/config/config.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_join.h"
#include "quorate/config/url.h"
#include "src/config/auto_compaction.h"
#include "src/config/flag_set.h"
#include "src/config/help.h"

namespace quorate::config {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr uint64_t kElectionTimeoutMaxMs = 50000;
constexpr uint64_t kHeartbeatsPerElectionTimeout = 5;
// What --help of etcd shows as the default; given with another --name it still means "this member alone".
constexpr std::string_view kDefaultInitialCluster = "default=http://localhost:2380";
constexpr std::string_view kDefaultName = "default";

absl::Status Refused(const std::string& message) {
  return base::MakeStatus(absl::StatusCode::kFailedPrecondition, message);
}

// Rounded up, so that a short time never becomes 0, which stands for a default or for no bound, but not beyond what
// nanoseconds can tell; negative times mean 0.
milliseconds ToMilliseconds(nanoseconds time) {
  constexpr auto kMost = std::chrono::floor<milliseconds>(nanoseconds::max());
  return std::clamp(std::chrono::ceil<milliseconds>(time), milliseconds(0), kMost);
}

absl::Status CheckSecure(const FlagSet& flags, std::string_view name, const std::string& url) {
  if (!IsSecure(url)) return absl::OkStatus();
  return base::MakeStatus(absl::StatusCode::kUnimplemented,
                          flags.SourceOf(name) + ": https and unixs are not yet supported: " + url);
}

absl::Status CheckListenUrls(const FlagSet& flags, std::string_view name, const std::vector<std::string>& urls) {
  for (const std::string& url : urls) {
    QUORATE_RETURN_IF_ERROR(CheckSecure(flags, name, url));
    if (const absl::Status status = CheckListenUrl(url); !status.ok()) {
      return Refused(flags.SourceOf(name) + ": " + std::string(base::MessageOf(status)));
    }
  }
  return absl::OkStatus();
}

// `form` is how etcd names what is wanted.
absl::Status CheckAdvertiseUrls(const FlagSet& flags, std::string_view name, const std::vector<std::string>& urls,
                                std::string_view form) {
  for (const std::string& url : urls) {
    QUORATE_RETURN_IF_ERROR(CheckSecure(flags, name, url));
    if (const absl::Status status = CheckAdvertiseUrl(url); !status.ok()) {
      return Refused("--" + std::string(name) + " \"" + absl::StrJoin(urls, ",") + "\" must be " + std::string(form) +
                     " (" + std::string(base::MessageOf(status)) + ")");
    }
  }
  return absl::OkStatus();
}

absl::Status SetUrls(const FlagSet& flags, Config* config) {
  using Urls = std::vector<std::string>;
  config->listen_peer_urls = flags.Get<Urls>("listen-peer-urls");
  config->listen_client_urls = flags.Get<Urls>("listen-client-urls");
  config->initial_advertise_peer_urls = flags.Get<Urls>("initial-advertise-peer-urls");
  config->advertise_client_urls = flags.Get<Urls>("advertise-client-urls");
  QUORATE_RETURN_IF_ERROR(CheckListenUrls(flags, "listen-peer-urls", config->listen_peer_urls));
  QUORATE_RETURN_IF_ERROR(CheckListenUrls(flags, "listen-client-urls", config->listen_client_urls));
  QUORATE_RETURN_IF_ERROR(
      CheckAdvertiseUrls(flags, "initial-advertise-peer-urls", config->initial_advertise_peer_urls, "\"host:port\""));
  return CheckAdvertiseUrls(flags, "advertise-client-urls", config->advertise_client_urls,
                            R"(in the format "host:port", "unix:/path/to/socket" or "unixs:/path/to/socket")");
}

absl::Status SetInitialCluster(const FlagSet& flags, Config* config) {
  config->initial_cluster_existing = flags.Get<std::string>("initial-cluster-state") == "existing";
  config->initial_cluster_token = flags.Get<std::string>("initial-cluster-token");
  const auto text = flags.Get<std::string>("initial-cluster");
  if (text.empty() || (text == kDefaultInitialCluster && config->name != kDefaultName)) {
    for (const std::string& url : config->initial_advertise_peer_urls) {
      config->initial_cluster.emplace_back(config->name, url);
    }
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<std::pair<std::string, std::string>>> members = ParseInitialCluster(text);
  const std::string source = flags.SourceOf("initial-cluster");
  if (!members.ok()) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                            source + ": " + std::string(base::MessageOf(members.status())));
  }
  for (const auto& [name, url] : *members) QUORATE_RETURN_IF_ERROR(CheckSecure(flags, "initial-cluster", url));
  if (members->empty()) return Refused(source + ": no member in \"" + text + "\"; write name=URL");
  config->initial_cluster = *std::move(members);
  return absl::OkStatus();
}

absl::Status SetTimes(const FlagSet& flags, Config* config) {
  const auto heartbeat = flags.Get<uint64_t>("heartbeat-interval");
  const auto election = flags.Get<uint64_t>("election-timeout");
  const std::string heartbeat_text = std::to_string(heartbeat) + "ms";
  const std::string election_text = std::to_string(election) + "ms";
  if (heartbeat == 0) return Refused("--heartbeat-interval must be >0 (set to 0ms)");
  if (election == 0) return Refused("--election-timeout must be >0 (set to 0ms)");
  if (heartbeat > election / kHeartbeatsPerElectionTimeout) {
    return Refused("--election-timeout[" + election_text + "] should be at least as 5 times as --heartbeat-interval[" +
                   heartbeat_text + "]");
  }
  if (election > kElectionTimeoutMaxMs) {
    return Refused("--election-timeout[" + election_text + "] is too long, and should be set less than " +
                   std::to_string(kElectionTimeoutMaxMs) + "ms");
  }
  config->heartbeat_interval = milliseconds(heartbeat);
  config->election_timeout = milliseconds(election);
  config->grpc_keepalive_min_time = ToMilliseconds(flags.Get<nanoseconds>("grpc-keepalive-min-time"));
  config->grpc_keepalive_interval = ToMilliseconds(flags.Get<nanoseconds>("grpc-keepalive-interval"));
  config->grpc_keepalive_timeout = ToMilliseconds(flags.Get<nanoseconds>("grpc-keepalive-timeout"));
  const auto warning = flags.Get<nanoseconds>("warning-unary-request-duration");
  // As in etcd, 0 stands for the default.
  if (warning.count() > 0) config->warning_unary_request_duration = warning;
  const milliseconds notify = ToMilliseconds(flags.Get<nanoseconds>("watch-progress-notify-interval"));
  if (notify.count() > 0) config->watch_progress_notify_interval = notify;
  return absl::OkStatus();
}

absl::Status SetLogging(const FlagSet& flags, Config* config) {
  QUORATE_ASSIGN_OR_RETURN(config->logging.level, base::ParseLogLevel(flags.Get<std::string>("log-level")));
  const auto format = flags.Get<std::string>("log-format");
  if (!format.empty() && format != "json" && format != "console") {
    return Refused("unknown log format: " + format + ", supported values json, console");
  }
  config->logging.json = format != "console";
  config->logging.outputs = flags.Get<std::vector<std::string>>("log-outputs");
  return absl::OkStatus();
}

void SetDirectories(const FlagSet& flags, Config* config) {
  config->data_dir = flags.Get<std::string>("data-dir");
  config->wal_dir = flags.Get<std::string>("wal-dir");
  if (!config->data_dir.empty()) return;
  config->data_dir = config->name + ".etcd";
  config->warnings.push_back("--data-dir is not given: data goes to " + config->data_dir + " in the working directory");
}

void SetLimits(const FlagSet& flags, Config* config) {
  // As in etcd, 0 stands for the default. So it does in etcd's gRPC, for streams: no client could open one otherwise.
  if (const auto count = flags.Get<uint64_t>("snapshot-count"); count > 0) config->snapshot_count = count;
  if (const auto streams = flags.Get<uint64_t>("max-concurrent-streams"); streams > 0) {
    config->max_concurrent_streams = static_cast<uint32_t>(streams);
  }
  config->quota_backend_bytes = flags.Get<int64_t>("quota-backend-bytes");
  config->max_txn_ops = static_cast<uint32_t>(
      std::min<uint64_t>(flags.Get<uint64_t>("max-txn-ops"), std::numeric_limits<uint32_t>::max()));
  config->max_request_bytes = flags.Get<uint64_t>("max-request-bytes");
}

absl::Status SetAutoCompaction(const FlagSet& flags, Config* config) {
  absl::StatusOr<AutoCompaction> parsed = ParseAutoCompaction(flags.Get<std::string>("auto-compaction-mode"),
                                                              flags.Get<std::string>("auto-compaction-retention"));
  if (!parsed.ok()) {
    return Refused(flags.SourceOf("auto-compaction-retention") + ": " + std::string(base::MessageOf(parsed.status())));
  }
  config->auto_compaction = *parsed;
  return absl::OkStatus();
}

// None of them does anything here, but a name that etcd does not know is a mistake there, too.
absl::Status CheckFeatureGates(const FlagSet& flags) {
  constexpr std::string_view kGates[] = {"AllAlpha",
                                         "AllBeta",
                                         "CompactHashCheck",
                                         "FastLeaseKeepAlive",
                                         "InitialCorruptCheck",
                                         "LeaseCheckpoint",
                                         "LeaseCheckpointPersist",
                                         "PriorityRequest",
                                         "SetMemberLocalAddr",
                                         "StopGRPCServiceOnDefrag",
                                         "TxnModeWriteWithSharedBuffer"};
  const auto text = flags.Get<std::string>("feature-gates");
  const std::string source = flags.SourceOf("feature-gates");
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view gate = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), gate.size() + 1));
    if (gate.empty()) continue;
    const size_t equals = gate.find('=');
    if (equals == std::string_view::npos) return Refused(source + ": missing bool value for " + std::string(gate));
    const std::string_view name = gate.substr(0, equals);
    if (!ParseBool(gate.substr(equals + 1)).ok()) {
      return Refused(source + ": invalid value of " + std::string(gate) + ", write true or false");
    }
    if (std::find(std::begin(kGates), std::end(kGates), name) == std::end(kGates)) {
      return Refused(source + ": unrecognized feature gate: " + std::string(name));
    }
  }
  return absl::OkStatus();
}

void SetSwitches(const FlagSet& flags, Config* config) {
  config->socket_reuse_port = flags.Get<bool>("socket-reuse-port");
  config->unsafe_no_fsync = flags.Get<bool>("unsafe-no-fsync");
}

absl::StatusOr<Config> BuildConfig(const FlagSet& flags) {
  Config config;
  config.warnings = flags.warnings();
  config.name = flags.Get<std::string>("name");
  SetDirectories(flags, &config);
  SetLimits(flags, &config);
  SetSwitches(flags, &config);
  QUORATE_RETURN_IF_ERROR(CheckFeatureGates(flags));
  QUORATE_RETURN_IF_ERROR(SetAutoCompaction(flags, &config));
  QUORATE_RETURN_IF_ERROR(SetLogging(flags, &config));
  QUORATE_RETURN_IF_ERROR(SetUrls(flags, &config));
  QUORATE_RETURN_IF_ERROR(SetInitialCluster(flags, &config));
  QUORATE_RETURN_IF_ERROR(SetTimes(flags, &config));
  if (flags.IsGiven("listen-client-urls") && !flags.IsGiven("advertise-client-urls")) {
    return Refused("--advertise-client-urls is required when --listen-client-urls is set explicitly");
  }
  return config;
}

}  // namespace

absl::StatusOr<ParseResult> Parse(const std::vector<std::string>& arguments,
                                  const std::vector<std::string>& environment) {
  FlagSet flags;
  QUORATE_RETURN_IF_ERROR(flags.ReadCommandLine(arguments));
  ParseResult result;
  result.action = ParseResult::Action::kPrintAndExit;
  if (flags.wants_help()) {
    result.text = HelpText();
    return result;
  }
  if (flags.Get<bool>("version")) {
    result.text = VersionText();
    return result;
  }
  QUORATE_RETURN_IF_ERROR(flags.ReadEnvironment(environment));
  QUORATE_RETURN_IF_ERROR(flags.CheckSupport());
  QUORATE_ASSIGN_OR_RETURN(result.config, BuildConfig(flags));
  result.action = ParseResult::Action::kRun;
  return result;
}

}  // namespace quorate::config
