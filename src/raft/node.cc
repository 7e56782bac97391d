#include "quorate/raft/node.h"

#include <algorithm>

#include "quorate/base/check.h"
#include "quorate/base/errors.h"
#include "src/raft/log.h"
#include "src/raft/read_queue.h"

namespace quorate::raft {
namespace {

bool Contains(const std::vector<MemberId>& members, MemberId id) {
  return std::find(members.begin(), members.end(), id) != members.end();
}

}  // namespace

struct Node::Rep {
  Rep(NodeOptions given, InitialState initial)
      : options(std::move(given)),
        configuration(initial.configuration),
        term(initial.hard_state.term),
        vote(initial.hard_state.vote),
        log(initial, options.log),
        handed_hard_state(initial.hard_state) {
    QUORATE_CHECK(options.id != 0);
    QUORATE_CHECK(options.election_ticks > 0);
    QUORATE_CHECK(configuration.voters.size() <= 1 && configuration.outgoing.empty() && configuration.learners.empty())
        << "clusters of several members are not supported yet";
    QUORATE_CHECK(term >= log.last_term()) << "term " << term << " with an entry of " << log.last_term();
    handed_hard_state.commit = log.committed();
    DrawElectionTimeout();
  }

  HardState CurrentHardState() const { return {.term = term, .vote = vote, .commit = log.committed()}; }
  bool IsVoter() const { return Contains(configuration.voters, options.id); }
  void DrawElectionTimeout() {
    ticks_since_election = 0;
    const uint32_t bound = static_cast<uint32_t>(options.election_ticks);
    election_timeout = options.election_ticks + static_cast<int>(options.random ? options.random(bound) : 0);
  }
  void BecomeLeader();
  // The leader's rule (thesis, section 3.6.2): an entry of its own term that a quorum has on disk is committed, and all
  // before it.
  void AdvanceCommit();

  const NodeOptions options;
  Configuration configuration;
  Term term;
  MemberId vote;
  Role role = Role::kFollower;
  MemberId leader = 0;
  Log log;
  ReadQueue reads;
  HardState handed_hard_state;  // as last given to be persisted
  bool term_is_committed = false;
  int ticks_since_election = 0;
  int election_timeout = 0;
};

void Node::Rep::BecomeLeader() {
  role = Role::kLeader;
  leader = options.id;
  term_is_committed = false;
  log.Append(term, EntryType::kNormal, base::Buffer());
}

void Node::Rep::AdvanceCommit() {
  if (role != Role::kLeader) return;
  const Index index = log.persisted();
  if (log.TermOf(index) != term) return;
  log.CommitTo(index);
  term_is_committed = true;
  reads.Confirm(log.committed());
}

Node::Node(NodeOptions options, InitialState initial)
    : rep_(std::make_unique<Rep>(std::move(options), std::move(initial))) {}
Node::~Node() = default;

void Node::Tick() {
  if (rep_->role == Role::kLeader || !rep_->IsVoter()) return;
  if (++rep_->ticks_since_election >= rep_->election_timeout) Campaign();
}

void Node::Campaign() {
  if (rep_->role == Role::kLeader || !rep_->IsVoter()) return;
  ++rep_->term;
  rep_->vote = rep_->options.id;
  rep_->DrawElectionTimeout();
  // The only voter is a quorum. Nothing it appends is committed before term and vote are on disk with it.
  rep_->BecomeLeader();
}

absl::StatusOr<Index> Node::Propose(base::Buffer data) {
  if (rep_->role != Role::kLeader) return base::errors::NoLeader();
  const size_t waiting = rep_->log.uncommitted_bytes();
  if (waiting > 0 && waiting + data.size() > rep_->options.uncommitted_bytes_max) {
    return base::errors::TooManyRequests();
  }
  return rep_->log.Append(rep_->term, EntryType::kNormal, std::move(data));
}

absl::StatusOr<Index> Node::ProposeConfiguration(const Configuration& configuration) {
  return base::MakeStatus(absl::StatusCode::kUnimplemented, "membership changes are not supported yet");
}

absl::Status Node::ReadIndex(uint64_t context) {
  if (rep_->role != Role::kLeader) return base::errors::NoLeader();
  rep_->reads.Add(context);
  // Before its first entry is committed a new leader may not know the newest commit index.
  if (rep_->term_is_committed) rep_->reads.Confirm(rep_->log.committed());
  return absl::OkStatus();
}

absl::Status Node::Step(Message message) {
  return base::MakeStatus(absl::StatusCode::kUnimplemented, "a member alone has no peers to hear from");
}

bool Node::HasReady() const {
  return rep_->log.HasEntriesToPersist() || rep_->log.HasEntriesToApply() || rep_->reads.HasAnswers() ||
         rep_->CurrentHardState() != rep_->handed_hard_state;
}

Ready Node::TakeReady() {
  Ready ready;
  const HardState hard_state = rep_->CurrentHardState();
  const HardState& handed = rep_->handed_hard_state;
  const bool term_or_vote_changed = hard_state.term != handed.term || hard_state.vote != handed.vote;
  if (hard_state != handed) ready.hard_state = hard_state;
  rep_->handed_hard_state = hard_state;
  ready.entries = rep_->log.TakeEntriesToPersist();
  ready.must_sync = term_or_vote_changed || !ready.entries.empty();
  ready.committed = rep_->log.TakeEntriesToApply();
  ready.read_states = rep_->reads.TakeAnswers();
  return ready;
}

void Node::Persisted(Index index, Term term) {
  rep_->log.Persisted(index, term);
  rep_->AdvanceCommit();
}

void Node::Applied(Index index) { rep_->log.Applied(index); }

void Node::Compact(Index index) { rep_->log.Compact(index); }

NodeStatus Node::Status() const {
  return {.id = rep_->options.id,
          .role = rep_->role,
          .leader = rep_->leader,
          .hard_state = rep_->CurrentHardState(),
          .applied = rep_->log.applied(),
          .last_index = rep_->log.last_index(),
          .configuration = rep_->configuration};
}

}  // namespace quorate::raft
