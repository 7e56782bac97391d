#include "src/raft/quorum.h"

#include <algorithm>
#include <set>

namespace quorate::raft {
namespace {

Index MajorityIndex(const std::vector<MemberId>& voters, const std::function<Index(MemberId)>& reached) {
  if (voters.empty()) return 0;
  std::vector<Index> indices;
  indices.reserve(voters.size());
  for (const MemberId voter : voters) indices.push_back(reached(voter));
  // Those from there on have reached as much, and are a majority.
  const auto middle = indices.begin() + static_cast<std::ptrdiff_t>((voters.size() - 1) / 2);
  std::nth_element(indices.begin(), middle, indices.end());
  return *middle;
}

VoteResult CountMajority(const std::vector<MemberId>& voters, const std::map<MemberId, bool>& votes) {
  size_t granted = 0;
  size_t rejected = 0;
  for (const MemberId voter : voters) {
    const auto vote = votes.find(voter);
    if (vote == votes.end()) continue;
    ++(vote->second ? granted : rejected);
  }
  const size_t needed = voters.size() / 2 + 1;
  if (granted >= needed) return VoteResult::kWon;
  return voters.size() - rejected < needed ? VoteResult::kLost : VoteResult::kPending;
}

bool Contains(const std::vector<MemberId>& members, MemberId id) {
  return std::find(members.begin(), members.end(), id) != members.end();
}

}  // namespace

bool IsVoter(const Configuration& configuration, MemberId id) {
  return Contains(configuration.voters, id) || Contains(configuration.outgoing, id);
}

std::vector<MemberId> MembersOf(const Configuration& configuration) {
  std::set<MemberId> members;
  for (const auto* group : {&configuration.voters, &configuration.outgoing, &configuration.learners}) {
    members.insert(group->begin(), group->end());
  }
  return {members.begin(), members.end()};
}

Index QuorumIndex(const Configuration& configuration, const std::function<Index(MemberId)>& reached) {
  const Index incoming = MajorityIndex(configuration.voters, reached);
  if (configuration.outgoing.empty()) return incoming;
  return std::min(incoming, MajorityIndex(configuration.outgoing, reached));
}

VoteResult CountVotes(const Configuration& configuration, const std::map<MemberId, bool>& votes) {
  const VoteResult incoming = CountMajority(configuration.voters, votes);
  if (configuration.outgoing.empty()) return incoming;
  const VoteResult outgoing = CountMajority(configuration.outgoing, votes);
  if (incoming == outgoing) return incoming;
  const bool lost = incoming == VoteResult::kLost || outgoing == VoteResult::kLost;
  return lost ? VoteResult::kLost : VoteResult::kPending;
}

}  // namespace quorate::raft
