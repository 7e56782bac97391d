#include "quorate/server/member.h"

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "quorate/api/services.h"
#include "quorate/base/descriptor_limit.h"
#include "quorate/base/duration.h"
#include "quorate/base/logging.h"
#include "quorate/base/version.h"
#include "quorate/replica/replica.h"
#include "quorate/rpc/server.h"
#include "src/server/descriptors.h"
#include "src/server/events.h"
#include "src/server/init_system.h"
#include "src/server/options.h"

namespace quorate::server {
namespace {

// How long calls in flight may take to finish once told to stop.
constexpr std::chrono::milliseconds kDrainTimeout{1000};
// How long answers may take to leave before a process that cannot go on ends.
constexpr std::chrono::milliseconds kLastAnswers{50};

class Member {
 public:
  explicit Member(const config::Config& config) : config_(config) {}
  ~Member() { Stop(); }

  absl::Status Open();
  void Start();
  // Until a signal; does not return when the member cannot go on.
  void RunUntilStopped();

 private:
  absl::Status Listen();
  absl::StatusOr<std::unique_ptr<replica::Replica>> OpenReplica();
  void Serve();
  void Stop();
  void Drain();
  // While stopping nobody waits for events.
  void EndIfFatal();

  const config::Config& config_;
  Events events_;
  std::unique_ptr<api::Services> services_;
  std::unique_ptr<rpc::Server> clients_;
  std::unique_ptr<rpc::Server> peers_;
  std::unique_ptr<replica::Replica> replica_;
  std::vector<std::string> client_addresses_;
};

// Without a further word to the disk, whose state is unknown: the log has what was acknowledged, and closing the store
// would write to it or wait for it. Those who wait get their answers first.
[[noreturn]] void EndAtOnce(const absl::Status& reason) {
  QUORATE_LOG(kFatal, "the member cannot go on", {{"error", reason}});
  std::this_thread::sleep_for(kLastAnswers);
  std::_Exit(1);
}

std::string_view NameOfSignal(int signal) { return signal == SIGTERM ? "terminated" : "interrupt"; }

// Opening the data takes as long as the log is, and may be ended anywhere, as a crash could: nobody was answered yet.
[[noreturn]] void EndBeforeStart(int signal) {
  QUORATE_LOG(kInfo, "received signal while opening the data; ending at once", {{"signal", NameOfSignal(signal)}});
  NotifyStopping();
  base::FlushLogging();
  std::_Exit(0);
}

// A line before the first that says what runs, with what.
void LogStart(const config::Config& config) {
  for (const std::string& warning : config.warnings) QUORATE_LOG(kWarn, warning);
  QUORATE_LOG(kInfo, "starting quorate",
              {{"quorate-version", base::kQuorateVersion},
               {"etcd-version", base::kEtcdVersion},
               {"name", config.name},
               {"data-dir", config.data_dir},
               {"wal-dir", config.wal_dir},
               {"heartbeat-interval", std::to_string(config.heartbeat_interval.count()) + "ms"},
               {"election-timeout", std::to_string(config.election_timeout.count()) + "ms"},
               {"snapshot-count", config.snapshot_count},
               {"initial-advertise-peer-urls", config.initial_advertise_peer_urls},
               {"listen-peer-urls", config.listen_peer_urls},
               {"advertise-client-urls", config.advertise_client_urls},
               {"listen-client-urls", config.listen_client_urls},
               {"initial-cluster-token", config.initial_cluster_token},
               {"quota-backend-bytes", config.quota_backend_bytes},
               {"auto-compaction-period", base::FormatDuration(config.auto_compaction.period)},
               {"auto-compaction-revisions", config.auto_compaction.revisions},
               {"max-request-bytes", config.max_request_bytes},
               {"pid", static_cast<int64_t>(getpid())}});
}

absl::Status ListenOn(rpc::Server& server, std::string_view flag, const std::vector<std::string>& urls,
                      std::vector<std::string>* addresses) {
  for (const std::string& url : urls) {
    absl::StatusOr<std::string> address = server.Listen(url);
    if (!address.ok()) {
      std::string reason = "--" + std::string(flag) + ": " + std::string(base::MessageOf(address.status()));
      if (reason.ends_with("address already in use")) reason += "; stop what uses it, or give another port";
      return base::MakeStatus(address.status().code(), reason);
    }
    addresses->push_back(*std::move(address));
  }
  return absl::OkStatus();
}

absl::Status Member::Open() {
  QUORATE_RETURN_IF_ERROR(CheckStart(config_));
  QUORATE_RETURN_IF_ERROR(Listen());
  absl::StatusOr<std::unique_ptr<replica::Replica>> opened;
  events_.ListenDuring([&] { opened = OpenReplica(); }, EndBeforeStart);
  QUORATE_ASSIGN_OR_RETURN(replica_, std::move(opened));
  services_->Attach(replica_.get(), clients_.get());
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<replica::Replica>> Member::OpenReplica() {
  replica::ReplicaOptions options = ReplicaOptionsFrom(config_);
  options.store.on_commit = [services = services_.get()](const std::vector<mvcc::Event>& events) {
    services->OnCommit(events);
  };
  return replica::Replica::Open(std::move(options));
}

// Before the data directory is touched: a port in use leaves nothing behind.
absl::Status Member::Listen() {
  services_ = std::make_unique<api::Services>(ServicesOptionsFrom(config_));
  rpc::Registry peer_registry;
  services_->RegisterPeer(peer_registry);
  peers_ = std::make_unique<rpc::Server>(PeerServerOptions(config_), std::move(peer_registry));
  std::vector<std::string> peer_addresses;
  QUORATE_RETURN_IF_ERROR(ListenOn(*peers_, "listen-peer-urls", config_.listen_peer_urls, &peer_addresses));
  rpc::Registry registry;
  services_->Register(registry);
  WarnOfFewDescriptors(base::DescriptorLimit());
  rpc::ServerOptions options = ClientServerOptions(config_);
  options.on_tick_end = [services = services_.get()](int loop_index) { services->OnTickEnd(loop_index); };
  options.slow_call_min = config_.warning_unary_request_duration;
  options.on_slow_call = [services = services_.get()](const rpc::SlowCall& call) { services->OnSlowCall(call); };
  clients_ = std::make_unique<rpc::Server>(std::move(options), std::move(registry));
  QUORATE_RETURN_IF_ERROR(ListenOn(*clients_, "listen-client-urls", config_.listen_client_urls, &client_addresses_));
  for (const std::string& address : peer_addresses) {
    QUORATE_LOG(kInfo, "serving peer traffic", {{"address", address}});
  }
  return absl::OkStatus();
}

void Member::Start() {
  peers_->Start();
  replica_->Start([this] { events_.TellReady(); }, [this](const absl::Status& reason) { events_.TellFatal(reason); });
}

// Clients start at the very moment of the first line: the port must answer by then. In etcd's order, for who waits for
// the one and then the other.
void Member::Serve() {
  clients_->Start();
  for (const std::string& address : client_addresses_) {
    QUORATE_LOG(kInfo, "ready to serve client requests", {{"address", address}});
    QUORATE_LOG(kInfo, "serving client traffic insecurely; this is strongly discouraged!",
                {{"traffic", "grpc+http"}, {"address", address}});
  }
  NotifyReady();
}

void Member::RunUntilStopped() {
  while (true) {
    const Events::Event event = events_.Wait();
    switch (event.kind) {
      case Events::Event::Kind::kReady:
        Serve();
        break;
      case Events::Event::Kind::kFatal:
        events_.LetSignalsKill();
        EndAtOnce(event.reason);
      case Events::Event::Kind::kSignal:
        QUORATE_LOG(kInfo, "received signal; shutting down", {{"signal", NameOfSignal(event.signal)}});
        events_.LetSignalsKill();
        NotifyStopping();
        Drain();
        return;
    }
  }
}

void Member::Drain() {
  services_->EndStreams();
  clients_->Drain(kDrainTimeout);
  QUORATE_LOG(kInfo, "stopped serving clients");
  EndIfFatal();
}

void Member::EndIfFatal() {
  if (const std::optional<absl::Status> reason = events_.TakeFatal()) EndAtOnce(*reason);
}

// Who answers must outlive who is asked, until nobody is.
void Member::Stop() {
  if (services_ == nullptr) return;
  services_->Stop();
  if (replica_ != nullptr) replica_->Stop();
  EndIfFatal();
  if (clients_ != nullptr) clients_->Stop();
  if (peers_ != nullptr) peers_->Stop();
  services_.reset();
  replica_.reset();
}

}  // namespace

int Run(const config::Config& config) {
  if (absl::Status status = base::SetUpLogging(config.logging); !status.ok()) {
    std::fprintf(stderr, "quorate: %s\n", std::string(base::MessageOf(status)).c_str());
    return 1;
  }
  LogStart(config);
  {
    Member member(config);
    if (absl::Status status = member.Open(); !status.ok()) {
      QUORATE_LOG(kFatal, "cannot start", {{"error", status}});
      return 1;
    }
    member.Start();
    member.RunUntilStopped();
  }
  QUORATE_LOG(kInfo, "closed quorate", {{"name", config.name}, {"data-dir", config.data_dir}});
  return 0;
}

}  // namespace quorate::server
