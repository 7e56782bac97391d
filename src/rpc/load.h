#pragma once

// What calls hold in memory, and whether more may be taken on. Each loop keeps its own account, which others read: so a
// bound for the whole process costs nothing that loops would share.

#include <atomic>
#include <cstdint>

namespace quorate::rpc {

// One loop's. Written by its thread.
class alignas(64) LoadAccount {
 public:
  void AddCalls(int64_t change) { Add(calls_, change); }
  void AddReceived(int64_t bytes) { Add(received_, bytes); }
  void AddQueued(int64_t bytes) { Add(queued_, bytes); }
  void AddBusyConnections(int64_t change) { Add(busy_connections_, change); }

  // Any thread.
  int64_t calls() const { return calls_.load(std::memory_order_relaxed); }
  int64_t received() const { return received_.load(std::memory_order_relaxed); }
  int64_t queued() const { return queued_.load(std::memory_order_relaxed); }
  int64_t busy_connections() const { return busy_connections_.load(std::memory_order_relaxed); }

 private:
  static void Add(std::atomic<int64_t>& number, int64_t change) {
    number.store(number.load(std::memory_order_relaxed) + change, std::memory_order_relaxed);
  }
  std::atomic<int64_t> calls_{0};
  std::atomic<int64_t> received_{0};          // metadata, messages whose end has not come, what handlers keep
  std::atomic<int64_t> queued_{0};            // answers that the far side does not take
  std::atomic<int64_t> busy_connections_{0};  // with unary calls in progress
};

}  // namespace quorate::rpc
