#include "quorate/rpc/server.h"

#include <algorithm>
#include <future>
#include <thread>

#include "quorate/base/check.h"
#include "quorate/base/descriptor_limit.h"
#include "src/rpc/acceptor.h"
#include "src/rpc/engine.h"
#include "src/rpc/loop.h"

namespace quorate::rpc {
namespace {

// The rest is for files: the store's, the log's.
int ThreeQuartersOfDescriptors() { return static_cast<int>(base::DescriptorLimit() / 4 * 3); }

}  // namespace

struct Server::State {
  Registry registry;
  Engine engine;
  std::vector<std::unique_ptr<Acceptor>> acceptors;
  bool started = false;
  bool stopped = false;

  void EndAccepting();
};

Server::Server(ServerOptions options, Registry registry) : state_(std::make_unique<State>()) {
  state_->registry = std::move(registry);
  Engine& engine = state_->engine;
  engine.options = std::move(options);
  if (engine.options.connections_max == 0) engine.options.connections_max = ThreeQuartersOfDescriptors();
  engine.registry = state_->registry.state_.get();
  int loops = engine.options.loops;
  if (loops <= 0) loops = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  for (int i = 0; i < loops; ++i) engine.loops.push_back(std::make_unique<Loop>(&engine, i));
}

Server::~Server() { Stop(); }

absl::StatusOr<std::string> Server::Listen(std::string_view url) {
  QUORATE_CHECK(!state_->started) << "Listen comes before Start";
  const ServerOptions& options = state_->engine.options;
  QUORATE_ASSIGN_OR_RETURN(Listening listening,
                           ListenOn(url, {options.socket_reuse_port, options.socket_reuse_address}));
  // Owned by acceptors at once, so that an early end closes them.
  for (ListeningSocket& socket : listening.sockets) {
    state_->acceptors.push_back(
        std::make_unique<Acceptor>(&state_->engine, state_->engine.loops.front().get(), std::move(socket)));
  }
  return listening.dial_address;
}

void Server::Start() {
  QUORATE_CHECK(!state_->started);
  state_->started = true;
  for (const std::unique_ptr<Loop>& loop : state_->engine.loops) loop->Start();
  state_->engine.understudy.Start(state_->engine.loops);
  for (const std::unique_ptr<Acceptor>& acceptor : state_->acceptors) {
    Post(0, [acceptor = acceptor.get()] { acceptor->Begin(); });
  }
}

void Server::State::EndAccepting() {
  std::promise<void> done;
  engine.loops.front()->Post([&] {
    for (const std::unique_ptr<Acceptor>& acceptor : acceptors) acceptor->End();
    done.set_value();
  });
  done.get_future().wait();
}

void Server::Drain(std::chrono::milliseconds timeout) {
  if (!state_->started || state_->stopped) return;
  state_->EndAccepting();
  Engine& engine = state_->engine;
  for (const std::unique_ptr<Loop>& loop : engine.loops) {
    loop->Post([loop = loop.get()] { loop->DrainConnections(); });
  }
  base::MutexLock lock(&engine.mutex);
  engine.mutex.AwaitFor(
      [&engine]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(engine.mutex) { return engine.open_connections == 0; }, timeout);
}

void Server::Stop() {
  if (!state_->started || state_->stopped) return;
  state_->stopped = true;
  state_->EndAccepting();
  for (const std::unique_ptr<Loop>& loop : state_->engine.loops) loop->Stop();
  state_->engine.understudy.Stop();
}

int Server::loop_count() const { return static_cast<int>(state_->engine.loops.size()); }

void Server::Post(int loop_index, std::function<void()> function) {
  state_->engine.loops[loop_index]->Post(std::move(function));
}

bool Server::CanLend(int loop_index) const { return state_->engine.loops[loop_index]->CanLend(); }

void Server::Lend(int loop_index, absl::FunctionRef<void()> work) {
  state_->engine.loops[loop_index]->Lend(work);
}

void Server::PostAfter(int loop_index, std::chrono::milliseconds delay, std::function<void()> function) {
  Loop* loop = state_->engine.loops[loop_index].get();
  loop->Post([loop, delay, function = std::move(function)]() mutable { loop->After(delay, std::move(function)); });
}

const std::vector<std::unique_ptr<MethodStatistics>>& Server::method_statistics() const {
  return state_->engine.registry->statistics;
}

uint64_t Server::received_bytes() const { return state_->engine.received_bytes.load(std::memory_order_relaxed); }
uint64_t Server::sent_bytes() const { return state_->engine.sent_bytes.load(std::memory_order_relaxed); }

uint64_t Server::open_connections() const {
  base::MutexLock lock(&state_->engine.mutex);
  return static_cast<uint64_t>(state_->engine.open_connections);
}

}  // namespace quorate::rpc
