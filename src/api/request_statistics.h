#pragma once

// What the services count of the requests they serve; metrics read it at scrape time. Any thread.

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "quorate/base/latency_histogram.h"
#include "quorate/base/mutex.h"

namespace quorate::api {

enum class RequestType : uint8_t {
  kRange,
  kReadonlyTxn,
  kPut,
  kDeleteRange,
  kTxn,
  kCompaction,
  kAlarm,
  kLeaseGrant,
  kLeaseRevoke
};
inline constexpr size_t kRequestTypes = 9;
std::string_view NameOf(RequestType type);

// etcd's bounds. 1 ms to 8.192 s for requests, 100 us to 52.4288 s for ranges.
using RequestLatency = base::LatencyHistogram<14, 1'000'000>;
using RangeLatency = base::LatencyHistogram<20, 100'000>;
// 10 ms to 163.84 s.
using HashLatency = base::LatencyHistogram<15, 10'000'000>;

// Requests by the API version their clients say they speak. A client could say anything: past kVersionsMax different
// ones all others count as "other".
class ClientVersions {
 public:
  static constexpr size_t kVersionsMax = 16;

  // False when the version is not UTF-8. One thread at a time.
  bool Count(std::string_view version);
  // Any thread: visit(version, count).
  template <typename Visitor>
  void ForEach(Visitor&& visit) const {
    const size_t used = used_.load(std::memory_order_acquire);
    for (size_t i = 0; i < used; ++i) visit(slots_[i].version, slots_[i].count.load(std::memory_order_relaxed));
  }

 private:
  struct Slot {
    std::string version;
    std::atomic<uint64_t> count{0};
  };
  std::array<Slot, kVersionsMax + 1> slots_;
  std::atomic<size_t> used_{0};
};

// The outcomes of the checks behind /livez and /readyz, each of a kind ("livez") and a name.
class CheckOutcomes {
 public:
  struct Counts {
    bool last = false;  // the latest outcome
    uint64_t success = 0;
    uint64_t error = 0;
  };
  using ByCheck = std::map<std::pair<std::string, std::string>, Counts>;

  void Count(const std::string& kind, const std::string& name, bool success);
  ByCheck Get() const;

 private:
  mutable base::Mutex mutex_;  // guards counts_
  ByCheck counts_ ABSL_GUARDED_BY(mutex_);
};

struct RequestStatistics {
  // `duration`: from received to executed.
  void Observe(RequestType type, bool success, std::chrono::nanoseconds duration, uint64_t times = 1) {
    requests[static_cast<size_t>(type)][success].Observe(duration, times);
  }

  std::array<std::array<RequestLatency, 2>, kRequestTypes> requests;  // [type][success]
  std::array<RangeLatency, 2> ranges;                                 // execution alone; [success]
  HashLatency hash;                                                   // Maintenance.Hash
  HashLatency hash_by_revision;                                       // Maintenance.HashKV
  std::atomic<uint64_t> health_success{0};
  std::atomic<uint64_t> health_failures{0};
  CheckOutcomes checks;
};

}  // namespace quorate::api
