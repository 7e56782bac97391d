#include "quorate/rpc/server.h"

#include <algorithm>
#include <future>
#include <thread>

#include "quorate/base/check.h"
#include "quorate/base/descriptor_limit.h"
#include "src/rpc/acceptor.h"
#include "src/rpc/loop.h"
#include "src/rpc/server_context.h"

namespace quorate::rpc {
namespace {

// The rest is for files: the store's, the log's.
int ThreeQuartersOfDescriptors() { return static_cast<int>(base::DescriptorLimit() / 4 * 3); }

}  // namespace

struct Server::State {
  Registry registry;
  ServerContext context;
  std::vector<std::unique_ptr<Acceptor>> acceptors;
  bool started = false;
  bool stopped = false;

  void EndAccepting();
};

Server::Server(ServerOptions options, Registry registry) : state_(std::make_unique<State>()) {
  state_->registry = std::move(registry);
  ServerContext& context = state_->context;
  context.options = std::move(options);
  if (context.options.connections_max == 0) context.options.connections_max = ThreeQuartersOfDescriptors();
  context.registry = state_->registry.state_.get();
  int loops = context.options.loops;
  if (loops <= 0) loops = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  for (int i = 0; i < loops; ++i) context.loops.push_back(std::make_unique<Loop>(&context, i));
}

Server::~Server() { Stop(); }

absl::StatusOr<std::string> Server::Listen(std::string_view url) {
  QUORATE_CHECK(!state_->started) << "Listen comes before Start";
  QUORATE_ASSIGN_OR_RETURN(Listening listening,
                           ListenOn(url, {.reuse_port = state_->context.options.socket_reuse_port}));
  // Owned by acceptors at once, so that an early end closes them.
  for (ListeningSocket& socket : listening.sockets) {
    state_->acceptors.push_back(
        std::make_unique<Acceptor>(&state_->context, state_->context.loops.front().get(), std::move(socket)));
  }
  return listening.dial_address;
}

void Server::Start() {
  QUORATE_CHECK(!state_->started);
  state_->started = true;
  for (const std::unique_ptr<Loop>& loop : state_->context.loops) loop->Start();
  state_->context.understudy.Start(state_->context.loops);
  for (const std::unique_ptr<Acceptor>& acceptor : state_->acceptors) {
    Post(0, [acceptor = acceptor.get()] { acceptor->Begin(); });
  }
}

void Server::State::EndAccepting() {
  std::promise<void> done;
  context.loops.front()->Post([&] {
    for (const std::unique_ptr<Acceptor>& acceptor : acceptors) acceptor->End();
    done.set_value();
  });
  done.get_future().wait();
}

void Server::Drain(std::chrono::milliseconds timeout) {
  if (!state_->started || state_->stopped) return;
  state_->EndAccepting();
  ServerContext& context = state_->context;
  for (const std::unique_ptr<Loop>& loop : context.loops) {
    loop->Post([loop = loop.get()] { loop->DrainConnections(); });
  }
  base::MutexLock lock(&context.mutex);
  context.mutex.AwaitFor(
      [&context]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(context.mutex) { return context.open_connections == 0; }, timeout);
}

void Server::Stop() {
  if (!state_->started || state_->stopped) return;
  state_->stopped = true;
  state_->EndAccepting();
  for (const std::unique_ptr<Loop>& loop : state_->context.loops) loop->Stop();
  state_->context.understudy.Stop();
}

int Server::loop_count() const { return static_cast<int>(state_->context.loops.size()); }

void Server::Post(int loop_index, std::function<void()> function) {
  state_->context.loops[loop_index]->Post(std::move(function));
}

bool Server::CanLend(int loop_index) const { return state_->context.loops[loop_index]->CanLend(); }

void Server::Lend(int loop_index, absl::FunctionRef<void()> work) { state_->context.loops[loop_index]->Lend(work); }

void Server::PostAfter(int loop_index, std::chrono::milliseconds delay, std::function<void()> function) {
  Loop* loop = state_->context.loops[loop_index].get();
  loop->Post([loop, delay, function = std::move(function)]() mutable { loop->After(delay, std::move(function)); });
}

const std::vector<std::unique_ptr<MethodStatistics>>& Server::method_statistics() const {
  return state_->context.registry->statistics;
}

uint64_t Server::received_bytes() const { return state_->context.received_bytes.load(std::memory_order_relaxed); }
uint64_t Server::sent_bytes() const { return state_->context.sent_bytes.load(std::memory_order_relaxed); }

uint64_t Server::open_connections() const {
  base::MutexLock lock(&state_->context.mutex);
  return static_cast<uint64_t>(state_->context.open_connections);
}

}  // namespace quorate::rpc
