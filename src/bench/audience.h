#pragma once

// Those who watch while others write: watchers on connections of their own, all connections on one thread, one Watch
// call for each. An event's way is measured from the moment its Put was sent, which the value's first bytes tell.

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "quorate/base/status.h"
#include "src/bench/connection.h"
#include "src/bench/endpoint.h"
#include "src/bench/histogram.h"
#include "src/bench/options.h"
#include "src/bench/pace.h"

namespace quorate::bench {

// Bytes at the start of a value: the monotonic clock, in the machine's byte order.
inline constexpr size_t kTimestampBytes = sizeof(int64_t);

struct Delivery {
  // Of events whose Put was sent while measuring.
  Histogram latency_ns;
  int64_t last_event_ns = 0;
  // Events that were still due when nothing came any more. Known when every write is for every watcher.
  uint64_t missing = 0;
  // Set when a watcher was canceled or a connection broke.
  absl::Status status;
};

class Audience : public MessageListener {
 public:
  // Both must outlive this object.
  Audience(const Options& options, Pace* pace);
  ~Audience() override;

  // Connects and waits until every watcher exists.
  absl::Status Gather(const std::vector<Endpoint>& endpoints);
  // Counts what was sent after measure_ns. `on_heard` runs on the audience's thread whenever a further write has
  // reached everyone, if the pace holds writers back.
  void Listen(int64_t measure_ns, std::function<void()> on_heard);
  // Call once no more is written: returns when every event has arrived or none did for kSilenceNs.
  Delivery Finish();

  void OnMessage(RequestSlot* slot, std::string_view message) override;

 private:
  static constexpr int64_t kSilenceNs = 1'000'000'000;

  void Create(RequestSlot* slot, uint64_t first, uint64_t count) const;
  absl::Status WaitForCreation();
  // Waits for bytes and reads them; false when a connection broke.
  bool Receive(int timeout_ms);
  void Run();
  bool HeardAll() const;
  void OnEvent(std::string_view event);

  const Options& options_;
  Pace* pace_;
  int epoll_ = -1;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::deque<RequestSlot> slots_;
  std::thread thread_;
  std::atomic<bool> finishing_ = false;

  // The thread's, once it runs.
  std::function<void()> on_heard_;
  int64_t measure_ns_ = 0;
  // When the bytes being read arrived.
  int64_t now_ns_ = 0;
  uint64_t created_ = 0;
  uint64_t events_ = 0;
  uint64_t heard_writes_ = 0;
  Delivery delivery_;
};

}  // namespace quorate::bench
