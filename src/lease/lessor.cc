#include "quorate/lease/lessor.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

#include "absl/container/btree_map.h"
#include "quorate/base/check.h"
#include "quorate/base/errors.h"
#include "quorate/base/saturating.h"
#include "src/lease/expiry_wheel.h"
#include "src/lease/shards.h"

namespace quorate::lease {
namespace {

constexpr int64_t kNanosecondsPerMs = 1'000'000;
constexpr int64_t kNanosecondsPerSecond = 1'000'000'000;
// A deadline that never comes.
constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

using RevokedDone = std::function<void(absl::Status)>;

// Times are nanoseconds of the monotonic clock.
struct Timing {
  int64_t ttl_seconds;
  int64_t deadline = kNever;
  // When the wheel has it, in milliseconds; an entry that comes up earlier was left by a longer deadline's renewal.
  int64_t filed_ms = 0;
  // It is gone already, which is not published yet.
  bool revoking = false;
  // That the one of this id before it is gone is not published yet.
  bool replaces = false;
};

// By name, and so in the order in which they came.
using Waiters = absl::btree_map<uint64_t, RevokedDone>;

struct Part {
  absl::flat_hash_map<int64_t, Timing> leases;
  absl::flat_hash_map<int64_t, Waiters> waiting;  // for a revocation
  uint64_t next_waiter = 0;
  uint64_t renewed = 0;
};

// The longest TTL is nine tenths of what 64 bits hold.
int64_t DeadlineAfter(int64_t now, int64_t ttl_seconds) {
  return base::SaturatingSum(now, base::Seconds(ttl_seconds).count());
}

struct Expiry {
  int64_t deadline;
  int64_t lease;
  friend auto operator<=>(const Expiry&, const Expiry&) = default;
};

// Puts off, second by second, what would run out together to what revocation keeps up with.
void Spread(std::vector<Expiry>& expiries) {
  std::sort(expiries.begin(), expiries.end());
  int64_t second = 0;  // begins here
  int64_t in_second = 0;
  for (Expiry& expiry : expiries) {
    if (expiry.deadline - second >= kNanosecondsPerSecond) {
      second = expiry.deadline;
      in_second = 0;
    } else if (in_second == Lessor::kPromotedExpiriesPerSecond) {
      second = DeadlineAfter(second, 1);
      in_second = 0;
    }
    expiry.deadline = std::max(expiry.deadline, second);
    ++in_second;
  }
}

}  // namespace

int64_t MinimumTtlSeconds(std::chrono::milliseconds heartbeat_interval, std::chrono::milliseconds election_timeout) {
  const int64_t ticks = 3 * (election_timeout / heartbeat_interval) / 2;
  return std::max<int64_t>(1, std::chrono::ceil<std::chrono::seconds>(ticks * heartbeat_interval).count());
}

struct Lessor::Rep {
  explicit Rep(LessorOptions options) : options(options), wheel(Now() / kNanosecondsPerMs) {}

  int64_t Now() const { return options.clock->Monotonic().count(); }
  // With the lease's shard locked.
  void File(int64_t lease, Timing& timing, int64_t at) {
    base::MutexLock lock(&wheel_mutex);
    timing.filed_ms = wheel.Add(lease, at / kNanosecondsPerMs + 1);
  }
  void Insert(int64_t lease, int64_t ttl_seconds, bool runs) {
    Timing timing{std::max(ttl_seconds, options.ttl_min_seconds)};
    auto& shard = shards.Of(lease);
    base::MutexLock lock(&shard.mutex);
    timing.replaces = shard.leases.contains(lease);
    if (runs) {
      timing.deadline = DeadlineAfter(Now(), timing.ttl_seconds);
      File(lease, timing, timing.deadline);
    }
    shard.leases.insert_or_assign(lease, timing);
  }
  // Takes what is to be looked at now, behind what was taken before.
  void TakeDue(int64_t now) {
    if (due_next > due.size() / 2) {
      due.erase(due.begin(), due.begin() + static_cast<ptrdiff_t>(due_next));
      due_next = 0;
    }
    base::MutexLock lock(&wheel_mutex);
    wheel.Advance(now / kNanosecondsPerMs, &due);
  }

  const LessorOptions options;
  Shards<Part> shards;
  base::Mutex wheel_mutex;  // guards wheel
  ExpiryWheel wheel;

  // Of the thread that takes the expired: taken from the wheel and not looked at yet, from due_next on.
  std::vector<int64_t> due;
  size_t due_next = 0;

