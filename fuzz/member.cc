#include "fuzz/member.h"

#include <condition_variable>
#include <mutex>
#include <string>

#include "quorate/base/check.h"
#include "quorate/rpc/server.h"

namespace quorate::fuzz {
Member::Member() {
  services_ = std::make_unique<api::Services>(api::ServicesOptions());
  rpc::Registry registry;
  services_->Register(registry);
  rpc::ServerOptions server_options;
  server_options.loops = 1;
  server_options.on_tick_end = [this](int loop_index) { services_->OnTickEnd(loop_index); };
  server_ = std::make_unique<rpc::Server>(std::move(server_options), std::move(registry));
  const std::string address = server_->Listen("http://127.0.0.1:0").value();
  port_ = std::stoi(address.substr(address.rfind(':') + 1));

  replica::ReplicaOptions options;
  options.data_dir = directory_.path();
  options.name = "m";
  options.initial_cluster = {{"m", "http://127.0.0.1:2380"}};
  options.sync = false;
  options.store.on_commit = [this](const std::vector<mvcc::Event>& events) { services_->OnCommit(events); };
  replica_ = replica::Replica::Open(std::move(options)).value();
  services_->Attach(replica_.get(), server_.get());

  std::mutex mutex;
  std::condition_variable changed;
  bool ready = false;
  replica_->Start(
      [&] {
        const std::lock_guard lock(mutex);
        ready = true;
        changed.notify_all();
      },
      [](const absl::Status& status) { QUORATE_CHECK(status.ok()) << base::MessageOf(status); });
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return ready; });
  server_->Start();
}

Member::~Member() {
  services_->Stop();
  replica_->Stop();
  server_->Stop();
  services_.reset();
  replica_.reset();
  server_.reset();
}

}  // namespace quorate::fuzz
