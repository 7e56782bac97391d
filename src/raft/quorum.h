#pragma once

// What a configuration takes for agreement: a majority of its voters and, while a joint change is under way, of the
// outgoing ones too (thesis, section 4.3).

#include <functional>
#include <map>
#include <vector>

#include "quorate/raft/types.h"

namespace quorate::raft {

enum class VoteResult { kPending, kWon, kLost };

bool IsVoter(const Configuration& configuration, MemberId id);
// Voters and learners, each once, ascending.
std::vector<MemberId> MembersOf(const Configuration& configuration);

// The highest index that a quorum has reached. An empty configuration has reached none.
Index QuorumIndex(const Configuration& configuration, const std::function<Index(MemberId)>& reached);
// Members not in `votes` have not answered yet.
VoteResult CountVotes(const Configuration& configuration, const std::map<MemberId, bool>& votes);

}  // namespace quorate::raft
