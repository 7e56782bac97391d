// What a leader does: replication (thesis section 3.5), commitment (3.6), reads (6.4), checking its quorum (6.2),
// handing over (3.10).

#include <algorithm>

#include "quorate/base/check.h"
#include "quorate/base/errors.h"
#include "src/raft/core.h"

namespace quorate::raft {

void Core::TickLeader() {
  if (++ticks_since_leader_ >= options_.election_ticks) {
    ticks_since_leader_ = 0;
    transfer_target_ = 0;  // the target did not take over in time
    if (options_.check_quorum && !QuorumIsActive()) {
      BecomeFollower(term_, 0);
      return;
    }
  }
  if (++ticks_since_heartbeat_ >= options_.heartbeat_ticks) BroadcastHeartbeat();
}

bool Core::QuorumIsActive() {
  std::map<MemberId, bool> active;
  for (auto& [id, progress] : peers_) {
    active[id] = progress.recent_active || id == options_.id;
    progress.recent_active = false;
  }
  return CountVotes(configuration_, active) == VoteResult::kWon;
}

void Core::BroadcastHeartbeat() {
  ticks_since_heartbeat_ = 0;
  for (const auto& [id, progress] : peers_) {
    if (id == options_.id) continue;
    Send({.type = MessageType::kHeartbeat,
          .to = id,
          .commit = std::min(progress.match(), log_.committed()),
          .context = reads_.round()});
  }
}

void Core::BroadcastAppend() {
  for (const auto& [id, progress] : peers_) {
    if (id != options_.id) SendAppend(id, true);
  }
}

void Core::SendAppend(MemberId to, bool even_if_empty) {
  Progress& progress = peers_[to];
  // A follower that keeps up is sent all there is, in messages of bounded size.
  while (!progress.IsPaused()) {
    const Index before = progress.next() - 1;
    const std::optional<Term> before_term = log_.TermOf(before);
    absl::StatusOr<std::vector<Entry>> entries = log_.EntriesFrom(progress.next(), options_.append_bytes_max);
    if (!before_term.has_value() || !entries.ok()) {
      SendSnapshot(to, progress);
      return;
    }
    if (entries->empty() && !even_if_empty) return;
    even_if_empty = false;
    progress.Sent(before + entries->size());
    Send({.type = MessageType::kAppend,
          .to = to,
          .index = before,
          .log_term = *before_term,
          .commit = log_.committed(),
          .entries = *std::move(entries)});
  }
}

void Core::SendSnapshot(MemberId to, Progress& progress) {
  if (!progress.recent_active) return;  // it could not take it in
  const Index index = log_.applied();
  progress.BecomeSnapshot(index);
  Send({.type = MessageType::kSnapshot, .to = to, .index = index, .log_term = log_.TermOf(index).value_or(0)});
}

bool Core::AdvanceCommit() {
  const Index index = QuorumIndex(
      configuration_, [this](MemberId id) { return id == options_.id ? log_.persisted() : peers_[id].match(); });
  if (index <= log_.committed() || !log_.Holds(index, term_)) return false;
  const bool was_first_of_term = !log_.Holds(log_.committed(), term_);
  log_.CommitTo(index);
  if (was_first_of_term) {
    for (const ReadQueue::Read& read : reads_.TakeHeld()) AskRead(read.context, read.from);
  }
  return true;
}

absl::StatusOr<Index> Core::AppendProposal(base::Buffer data) {
  if (transfer_target_ != 0) return base::errors::NoLeader();
  const size_t waiting = log_.uncommitted_bytes();
  if (waiting > 0 && waiting + data.size() > options_.uncommitted_bytes_max) return base::errors::TooManyRequests();
  const Index index = log_.Append(term_, EntryType::kNormal, std::move(data));
  for (const auto& [id, progress] : peers_) {
    if (id != options_.id) SendAppend(id, false);
  }
  return index;
}

void Core::TakeAppendResponse(const Message& message) {
  Progress& progress = peers_[message.from];
  progress.recent_active = true;
  if (message.reject) {
    const Index hint = log_.LastNotAbove(message.reject_hint, message.log_term);
    if (progress.Rejected(message.index, hint)) SendAppend(message.from, true);
    return;
  }
  QUORATE_CHECK(message.index <= log_.last_index())
      << "member " << message.from << " holds entry " << message.index << " of " << log_.last_index();
  if (!progress.Accepted(message.index)) return;
  if (AdvanceCommit()) {
    BroadcastAppend();
  } else {
    SendAppend(message.from, false);
  }
  if (message.from == transfer_target_ && progress.match() == log_.last_index()) {
    Send({.type = MessageType::kTimeoutNow, .to = message.from});
  }
}

void Core::TakeHeartbeatResponse(const Message& message) {
  Progress& progress = peers_[message.from];
  progress.Heard();
  if (progress.match() < log_.last_index()) SendAppend(message.from, progress.state() == Progress::State::kProbe);
  reads_.Answered(message.from, message.context);
  AnswerReads();
}

void Core::AskRead(uint64_t context, MemberId from) {
  if (!log_.Holds(log_.committed(), term_)) {
    reads_.Hold(context, from);
    return;
  }
  reads_.Add(context, from, log_.committed());
  if (reads_.BeginRound()) BroadcastHeartbeat();
  AnswerReads();
}

void Core::AnswerReads() {
  for (const ReadQueue::Read& read : reads_.TakeConfirmed(configuration_, options_.id)) {
    if (read.from == options_.id) {
      read_states_.push_back({.context = read.context, .index = read.index});
    } else {
      Send({.type = MessageType::kReadIndexResponse, .to = read.from, .index = read.index, .context = read.context});
    }
  }
  if (reads_.BeginRound()) BroadcastHeartbeat();
}

void Core::StartTransfer(MemberId target) {
  if (!IsPeer(target) || !IsVoter(configuration_, target) || target == transfer_target_) return;
  transfer_target_ = target;
  ticks_since_leader_ = 0;
  if (peers_[target].match() == log_.last_index()) {
    Send({.type = MessageType::kTimeoutNow, .to = target});
  } else {
    SendAppend(target, true);
  }
}

}  // namespace quorate::raft
