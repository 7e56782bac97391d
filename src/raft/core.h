#pragma once

// The state machine behind Node. Its parts by file: election.cc (votes and terms), leader.cc (replication, quorum,
// reads), follower.cc (what a leader is answered), core.cc (the rest). Used by the node's thread.

#include <map>
#include <vector>

#include "quorate/raft/node.h"
#include "src/raft/log.h"
#include "src/raft/progress.h"
#include "src/raft/quorum.h"
#include "src/raft/read_queue.h"

namespace quorate::raft {

class Core {
 public:
  Core(NodeOptions options, InitialState initial);

  void Tick();
  void Campaign();
  absl::StatusOr<Index> Propose(base::Buffer data);
  absl::Status ReadIndex(uint64_t context);
  absl::Status TransferLeadership(MemberId target);
  absl::Status Step(Message message);
  bool HasReady() const;
  Ready TakeReady();
  void Persisted(Index index, Term term);
  void Applied(Index index) { log_.Applied(index); }
  void Compact(Index index) { log_.Compact(index); }
  NodeStatus Status() const;
  Role role() const { return role_; }
  Term term() const { return term_; }
  MemberId leader() const { return leader_; }
  Index last_index() const { return log_.last_index(); }

 private:
  // Why a candidate asks for votes, in Message::context of a vote: a leader that hands over is not protected by its
  // lease.
  static constexpr uint64_t kCampaignByTimeout = 0;
  static constexpr uint64_t kCampaignByTransfer = 1;

  // core.cc
  HardState CurrentHardState() const { return {.term = term_, .vote = vote_, .commit = log_.committed()}; }
  bool MayCampaign() const { return IsVoter(configuration_, options_.id) && role_ != Role::kLeader; }
  bool IsPeer(MemberId id) const { return id != options_.id && peers_.contains(id); }
  // Leaves at once.
  void Send(Message message);
  // Leaves once everything handed out so far is on disk: it promises something.
  void SendAfterPersist(Message message);
  void Fill(Message* message) const;
  absl::Status StepInRole(Message message);

  // election.cc
  void BecomeFollower(Term term, MemberId leader);
  void BecomeLeader();
  void ResetElectionTimer();
  void StartPreVote();
  void StartElection(uint64_t reason);
  void AskForVotes(MessageType type, Term term, uint64_t reason);
  void CountOwnAndDecide();
  // Whether the message is of the current term, or makes its term the current one. Otherwise it is dropped, or answered
  // with the newer term.
  bool AdmitTerm(const Message& message);
  bool IsProtectedByLease(const Message& message) const;
  void AnswerVote(const Message& message);
  void TakeVote(const Message& message);

  // leader.cc
  void TickLeader();
  void BroadcastHeartbeat();
  void BroadcastAppend();
  void SendAppend(MemberId to, bool even_if_empty);
  void SendSnapshot(MemberId to, Progress& progress);
  // The leader's rule (thesis, section 3.6.2): an entry of its own term that a quorum has on disk is committed, and all
  // before it. Returns whether the commit index rose.
  bool AdvanceCommit();
  void TakeAppendResponse(const Message& message);
  void TakeHeartbeatResponse(const Message& message);
  void AskRead(uint64_t context, MemberId from);
  void AnswerReads();
  void StartTransfer(MemberId target);
  bool QuorumIsActive();
  absl::StatusOr<Index> AppendProposal(base::Buffer data);

  // follower.cc
  void HearLeader(MemberId leader);
  void AnswerAppend(Message message);
  void AnswerHeartbeat(const Message& message);

  const NodeOptions options_;
  Configuration configuration_;
  Term term_;
  MemberId vote_;
  Role role_ = Role::kFollower;
  MemberId leader_ = 0;
  Log log_;
  HardState handed_hard_state_;  // as last given to be persisted
  int election_timeout_ = 0;     // in ticks, drawn anew for each wait
  int ticks_since_leader_ = 0;   // for a leader: since it last counted its quorum
  int ticks_since_heartbeat_ = 0;
  std::map<MemberId, Progress> peers_;  // everybody in the configuration, this member too
  std::map<MemberId, bool> votes_;
  ReadQueue reads_;
  std::vector<ReadState> read_states_;
  MemberId transfer_target_ = 0;
  std::vector<Message> messages_;
  std::vector<Message> messages_after_persist_;
};

}  // namespace quorate::raft
