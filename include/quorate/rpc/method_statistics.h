#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace quorate::rpc {

// Counters for one method, for metrics. Written by loops with relaxed order, read by anyone.
struct MethodStatistics {
  static constexpr int kStatusCodes = 17;
  static constexpr int kLatencyBuckets = 16;  // the last up to +Inf
  static constexpr double kLatencyBoundsSeconds[kLatencyBuckets - 1] = {
      0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5};

  std::string service;  // "etcdserverpb.KV"
  std::string method;   // "Put"
  std::string type;     // "unary", "client_stream", "server_stream", "bidi_stream"
  std::atomic<uint64_t> started{0};
  std::atomic<uint64_t> received{0};  // messages
  std::atomic<uint64_t> sent{0};
  std::atomic<uint64_t> handled[kStatusCodes] = {};
  std::atomic<uint64_t> latency[kLatencyBuckets] = {};
  std::atomic<uint64_t> latency_nanoseconds{0};
};

}  // namespace quorate::rpc