  std::atomic<size_t> waiting{0};  // of all parts
  std::atomic<uint64_t> granted{0};
  std::atomic<uint64_t> revoked{0};
  std::array<std::atomic<uint64_t>, LessorStatistics::kTtlBounds + 1> ttls = {};
  std::atomic<int64_t> ttl_seconds{0};
};

Lessor::Lessor(LessorOptions options) : rep_(std::make_unique<Rep>(options)) {}
Lessor::~Lessor() = default;

void Lessor::Recovered(int64_t lease, int64_t ttl_seconds) { rep_->Insert(lease, ttl_seconds, leading()); }

void Lessor::Granted(int64_t lease, int64_t ttl_seconds) {
  rep_->Insert(lease, ttl_seconds, leading());
  rep_->granted.fetch_add(1, std::memory_order_relaxed);
  const auto bucket = static_cast<size_t>(std::bit_width(static_cast<uint64_t>(std::max<int64_t>(ttl_seconds, 1) - 1)));
  rep_->ttls[std::min(bucket, LessorStatistics::kTtlBounds)].fetch_add(1, std::memory_order_relaxed);
  rep_->ttl_seconds.fetch_add(ttl_seconds, std::memory_order_relaxed);
}

void Lessor::Revoked(int64_t lease) {
  Waiters waiting;
  auto& shard = rep_->shards.Of(lease);
  {
    base::MutexLock lock(&shard.mutex);
    if (const auto found = shard.leases.find(lease); found != shard.leases.end()) {
      if (found->second.revoking) {
        shard.leases.erase(found);
      } else {
        found->second.replaces = false;
      }
    }
    if (auto found = shard.waiting.find(lease); found != shard.waiting.end()) {
      waiting = std::move(found->second);
      shard.waiting.erase(found);
    }
  }
  rep_->revoked.fetch_add(1, std::memory_order_relaxed);
  rep_->waiting.fetch_sub(waiting.size(), std::memory_order_relaxed);
  for (auto& [name, done] : waiting) done(absl::OkStatus());
}

void Lessor::Revoking(int64_t lease) {
  auto& shard = rep_->shards.Of(lease);
  base::MutexLock lock(&shard.mutex);
  if (const auto found = shard.leases.find(lease); found != shard.leases.end()) found->second.revoking = true;
}

void Lessor::Promote(std::chrono::nanoseconds extend) {
  const int64_t now = rep_->Now();
  std::vector<Expiry> expiries;
  for (auto& shard : rep_->shards) {
    base::MutexLock lock(&shard.mutex);
    for (auto& [lease, timing] : shard.leases) {
      expiries.push_back({DeadlineAfter(now + extend.count(), timing.ttl_seconds), lease});
    }
  }
  if (expiries.size() >= static_cast<size_t>(kRevocationsPerSecond)) Spread(expiries);
  {
    base::MutexLock lock(&rep_->wheel_mutex);
    rep_->wheel.Clear();
  }
  for (const Expiry& expiry : expiries) {
    auto& shard = rep_->shards.Of(expiry.lease);
    base::MutexLock lock(&shard.mutex);
    const auto found = shard.leases.find(expiry.lease);
    QUORATE_CHECK(found != shard.leases.end()) << "a lease went while its time was being set";
    found->second.deadline = expiry.deadline;
    rep_->File(expiry.lease, found->second, expiry.deadline);
  }
  leading_.store(true, std::memory_order_release);
}

void Lessor::Demote(const absl::Status& reason) {
  leading_.store(false, std::memory_order_release);
  std::vector<RevokedDone> waiting;
  for (auto& shard : rep_->shards) {
    base::MutexLock lock(&shard.mutex);
    for (auto& [lease, timing] : shard.leases) timing.deadline = kNever;
    for (auto& [lease, waiters] : shard.waiting) {
      for (auto& [name, done] : waiters) waiting.push_back(std::move(done));
    }
    shard.waiting.clear();
  }
  rep_->waiting.fetch_sub(waiting.size(), std::memory_order_relaxed);
  for (RevokedDone& done : waiting) done(reason);
}

std::vector<int64_t> Lessor::TakeExpired(size_t max) {
  std::vector<int64_t> expired;
  if (!leading()) return expired;
  const int64_t now = rep_->Now();
  rep_->TakeDue(now);
  const size_t end = std::min(rep_->due.size(), rep_->due_next + kVisitsMax);
  while (rep_->due_next < end && expired.size() < max) {
    const int64_t lease = rep_->due[rep_->due_next++];
    auto& shard = rep_->shards.Of(lease);
    base::MutexLock lock(&shard.mutex);
    const auto found = shard.leases.find(lease);
    if (found == shard.leases.end() || found->second.filed_ms > now / kNanosecondsPerMs) continue;
    Timing& timing = found->second;
    if (timing.deadline > now) {
      rep_->File(lease, timing, timing.deadline);
      continue;
    }
    expired.push_back(lease);
    rep_->File(lease, timing, now + std::chrono::nanoseconds(kRevocationRetry).count());
  }
  return expired;
}

Lessor::Renewal Lessor::Renew(int64_t lease) {
  using Outcome = Renewal::Outcome;
  if (!leading()) return {Outcome::kNotLeading};
  auto& shard = rep_->shards.Of(lease);
  base::MutexLock lock(&shard.mutex);
  const auto found = shard.leases.find(lease);
  if (found == shard.leases.end()) return {Outcome::kNotFound};
  Timing& timing = found->second;
  // Under the lock: who found it run out before has read an earlier time, and is not belied.
  const int64_t now = rep_->Now();
  if (timing.deadline <= now || timing.revoking) return {Outcome::kExpired};
  const int64_t deadline = DeadlineAfter(now, timing.ttl_seconds);
  // One that was put off by Promote runs out earlier than the wheel expects.
  if (deadline < timing.deadline) rep_->File(lease, timing, deadline);
  timing.deadline = deadline;
  ++shard.renewed;
  return {Outcome::kRenewed, timing.ttl_seconds};
}

std::optional<uint64_t> Lessor::WhenRevoked(int64_t lease, std::function<void(absl::Status)> done) {
  absl::Status answer;
  uint64_t name;
  auto& shard = rep_->shards.Of(lease);
  {
    base::MutexLock lock(&shard.mutex);
    name = shard.next_waiter++;
    if (const auto found = shard.leases.find(lease); found != shard.leases.end()) {
      const Timing& timing = found->second;
      if (!leading()) {
        answer = base::errors::LeaderChanged();
      } else if (timing.revoking || timing.replaces || timing.deadline <= rep_->Now()) {
        if (rep_->waiting.fetch_add(1, std::memory_order_relaxed) >= kWaitingMax) {
          rep_->waiting.fetch_sub(1, std::memory_order_relaxed);
          return std::nullopt;
        }
        shard.waiting[lease].emplace(name, std::move(done));
        return name;
      }
    }
  }
  done(std::move(answer));
  return name;
}

void Lessor::StopWaiting(int64_t lease, uint64_t waiter) {
  auto& shard = rep_->shards.Of(lease);
  base::MutexLock lock(&shard.mutex);
  const auto found = shard.waiting.find(lease);
  if (found == shard.waiting.end()) return;
  const size_t erased = found->second.erase(waiter);
  if (found->second.empty()) shard.waiting.erase(found);
  rep_->waiting.fetch_sub(erased, std::memory_order_relaxed);
}

size_t Lessor::waiting() const { return rep_->waiting.load(std::memory_order_relaxed); }

std::optional<Lessor::TimeLeft> Lessor::Find(int64_t lease) const {
  const auto& shard = rep_->shards.Of(lease);
  base::MutexLock lock(&shard.mutex);
  const auto found = shard.leases.find(lease);
  // Who has heard that its keys are gone finds it gone, too.
  if (found == shard.leases.end() || found->second.revoking) return std::nullopt;
  const Timing& timing = found->second;
  return TimeLeft{timing.ttl_seconds,
                  std::chrono::nanoseconds(timing.deadline == kNever ? kNever : timing.deadline - rep_->Now())};
}

std::vector<int64_t> Lessor::List() const {
  std::vector<std::pair<int64_t, int64_t>> deadlines;
  for (const auto& shard : rep_->shards) {
    base::MutexLock lock(&shard.mutex);
    for (const auto& [lease, timing] : shard.leases) {
      if (!timing.revoking) deadlines.emplace_back(timing.deadline, lease);
    }
  }
  std::sort(deadlines.begin(), deadlines.end());
  std::vector<int64_t> leases;
  leases.reserve(deadlines.size());
  for (const auto& [deadline, lease] : deadlines) leases.push_back(lease);
  return leases;
}

int64_t Lessor::ttl_min_seconds() const { return rep_->options.ttl_min_seconds; }

LessorStatistics Lessor::statistics() const {
  LessorStatistics statistics;
  for (const auto& shard : rep_->shards) {
    base::MutexLock lock(&shard.mutex);
    statistics.leases += shard.leases.size();
    statistics.renewed += shard.renewed;
  }
  statistics.granted = rep_->granted.load(std::memory_order_relaxed);
  statistics.revoked = rep_->revoked.load(std::memory_order_relaxed);
  statistics.expired = expired_.load(std::memory_order_relaxed);
  for (size_t i = 0; i < statistics.ttls.size(); ++i) {
    statistics.ttls[i] = rep_->ttls[i].load(std::memory_order_relaxed);
  }
  statistics.ttl_seconds = static_cast<double>(rep_->ttl_seconds.load(std::memory_order_relaxed));
  return statistics;
}

}  // namespace quorate::lease
