// Terms and votes: thesis chapter 3, with the pre-vote of section 9.6 and the lease of section 6.4.1 that keeps a
// member which lost touch from unseating a leader the others hear.

#include "src/raft/core.h"

namespace quorate::raft {

void Core::ResetElectionTimer() {
  ticks_since_leader_ = 0;
  const auto bound = static_cast<uint32_t>(options_.election_ticks);
  election_timeout_ = options_.election_ticks + static_cast<int>(options_.random ? options_.random(bound) : 0);
}

void Core::BecomeFollower(Term term, MemberId leader) {
  if (term > term_) {
    term_ = term;
    vote_ = 0;
  }
  role_ = Role::kFollower;
  leader_ = leader;
  votes_.clear();
  reads_.Drop();
  transfer_target_ = 0;
  ResetElectionTimer();
}

void Core::BecomeLeader() {
  role_ = Role::kLeader;
  leader_ = options_.id;
  transfer_target_ = 0;
  reads_.Drop();
  ticks_since_leader_ = 0;
  ticks_since_heartbeat_ = 0;
  for (auto& [id, progress] : peers_) {
    progress = Progress(log_.last_index(), options_.inflight_appends_max);
    progress.recent_active = id == options_.id;
  }
  // Only an entry of its own term tells a leader what is committed (thesis, section 3.6.2).
  log_.Append(term_, EntryType::kNormal, base::Buffer());
  BroadcastAppend();
}

void Core::StartPreVote() {
  role_ = Role::kPreCandidate;
  leader_ = 0;
  ResetElectionTimer();
  AskForVotes(MessageType::kPreVote, term_ + 1, kCampaignByTimeout);
  CountOwnAndDecide();
}

void Core::StartElection(uint64_t reason) {
  ++term_;
  vote_ = options_.id;
  role_ = Role::kCandidate;
  leader_ = 0;
  ResetElectionTimer();
  AskForVotes(MessageType::kVote, term_, reason);
  CountOwnAndDecide();
}

void Core::AskForVotes(MessageType type, Term term, uint64_t reason) {
  votes_.clear();
  for (const auto& [id, progress] : peers_) {
    if (id == options_.id || !IsVoter(configuration_, id)) continue;
    Message message{.type = type,
                    .to = id,
                    .term = term,
                    .index = log_.last_index(),
                    .log_term = log_.last_term(),
                    .context = reason};
    // A candidate's own vote must be on disk before anybody can count on it.
    type == MessageType::kVote ? SendAfterPersist(std::move(message)) : Send(std::move(message));
  }
  votes_[options_.id] = true;
}

void Core::CountOwnAndDecide() {
  switch (CountVotes(configuration_, votes_)) {
    case VoteResult::kPending:
      break;
    case VoteResult::kWon:
      role_ == Role::kPreCandidate ? StartElection(kCampaignByTimeout) : BecomeLeader();
      break;
    case VoteResult::kLost:
      BecomeFollower(term_, 0);
      break;
  }
}

bool Core::IsProtectedByLease(const Message& message) const {
  return options_.check_quorum && message.context != kCampaignByTransfer && leader_ != 0 &&
         ticks_since_leader_ < options_.election_ticks;
}

bool Core::AdmitTerm(const Message& message) {
  const bool is_pre_vote = message.type == MessageType::kPreVote;
  const bool asks_for_vote = is_pre_vote || message.type == MessageType::kVote;
  if (message.term > term_) {
    if (asks_for_vote && IsProtectedByLease(message)) return false;
    // A pre-vote speaks of a term that nobody has begun.
    const bool is_pre_vote_granted = message.type == MessageType::kPreVoteResponse && !message.reject;
    if (is_pre_vote || is_pre_vote_granted) return true;
    const bool from_leader = message.type == MessageType::kAppend || message.type == MessageType::kHeartbeat ||
                             message.type == MessageType::kSnapshot;
    BecomeFollower(message.term, from_leader ? message.from : 0);
    return true;
  }
  if (message.term == term_) return true;
  // A leader or candidate of the past must learn of the newer term, or it would never join in.
  if (message.type == MessageType::kAppend || message.type == MessageType::kHeartbeat) {
    SendAfterPersist({.type = MessageType::kAppendResponse, .to = message.from, .reject = true});
  } else if (is_pre_vote) {
    SendAfterPersist({.type = MessageType::kPreVoteResponse, .to = message.from, .reject = true});
  }
  return false;
}

void Core::AnswerVote(const Message& message) {
  const bool is_pre_vote = message.type == MessageType::kPreVote;
  const MessageType type = is_pre_vote ? MessageType::kPreVoteResponse : MessageType::kVoteResponse;
  const bool is_free = vote_ == message.from || (vote_ == 0 && leader_ == 0) || (is_pre_vote && message.term > term_);
  if (!is_free || !log_.IsUpToDate(message.index, message.log_term)) {
    SendAfterPersist({.type = type, .to = message.from, .reject = true});
    return;
  }
  if (!is_pre_vote) {
    vote_ = message.from;
    ResetElectionTimer();
  }
  SendAfterPersist({.type = type, .to = message.from, .term = message.term});
}

void Core::TakeVote(const Message& message) {
  const bool is_expected = message.type == MessageType::kPreVoteResponse
                               ? role_ == Role::kPreCandidate && (message.reject || message.term == term_ + 1)
                               : role_ == Role::kCandidate;
  if (!is_expected) return;
  votes_.emplace(message.from, !message.reject);
  CountOwnAndDecide();
}

}  // namespace quorate::raft
