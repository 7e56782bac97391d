#include "tests/api/served_member_testing.h"

#include <future>
#include <utility>
#include <vector>

#include "quorate/base/check.h"

namespace quorate::api {

ServedMember::ServedMember(const std::filesystem::path& directory, ServicesOptions options, int loops,
                           const rpc::ServerOptions& bounds)
    : services_(std::make_unique<Services>(options)) {
  rpc::Registry registry;
  services_->Register(registry);
  rpc::ServerOptions server_options;
  server_options.loops = loops;
  server_options.received_bytes_max = bounds.received_bytes_max;
  server_options.connection_received_bytes_max = bounds.connection_received_bytes_max;
  server_options.queued_bytes_max = bounds.queued_bytes_max;
  server_options.connection_queued_bytes_max = bounds.connection_queued_bytes_max;
  server_options.stall_check_interval = bounds.stall_check_interval;
  server_options.on_tick_end = [this](int loop_index) { services_->OnTickEnd(loop_index); };
  server_options.slow_call_min = options.warning_unary_request_duration;
  server_options.on_slow_call = [this](const rpc::SlowCall& call) { services_->OnSlowCall(call); };
  server_ = std::make_unique<rpc::Server>(std::move(server_options), std::move(registry));
  address_ = server_->Listen("http://127.0.0.1:0").value();

  replica::ReplicaOptions replica_options;
  replica_options.data_dir = directory;
  replica_options.name = "m1";
  replica_options.cluster_token = "token";
  replica_options.initial_cluster = {{"m1", "http://127.0.0.1:2380"}};
  replica_options.sync = false;
  replica_options.store.on_commit = [this](const std::vector<mvcc::Event>& events) { services_->OnCommit(events); };
  replica_ = replica::Replica::Open(std::move(replica_options)).value();
  services_->Attach(replica_.get(), server_.get());
  std::promise<void> ready;
  replica_->Start([&] { ready.set_value(); },
                  [](const absl::Status& status) { QUORATE_CHECK(status.ok()) << base::MessageOf(status); });
  ready.get_future().wait();
  server_->Start();
}

ServedMember::~ServedMember() {
  services_->Stop();
  replica_->Stop();
  server_->Stop();
  services_.reset();
  replica_.reset();
  server_.reset();
}

}  // namespace quorate::api
