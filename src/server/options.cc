#include "src/server/options.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <string>

#include "quorate/base/descriptor_limit.h"
#include "quorate/base/file_system.h"
#include "quorate/base/memory_limit.h"
#include "quorate/base/version.h"
#include "quorate/config/url.h"
#include "src/server/descriptors.h"

namespace quorate::server {
namespace {

// A message of gRPC tells its length in four bytes: what may be longer never comes, and sums with this do not wrap.
constexpr uint64_t kRequestBytesMax = std::numeric_limits<uint32_t>::max();

// What grpc-go's servers allow pings in where nothing is said of it.
constexpr std::chrono::minutes kGrpcKeepaliveTimeMin{5};

uint64_t RequestBytesMax(const config::Config& config) { return std::min(config.max_request_bytes, kRequestBytesMax); }

replica::AutoCompactionOptions AutoCompactionFrom(const config::AutoCompaction& config) {
  using Mode = replica::AutoCompactionOptions::Mode;
  if (config.period.count() > 0) return {.mode = Mode::kPeriodic, .period = config.period, .revisions = 0};
  if (config.revisions > 0) return {.mode = Mode::kRevision, .period = {}, .revisions = config.revisions};
  return {};
}

absl::Status CheckFirstStart(const config::Config& config) {
  if (config.initial_cluster_existing) {
    return base::MakeStatus(
        absl::StatusCode::kUnimplemented,
        "--initial-cluster-state=existing without data in \"" + config.data_dir +
            "\": joining a running cluster is not yet supported; give the member's data directory, or "
            "--initial-cluster-state=new to begin a new one");
  }
  return config::CheckSelf(config.initial_cluster, config.name, config.initial_advertise_peer_urls);
}

}  // namespace

rpc::ServerOptions ClientServerOptions(const config::Config& config) {
  rpc::ServerOptions options;
  options.receive_message_bytes_max = RequestBytesMax(config) + kMessageOverheadBytes;
  options.concurrent_streams_max = config.max_concurrent_streams;
  // As in etcd, 0 says nothing of it.
  options.keepalive_time_min =
      config.grpc_keepalive_min_time.count() > 0 ? config.grpc_keepalive_min_time : kGrpcKeepaliveTimeMin;
  // As in etcd, both are given or the defaults of grpc-go hold, which these are.
  if (config.grpc_keepalive_interval.count() > 0 && config.grpc_keepalive_timeout.count() > 0) {
    options.keepalive_interval = config.grpc_keepalive_interval;
    options.keepalive_timeout = config.grpc_keepalive_timeout;
  }
  options.socket_reuse_port = config.socket_reuse_port;
  options.connections_max = ShareDescriptors(base::DescriptorLimit()).clients;
  return options;
}

rpc::ServerOptions PeerServerOptions(const config::Config& config) {
  rpc::ServerOptions options = ClientServerOptions(config);
  options.loops = 1;  // a few probes an hour
  options.connections_max = ShareDescriptors(base::DescriptorLimit()).peers;
  return options;
}

api::ServicesOptions ServicesOptionsFrom(const config::Config& config) {
  api::ServicesOptions options;
  options.versions = {.server = std::string(base::kEtcdVersion),
                      .cluster = std::string(base::kClusterVersion),
                      .storage = std::string(base::kStorageVersion),
                      .quorate = std::string(base::kQuorateVersion)};
  options.max_txn_ops = config.max_txn_ops;
  options.max_request_bytes = RequestBytesMax(config);
  options.quota_backend_bytes = config.quota_backend_bytes;
  options.warning_unary_request_duration = config.warning_unary_request_duration;
  options.watch_progress_notify_interval = config.watch_progress_notify_interval;
  return options;
}

replica::ReplicaOptions ReplicaOptionsFrom(const config::Config& config) {
  replica::ReplicaOptions options;
  options.data_dir = config.data_dir;
  options.wal_dir = config.wal_dir;
  options.name = config.name;
  options.cluster_token = config.initial_cluster_token;
  options.initial_cluster = config.initial_cluster;
  options.advertise_client_urls = config.advertise_client_urls;
  options.check_first_start = [config] { return CheckFirstStart(config); };
  options.heartbeat_interval = config.heartbeat_interval;
  options.election_timeout = config.election_timeout;
  options.snapshot_count = config.snapshot_count;
  options.auto_compaction = AutoCompactionFrom(config.auto_compaction);
  options.sync = !config.unsafe_no_fsync;
  options.store.memory_bytes = base::MemoryLimit();
  return options;
}

absl::Status CheckStart(const config::Config& config) {
  QUORATE_RETURN_IF_ERROR(config::CheckAlone(config.initial_cluster, config.name));
  // Else it may be a first start all the same, which is known once the member's files are read.
  if (base::PosixFileSystem().Exists(config.data_dir + "/member")) return absl::OkStatus();
  return CheckFirstStart(config);
}

}  // namespace quorate::server
