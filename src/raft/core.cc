#include "src/raft/core.h"

#include "quorate/base/check.h"
#include "quorate/base/errors.h"

namespace quorate::raft {

Core::Core(NodeOptions options, InitialState initial)
    : options_(std::move(options)),
      configuration_(initial.configuration),
      term_(initial.hard_state.term),
      vote_(initial.hard_state.vote),
      log_(initial, options_.log),
      handed_hard_state_(initial.hard_state) {
  QUORATE_CHECK(options_.id != 0);
  QUORATE_CHECK(options_.heartbeat_ticks > 0 && options_.election_ticks > options_.heartbeat_ticks);
  QUORATE_CHECK(term_ >= log_.last_term()) << "term " << term_ << " with an entry of " << log_.last_term();
  handed_hard_state_.commit = log_.committed();
  for (const MemberId id : MembersOf(configuration_)) peers_[id];
  ResetElectionTimer();
}

void Core::Tick() {
  if (role_ == Role::kLeader) {
    TickLeader();
    return;
  }
  if (++ticks_since_leader_ >= election_timeout_) Campaign();
}

void Core::Campaign() {
  if (!MayCampaign()) return;
  options_.pre_vote ? StartPreVote() : StartElection(kCampaignByTimeout);
}

absl::StatusOr<Index> Core::Propose(base::Buffer data) {
  if (role_ == Role::kLeader) return AppendProposal(std::move(data));
  if (leader_ == 0) return base::errors::NoLeader();
  Message message{.type = MessageType::kPropose, .to = leader_};
  message.entries.push_back({.data = std::move(data)});
  Send(std::move(message));
  return 0;
}

absl::Status Core::ReadIndex(uint64_t context) {
  if (role_ == Role::kLeader) {
    AskRead(context, options_.id);
    return absl::OkStatus();
  }
  if (leader_ == 0) return base::errors::NoLeader();
  Send({.type = MessageType::kReadIndex, .to = leader_, .context = context});
  return absl::OkStatus();
}

absl::Status Core::TransferLeadership(MemberId target) {
  if (!IsVoter(configuration_, target)) return base::errors::BadLeaderTransferee();
  if (leader_ == 0) return base::errors::NoLeader();
  if (role_ == Role::kLeader) {
    StartTransfer(target);
  } else {
    Send({.type = MessageType::kTransferLeader, .to = leader_, .context = target});
  }
  return absl::OkStatus();
}

void Core::Fill(Message* message) const {
  message->from = options_.id;
  if (message->term == 0) message->term = term_;
}

void Core::Send(Message message) {
  Fill(&message);
  // A leader elected by its own vote alone speaks once that vote is on disk: after a crash it would lead the same term
  // again, with other entries. Its first entry is on disk no earlier.
  const bool is_held = role_ == Role::kLeader && !log_.Holds(log_.persisted(), term_);
  (is_held ? messages_after_persist_ : messages_).push_back(std::move(message));
}

void Core::SendAfterPersist(Message message) {
  Fill(&message);
  messages_after_persist_.push_back(std::move(message));
}

absl::Status Core::Step(Message message) {
  if (!IsPeer(message.from)) {
    return base::MakeStatus(absl::StatusCode::kNotFound, "a message from member " + std::to_string(message.from) +
                                                             ", which is not in the configuration");
  }
  if (!AdmitTerm(message)) return absl::OkStatus();
  return StepInRole(std::move(message));
}

absl::Status Core::StepInRole(Message message) {
  const bool is_leader = role_ == Role::kLeader;
  switch (message.type) {
    case MessageType::kVote:
    case MessageType::kPreVote:
      AnswerVote(message);
      break;
    case MessageType::kVoteResponse:
    case MessageType::kPreVoteResponse:
      TakeVote(message);
      break;
    case MessageType::kAppend:
      HearLeader(message.from);
      AnswerAppend(std::move(message));
      break;
    case MessageType::kHeartbeat:
      HearLeader(message.from);
      AnswerHeartbeat(message);
      break;
    case MessageType::kAppendResponse:
      if (is_leader) TakeAppendResponse(message);
      break;
    case MessageType::kHeartbeatResponse:
      if (is_leader) TakeHeartbeatResponse(message);
      break;
    case MessageType::kPropose:
      if (!is_leader) return base::errors::NotLeader();
      for (Entry& entry : message.entries) QUORATE_RETURN_IF_ERROR(AppendProposal(std::move(entry.data)).status());
      break;
    case MessageType::kReadIndex:
      if (!is_leader) return base::errors::NotLeader();
      AskRead(message.context, message.from);
      break;
    case MessageType::kReadIndexResponse:
      read_states_.push_back({.context = message.context, .index = message.index});
      break;
    case MessageType::kTransferLeader:
      if (is_leader) StartTransfer(message.context);
      break;
    case MessageType::kTimeoutNow:
      if (MayCampaign()) StartElection(kCampaignByTransfer);
      break;
    case MessageType::kSnapshot:
      return base::MakeStatus(absl::StatusCode::kUnimplemented, "snapshots between members are not supported yet");
  }
  return absl::OkStatus();
}

bool Core::HasReady() const {
  return log_.HasEntriesToPersist() || log_.HasEntriesToApply() || !read_states_.empty() || !messages_.empty() ||
         !messages_after_persist_.empty() || CurrentHardState() != handed_hard_state_;
}

Ready Core::TakeReady() {
  Ready ready;
  const HardState hard_state = CurrentHardState();
  const bool term_or_vote_changed =
      hard_state.term != handed_hard_state_.term || hard_state.vote != handed_hard_state_.vote;
  if (hard_state != handed_hard_state_) ready.hard_state = hard_state;
  handed_hard_state_ = hard_state;
  ready.entries = log_.TakeEntriesToPersist();
  ready.must_sync = term_or_vote_changed || !ready.entries.empty();
  ready.messages = std::exchange(messages_, {});
  ready.messages_after_persist = std::exchange(messages_after_persist_, {});
  ready.committed = log_.TakeEntriesToApply();
  ready.read_states = std::exchange(read_states_, {});
  return ready;
}

void Core::Persisted(Index index, Term term) {
  log_.Persisted(index, term);
  if (role_ == Role::kLeader && AdvanceCommit()) BroadcastAppend();
}

NodeStatus Core::Status() const {
  return {.id = options_.id,
          .role = role_,
          .leader = leader_,
          .hard_state = CurrentHardState(),
          .applied = log_.applied(),
          .last_index = log_.last_index(),
          .configuration = configuration_};
}

}  // namespace quorate::raft
