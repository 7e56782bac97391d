#pragma once

// One thread of load: its connections on one epoll, its share of the rate, its figures.

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "quorate/base/status.h"
#include "src/bench/connection.h"
#include "src/bench/endpoint.h"
#include "src/bench/histogram.h"
#include "src/bench/pace.h"
#include "src/bench/scenario.h"

namespace quorate::bench {

// When a worker sends and what it counts. Times are of the monotonic clock.
struct Window {
  // Requests that start earlier are not counted.
  int64_t measure_ns = 0;
  // No request is due later, nor any after `requests` counted ones when that is not 0.
  int64_t end_ns = INT64_MAX;
  uint64_t requests = 0;
  // Nanoseconds between two requests, 0 for a closed loop, where a request is due when it can be sent.
  double interval_ns = 0;
  int64_t first_ns = 0;
  // Ends the window when it is seen to be true. May be null.
  const std::atomic<bool>* stop = nullptr;
  // Holds requests back. May be null; call Wake() when it lets further ones through.
  Pace* pace = nullptr;
};

struct Figures {
  Histogram latency_ns;
  // Requests answered without success, by gRPC status, and one message of each.
  std::map<int, uint64_t> errors;
  std::map<int, std::string> error_messages;
  int64_t last_reply_ns = 0;
  // Requests that were due in time, and could not be sent even so long after the window's end.
  uint64_t never_sent = 0;
  // The longest time without any answer.
  int64_t longest_gap_ns = 0;

  uint64_t ErrorCount() const;
  void Merge(const Figures& other);
};

int64_t MonotonicNs();

class Worker {
 public:
  // `live_count` counts answers as they come, for a progress line.
  Worker(const ThreadShare& share, std::atomic<uint64_t>* live_count);
  ~Worker();

  absl::Status Connect(const std::vector<Endpoint>& endpoints, int connections, int in_flight);
  size_t slots() const { return slots_.size(); }

  // Runs one window of the scenario. What was due and could not be sent in the window is sent up to kDrainNs after its
  // end. Ends when every request has its answer or kDrainNs have passed since the last one started; what is then
  // unanswered counts as DEADLINE_EXCEEDED and its connection is given up.
  void Run(const Window& window, Scenario* scenario);

  // Makes Run() look at its window again. Any thread.
  void Wake();

  // Of the last window.
  const Figures& figures() const { return figures_; }

 private:
  static constexpr int64_t kDrainNs = 30'000'000'000;
  // Started on each connection, about, before answers are looked at again.
  static constexpr size_t kStartsMax = 64;

  bool MayStart(int64_t now) const;
  // False if there was none to start.
  bool StartDue(int64_t now, Scenario* scenario);
  void Start(RequestSlot* slot, int64_t now, Scenario* scenario);
  void Finish(RequestSlot* slot, int64_t now, Scenario* scenario);
  void FlushTouched();
  void WaitAndReceive(int64_t now);
  uint64_t DueAndNotSent(int64_t now) const;
  void GiveUp();
  void Watch(Connection* connection, int operation);

  const ThreadShare share_;
  std::atomic<uint64_t>* live_count_;
  int epoll_ = -1;
  int timer_ = -1;
  int wake_ = -1;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::deque<RequestSlot> slots_;
  // Free slots; neighbours belong to different connections.
  std::deque<RequestSlot*> free_;
  std::vector<Connection*> touched_;
  std::vector<RequestSlot*> done_;

  Window window_;
  Figures figures_;
  double next_due_ns_ = 0;
  uint64_t counted_ = 0;
  size_t in_flight_ = 0;
  bool more_to_start_ = false;
};

}  // namespace quorate::bench
