#include "src/rpc/acceptor.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "quorate/base/logging.h"

namespace quorate::rpc {

Acceptor::Acceptor(ServerContext* server, Loop* loop, ListeningSocket socket)
    : server_(server), loop_(loop), socket_(std::move(socket)), pause_timer_(this) {}

Acceptor::~Acceptor() { CloseSocket(); }

void Acceptor::Begin() { loop_->Watch(socket_.descriptor, this, EPOLLIN); }

void Acceptor::End() {
  loop_->timers().Cancel(&pause_timer_);
  CloseSocket();
}

void Acceptor::CloseSocket() {
  if (socket_.descriptor < 0) return;
  ::close(socket_.descriptor);
  socket_.descriptor = -1;
  if (!socket_.unix_path.empty()) ::unlink(socket_.unix_path.c_str());
}

void Acceptor::OnEvents(uint32_t) {
  if (socket_.descriptor < 0) return;
  const bool is_tcp = socket_.unix_path.empty();
  for (int i = 0; i < kAcceptedPerTickMax; ++i) {
    if (ConnectionCount() >= server_->options.connections_max) {
      Pause("too many connections");
      return;
    }
    sockaddr_storage peer = {};
    socklen_t length = sizeof(peer);
    const int descriptor =
        ::accept4(socket_.descriptor, reinterpret_cast<sockaddr*>(&peer), &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) Pause(std::strerror(errno));
      return;
    }
    LeastLoaded()->Adopt(descriptor,
                         is_tcp ? AddressText(reinterpret_cast<sockaddr*>(&peer)) : "unix:" + socket_.unix_path);
  }
}

void Acceptor::Pause(const char* reason) {
  if (loop_->now_ms() - warned_ms_ >= kWarnIntervalMs) {
    warned_ms_ = loop_->now_ms();
    QUORATE_LOG(kWarn, "cannot accept connections for now", {{"error", reason}});
  }
  for (const std::unique_ptr<Loop>& loop : server_->loops) loop->Post([loop = loop.get()] { loop->DrainIdle(); });
  loop_->Unwatch(socket_.descriptor);
  loop_->timers().Schedule(&pause_timer_, loop_->now_ms() + kPauseMs);
}

int Acceptor::ConnectionCount() const {
  int count = 0;
  for (const std::unique_ptr<Loop>& loop : server_->loops) count += loop->connection_count();
  return count;
}

Loop* Acceptor::LeastLoaded() const {
  Loop* least = server_->loops.front().get();
  for (const std::unique_ptr<Loop>& loop : server_->loops) {
    if (loop->connection_count() < least->connection_count()) least = loop.get();
  }
  return least;
}

}  // namespace quorate::rpc
