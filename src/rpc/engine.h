#pragma once

// What all loops of one server share.

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "quorate/rpc/server.h"
#include "src/rpc/registry.h"
#include "src/rpc/understudy.h"

namespace quorate::rpc {

class Loop;

struct Engine {
  ServerOptions options;
  Registry::State* registry = nullptr;
  std::vector<std::unique_ptr<Loop>> loops;
  Understudy understudy;

  // Bytes of gRPC messages, prefixes excluded.
  std::atomic<uint64_t> received_bytes{0};
  std::atomic<uint64_t> sent_bytes{0};
  // Connections get numbers that are never used again.
  std::atomic<uint64_t> next_connection{1};

  // Guards the count, so that Drain can wait for it to reach zero.
  std::mutex mutex;
  std::condition_variable none_open;
  int64_t open_connections = 0;
};

}  // namespace quorate::rpc
