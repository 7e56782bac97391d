#pragma once

// Who times the leases: knows when each runs out, renews them, and says which have expired. Only on the leader do
// leases run out; renewing is not logged, so a new leader, or a restarted one, gives every lease its full time again.
//
// A lease is renewed by writing its deadline and nothing else. Its place in the wheel of expiries is corrected when its
// turn comes: a million leases cost a visit each now and then, and no scan.

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "quorate/base/clock.h"
#include "quorate/base/status.h"

namespace quorate::lease {

struct LessorOptions {
  base::Clock* clock = nullptr;  // its monotonic time counts; must outlive the lessor
  // Shorter TTLs count as this: a leader's absence during an election must not cost a lease its life.
  int64_t ttl_min_seconds = 1;
};

// etcd's rule: one and a half election timeouts, counted in whole ticks, rounded up to seconds.
int64_t MinimumTtlSeconds(std::chrono::milliseconds heartbeat_interval, std::chrono::milliseconds election_timeout);

struct LessorStatistics {
  // Counts by TTL: bucket i holds TTLs up to 2^i seconds, the last one all others.
  static constexpr size_t kTtlBounds = 24;

  uint64_t leases = 0;
  uint64_t granted = 0, revoked = 0, renewed = 0, expired = 0;
  std::array<uint64_t, kTtlBounds + 1> ttls = {};
  double ttl_seconds = 0;  // sum of all granted
};

class Lessor {
 public:
  // Revocations of expired leases proposed in a second, as in etcd: what runs out together does not stall writes.
  static constexpr int64_t kRevocationsPerSecond = 1000;
  // When many leases would run out together after a change of leader, so many do in each second, which leaves room for
  // the others'.
  static constexpr int64_t kPromotedExpiriesPerSecond = kRevocationsPerSecond * 3 / 4;
  // An expired lease that is still there after this long is given out again.
  static constexpr std::chrono::milliseconds kRevocationRetry{7000};
  // Leases looked at by one TakeExpired: a few milliseconds.
  static constexpr size_t kVisitsMax = 32'768;

  explicit Lessor(LessorOptions options);
  ~Lessor();
  Lessor(const Lessor&) = delete;
  Lessor& operator=(const Lessor&) = delete;

  // --- Told by the writer: what was found at start, and what came and went.
  void Recovered(int64_t lease, int64_t ttl_seconds);
  // Before it is published that this one came: who sees a key of it finds it. One of that id that is about to go makes
  // room.
  void Granted(int64_t lease, int64_t ttl_seconds);
  // Before it is published that this one went: it is not renewed any more, nor found.
  void Revoking(int64_t lease);
  // Once that is published. One granted since Revoking stays.
  void Revoked(int64_t lease);

  // --- The replica's side.
  // This member leads, and has executed all that was committed before: leases run, each with its full TTL and `extend`
  // beside it. The writer must not be at work.
  void Promote(std::chrono::nanoseconds extend);
  // This member leads no longer, for this reason: leases do not run out, and those who wait are told the reason.
  void Demote(const absl::Status& reason);
  // At most `max` leases that have run out, each once until kRevocationRetry has passed. One thread at a time.
  std::vector<int64_t> TakeExpired(size_t max);
  void CountExpired(uint64_t leases) { expired_.fetch_add(leases, std::memory_order_relaxed); }

  // --- Any thread.
  struct Renewal {
    enum class Outcome {
      kRenewed,
      kNotFound,
      kExpired,     // about to be revoked: WhenRevoked tells the end of it
      kNotLeading,  // here
    };
    Outcome outcome;
    int64_t ttl_seconds = 0;  // of a renewed one
  };
  // Gives the lease its full TTL again. No allocation, one short lock among many.
  Renewal Renew(int64_t lease);
  // For a lease that Renew found expired: runs `done` with OK once it is gone, or with the reason of Demote. At once or
  // on an internal thread. A lease of that id which neither has run out nor is being revoked is another one, granted
  // since: then it is gone once that is published. Returns what names the wait to StopWaiting; nothing, and `done` is
  // dropped, when kWaitingMax wait already.
  static constexpr size_t kWaitingMax = 100'000;
  [[nodiscard]] std::optional<uint64_t> WhenRevoked(int64_t lease, std::function<void(absl::Status)> done);
  // Drops what waits for the lease under that name, unless it is over or about to be called.
  void StopWaiting(int64_t lease, uint64_t waiter);
  size_t waiting() const;

  struct TimeLeft {
    int64_t granted_seconds = 0;
    std::chrono::nanoseconds remaining{0};  // negative once it has run out; the greatest number where it does not run
  };
  std::optional<TimeLeft> Find(int64_t lease) const;
  // All leases, soonest to run out first.
  std::vector<int64_t> List() const;
  int64_t ttl_min_seconds() const;
  bool leading() const { return leading_.load(std::memory_order_acquire); }
  LessorStatistics statistics() const;

 private:
  struct Rep;

  std::atomic<bool> leading_{false};
  std::atomic<uint64_t> expired_{0};
  std::unique_ptr<Rep> rep_;
};

}  // namespace quorate::lease
