#include "src/replica/lease_expiry.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "quorate/base/hex.h"
#include "quorate/base/logging.h"
#include "src/replica/bounds.h"

namespace quorate::replica {
namespace {

size_t PerTick(int64_t per_second, std::chrono::milliseconds interval) {
  return static_cast<size_t>(std::max<int64_t>(1, per_second * interval.count() / 1000));
}

}  // namespace

class LeaseExpiry::Answers : public BatchCompletion {
 public:
  Answers(LeaseExpiry* expiry, std::vector<int64_t> leases) : expiry_(expiry), leases_(std::move(leases)) {}
  ~Answers() override {
    expiry_->lessor_->CountExpired(revoked_);
    if (failed_ > 0) {
      QUORATE_LOG(kWarn, "failed to revoke expired leases, will try again",
                  {{"leases", failed_},
                   {"first-lease-id", base::PaddedHex(static_cast<uint64_t>(first_failed_))},
                   {"error", failure_}});
    }
    expiry_->under_way_.store(false, std::memory_order_release);
  }

  void Complete(size_t index, absl::StatusOr<mvcc::Answer> answer, uint64_t) override {
    if (answer.ok()) {
      ++revoked_;
    } else if (!absl::IsNotFound(answer.status()) && failed_++ == 0) {  // else its client revoked it meanwhile
      first_failed_ = leases_[index];
      failure_ = answer.status();
    }
  }

 private:
  LeaseExpiry* const expiry_;
  const std::vector<int64_t> leases_;
  uint64_t revoked_ = 0;
  uint64_t failed_ = 0;
  int64_t first_failed_ = 0;
  absl::Status failure_;  // of the first
};

LeaseExpiry::LeaseExpiry(lease::Leases* leases, lease::Lessor* lessor, std::chrono::milliseconds interval,
                         Propose propose)
    : leases_(leases),
      lessor_(lessor),
      leases_per_tick_(PerTick(lease::Lessor::kRevocationsPerSecond, interval)),
      keys_per_tick_(PerTick(kExpiredKeysPerSecond, interval)),
      propose_(std::move(propose)) {}

void LeaseExpiry::Tick() {
  if (!lessor_->leading()) return expired_.clear();
  if (under_way_.load(std::memory_order_acquire)) return;
  if (expired_.empty()) {
    const std::vector<int64_t> taken = lessor_->TakeExpired(leases_per_tick_);
    expired_.assign(taken.begin(), taken.end());
  }
  if (expired_.empty()) return;
  ProposalBatch batch;
  std::vector<int64_t> leases;
  for (size_t keys = 0; !expired_.empty() && keys < keys_per_tick_; expired_.pop_front()) {
    const int64_t lease = expired_.front();
    if (!HasRunOut(lease)) continue;
    keys += leases_->KeyCount(lease);
    leases.push_back(lease);
    batch.commands.Add(CommandType::kLeaseRevoke, lease::Encode(lease::RevokeRequest{lease}));
  }
  if (leases.empty()) return;
  under_way_.store(true, std::memory_order_relaxed);
  batch.completion = std::make_unique<Answers>(this, std::move(leases));
  propose_(std::move(batch));
}

bool LeaseExpiry::HasRunOut(int64_t lease) const {
  const std::optional<lease::Lessor::TimeLeft> left = lessor_->Find(lease);
  return left.has_value() && left->remaining.count() <= 0;
}

}  // namespace quorate::replica
