#pragma once

// Accepts connections from one listening socket and gives each to the loop with the fewest.


#include "src/rpc/listen_address.h"
#include "src/rpc/loop.h"

namespace quorate::rpc {

// Lives on one loop's thread from Begin to End; the loop must be stopped before it is destroyed without End.
class Acceptor final : public EventSource {
 public:
  // Owns the socket from here on, and removes a unix socket's path when it closes it.
  Acceptor(ServerContext* server, Loop* loop, ListeningSocket socket);
  ~Acceptor();

  void Begin();
  void End();
  void OnEvents(uint32_t events) override;

 private:
  // Accepted at most per tick, so that a storm of connections does not starve those that are there.
  static constexpr int kAcceptedPerTickMax = 16;
  // When descriptors or memory run out, the backlog waits this long; polling it would only burn the CPU.
  static constexpr int64_t kPauseMs = 100;
  static constexpr int64_t kWarnIntervalMs = 60 * 1000;

  // Lets those who wait to be accepted wait on, and makes room.
  void Pause(const char* reason);
  // Over all loops.
  int ConnectionCount() const;
  Loop* LeastLoaded() const;
  void CloseSocket();

  ServerContext* const server_;
  Loop* const loop_;
  ListeningSocket socket_;
  MemberTimer<Acceptor, &Acceptor::Begin> pause_timer_;
  int64_t warned_ms_ = INT64_MIN / 2;
};

}  // namespace quorate::rpc
