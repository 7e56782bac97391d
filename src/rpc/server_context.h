#pragma once

// What all loops of one server share.

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "quorate/base/mutex.h"
#include "quorate/rpc/server.h"
#include "src/rpc/registry.h"
#include "src/rpc/understudy.h"

namespace quorate::rpc {

class Loop;

struct ServerContext {
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
  base::Mutex mutex;
  int64_t open_connections ABSL_GUARDED_BY(mutex) = 0;
};

}  // namespace quorate::rpc
