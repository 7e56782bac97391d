#include <algorithm>
#include <utility>

#include "quorate/base/errors.h"
#include "src/replica/bounds.h"
#include "src/replica/engine.h"

namespace quorate::replica {

absl::Status Engine::Refusal() const {
  if (dead_.load(std::memory_order_relaxed)) return base::errors::Stopped();
  return trouble_.Refusal();
}

void Engine::Propose(ProposalBatch batch, const Replica::Lend* lend) {
  const size_t commands = batch.commands.count();
  const size_t bytes = batch.commands.bytes();
  absl::Status refusal = stopping_.load(std::memory_order_relaxed) ? base::errors::Stopped() : Refusal();
  if (refusal.ok() && !pending_.admission().Admit(commands, bytes)) refusal = base::errors::TooManyRequests();
  if (!refusal.ok()) return TurnAway(std::move(batch), refusal);
  const bool may_stand_in =
      lend != nullptr && batch.are_short && commands <= kInlineCommandsMax && IsLogQuick() && queue_.MayStandIn();
  if (!may_stand_in) return Enqueue(std::move(batch));
  (*lend)([&] {
    // Only now: what the loop did before it lent its thread would have kept others from the place.
    queue_.BeginStandIn() ? StandIn({std::move(batch), Deadline()}) : Enqueue(std::move(batch));
  });
}

void Engine::Enqueue(ProposalBatch batch) {
  if (queue_.PushProposal(batch, Deadline())) return timer_.Arm();
  pending_.admission().Release(batch.commands.count(), batch.commands.bytes());
  TurnAway(std::move(batch), base::errors::Stopped());
}

void Engine::TurnAway(ProposalBatch batch, const absl::Status& status) {
  const size_t commands = batch.commands.count();
  proposals_failed_.fetch_add(commands, std::memory_order_relaxed);
  WaitingGroup refused;
  refused.push_back({std::move(batch.completion), commands});
  FailGroup(std::move(refused), status, term());
}

void Engine::ConfirmRead(ReadDone done) {
  if (CanReadNow()) return done(absl::OkStatus());
  if (dead_.load(std::memory_order_relaxed) || !queue_.PushRead(done)) done(base::errors::Stopped());
}

void Engine::Refuse(std::vector<QueuedBatch> batches, const absl::Status& status) {
  WaitingGroup refused;
  for (QueuedBatch& queued : batches) {
    const size_t commands = queued.batch.commands.count();
    pending_.admission().Release(commands, queued.batch.commands.bytes());
    proposals_failed_.fetch_add(commands, std::memory_order_relaxed);
    refused.push_back({std::move(queued.batch.completion), commands});
  }
  FailGroup(std::move(refused), status, term());
}

void Engine::FailLogged(std::vector<WaitingGroup> groups, const absl::Status& status) {
  for (WaitingGroup& group : groups) {
    for (const WaitingBatch& batch : group) proposals_failed_.fetch_add(batch.commands, std::memory_order_relaxed);
    FailGroup(std::move(group), status, term());
  }
}

std::optional<std::chrono::nanoseconds> Engine::ExpireProposals(std::chrono::nanoseconds now) {
  FailLogged(pending_.TakeExpired(now), base::errors::Timeout());
  Refuse(queue_.TakeExpired(now), base::errors::Timeout());
  const std::optional<std::chrono::nanoseconds> logged = pending_.EarliestDeadline();
  const std::optional<std::chrono::nanoseconds> queued = queue_.EarliestDeadline();
  return logged.has_value() && queued.has_value() ? std::min(logged, queued) : std::max(logged, queued);
}

void Engine::ExpireReads() {
  const std::chrono::nanoseconds now = clock_->Monotonic();
  auto waits_on = [now](const LeaderlessRead& read) { return read.deadline > now; };
  auto expired = std::stable_partition(leaderless_reads_.begin(), leaderless_reads_.end(), waits_on);
  for (auto read = expired; read != leaderless_reads_.end(); ++read) {
    read_indexes_failed_.fetch_add(1, std::memory_order_relaxed);
    read->done(base::errors::Timeout());
  }
  leaderless_reads_.erase(expired, leaderless_reads_.end());
}

void Engine::FailAll() {
  FailLogged(pending_.TakeAll(), base::errors::Stopped());
  Refuse(queue_.TakeProposals(), base::errors::Stopped());
  for (ReadDone& done : queue_.TakeReads()) done(base::errors::Stopped());
  read_gate_.FailAll(base::errors::Stopped());
}

}  // namespace quorate::replica
