#include "tests/raft/cluster_testing.h"

#include <algorithm>

namespace quorate::raft {

absl::StatusOr<std::vector<Entry>> Cluster::Disk::Entries(Index begin, Index end, size_t bytes_max) {
  if (begin == 0 || end > entries.size() + 1) return absl::OutOfRangeError("not on disk");
  return std::vector<Entry>(entries.begin() + static_cast<std::ptrdiff_t>(begin) - 1,
                            entries.begin() + static_cast<std::ptrdiff_t>(end) - 1);
}

absl::StatusOr<Term> Cluster::Disk::TermOf(Index index) {
  if (index == 0 || index > entries.size()) return absl::OutOfRangeError("not on disk");
  return entries[index - 1].term;
}

Cluster::Cluster(uint64_t seed, Configuration configuration) : random_(seed), configuration_(std::move(configuration)) {
  for (const auto* group : {&configuration_.voters, &configuration_.outgoing, &configuration_.learners}) {
    for (const MemberId id : *group) members_[id].id = id;
  }
  for (auto& [id, member] : members_) Start(member);
}

void Cluster::Start(Member& member) {
  NodeOptions options;
  options.id = member.id;
  options.election_ticks = 5;
  options.append_bytes_max = 20;
  options.inflight_appends_max = 3;
  options.random = [this](uint32_t bound) { return static_cast<uint32_t>(Draw(bound)); };
  options.log = &member.disk;
  InitialState initial;
  initial.hard_state = member.disk.hard_state;
  initial.configuration = configuration_;
  initial.applied = member.disk.applied;
  initial.last_index = member.disk.entries.size();
  initial.last_term = member.disk.entries.empty() ? 0 : member.disk.entries.back().term;
  for (const Entry& entry : member.disk.entries) {
    if (entry.index > initial.applied) initial.entries.push_back(entry);
  }
  member.applied = initial.applied;
  member.node = std::make_unique<Node>(std::move(options), std::move(initial));
}

void Cluster::Crash(Member& member) {
  member.persisting.clear();
  member.reads.clear();
  // The store has flushed some of what was applied.
  member.disk.applied += Draw(member.applied - member.disk.applied + 1);
  Start(member);
}

Cluster::Member& Cluster::Pick() {
  auto member = members_.begin();
  std::advance(member, Draw(members_.size()));
  return member->second;
}

void Cluster::Post(std::vector<Message> messages) {
  for (Message& message : messages) network_.push_back(std::move(message));
}

void Cluster::TakeReady(Member& member) {
  if (!member.node->HasReady()) return;
  Ready ready = member.node->TakeReady();
  Post(std::move(ready.messages));
  Apply(member, ready.committed);
  for (const ReadState& read : ready.read_states) {
    const auto asked = member.reads.find(read.context);
    if (asked == member.reads.end()) continue;  // asked before a crash
    EXPECT_GE(read.index, asked->second) << "a stale read at member " << member.id;
    member.reads.erase(asked);
    ++reads_answered_;
  }
  ready.messages.clear();
  ready.committed.clear();
  member.persisting.push_back(std::move(ready));
  const NodeStatus status = member.node->Status();
  if (status.role == Role::kLeader) {
    const MemberId first = leader_of_term_.emplace(status.hard_state.term, member.id).first->second;
    EXPECT_EQ(first, member.id) << "two leaders of term " << status.hard_state.term;
  }
}

void Cluster::Persist(Member& member) {
  if (member.persisting.empty()) return;
  Ready ready = std::move(member.persisting.front());
  member.persisting.erase(member.persisting.begin());
  if (ready.hard_state.has_value()) member.disk.hard_state = *ready.hard_state;
  if (!ready.entries.empty()) {
    EXPECT_LE(ready.entries.front().index, member.disk.entries.size() + 1);
    member.disk.entries.resize(ready.entries.front().index - 1);
    for (const Entry& entry : ready.entries) member.disk.entries.push_back(entry);
    member.node->Persisted(ready.entries.back().index, ready.entries.back().term);
  }
  Post(std::move(ready.messages_after_persist));
}

void Cluster::Apply(Member& member, const std::vector<Entry>& entries) {
  for (const Entry& entry : entries) {
    ASSERT_EQ(entry.index, member.applied + 1);
    ASSERT_LE(entry.index, member.disk.entries.size()) << "applied and not on disk";
    member.applied = entry.index;
    if (entry.index > history_.size()) history_.push_back(entry);
    const Entry& first = history_[entry.index - 1];
    ASSERT_EQ(entry.term, first.term) << "entry " << entry.index << " differs at member " << member.id;
    ASSERT_EQ(entry.data.view(), first.data.view());
  }
  member.node->Applied(member.applied);
  if (Draw(3) == 0) member.node->Compact(member.applied - Draw(member.applied + 1));
}

void Cluster::Deliver(bool faults) {
  if (network_.empty()) return;
  const size_t which = Draw(3) == 0 ? Draw(network_.size()) : 0;
  Message message = network_[which];
  const bool doubled = faults && Draw(20) == 0;
  if (!doubled) network_.erase(network_.begin() + static_cast<std::ptrdiff_t>(which));
  if (IsCut(message.from, message.to) || (faults && Draw(15) == 0)) return;
  (void)members_[message.to].node->Step(std::move(message));
}

void Cluster::Propose(Member& member) {
  (void)member.node->Propose(base::Buffer::Copy("value " + std::to_string(next_value_++)));
}

void Cluster::Read(Member& member) {
  const uint64_t context = next_read_++;
  if (member.node->ReadIndex(context).ok()) member.reads[context] = history_.size();
}

void Cluster::Step(bool faults) {
  const size_t event = Draw(100);
  if (event < 45) return Deliver(faults);
  Member& member = Pick();
  if (event < 65) return TakeReady(member);
  if (event < 82) return Persist(member);
  if (event < 87) return member.node->Tick();
  if (event < 92) return Propose(member);
  if (event < 94) return Read(member);
  if (event < 95) return (void)member.node->TransferLeadership(Pick().id);
  if (!faults) return;
  if (event < 96) return Crash(member);
  if (event < 97) return (void)cuts_.insert({member.id, Pick().id});
  if (event < 99) cuts_.clear();
}

void Cluster::Settle() {
  cuts_.clear();
  const uint64_t value = next_value_++;
  const std::string last = "value " + std::to_string(value);
  const auto is_done = [&] {
    return !history_.empty() && std::any_of(history_.rbegin(), history_.rend(), [&](const Entry& entry) {
      return entry.data.view() == last;
    }) && std::all_of(members_.begin(), members_.end(), [&](const auto& item) {
      return item.second.applied == history_.size();
    });
  };
  constexpr int kRoundsMax = 3000;
  for (int round = 0; round < kRoundsMax; ++round) {
    if (is_done()) return;
    for (auto& [id, member] : members_) {
      member.node->Tick();
      if (round % 40 == 0 && member.node->role() == Role::kLeader) (void)member.node->Propose(base::Buffer::Copy(last));
      TakeReady(member);
      while (!member.persisting.empty()) Persist(member);
    }
    for (size_t waiting = network_.size(); waiting > 0; --waiting) Deliver(false);
  }
  ADD_FAILURE() << "no progress after the faults have stopped";
}

}  // namespace quorate::raft
