// What a follower makes of its leader's messages: thesis section 3.5.

#include <algorithm>

#include "quorate/base/check.h"
#include "src/raft/core.h"

namespace quorate::raft {

void Core::HearLeader(MemberId leader) {
  QUORATE_CHECK(role_ != Role::kLeader) << "members " << leader << " and " << options_.id << " both lead term "
                                        << term_;
  if (role_ != Role::kFollower || leader_ != leader) BecomeFollower(term_, leader);
  ticks_since_leader_ = 0;
}

void Core::AnswerAppend(Message message) {
  Message answer{.type = MessageType::kAppendResponse, .to = message.from};
  if (message.index < log_.committed()) {
    // Everything up to the commit index agrees; an old message cannot say otherwise.
    answer.index = log_.committed();
    SendAfterPersist(std::move(answer));
    return;
  }
  if (!log_.Holds(message.index, message.log_term)) {
    const Index hint = log_.LastNotAbove(std::min(message.index, log_.last_index()), message.log_term);
    answer.index = message.index;
    answer.reject = true;
    answer.reject_hint = hint;
    answer.log_term = log_.TermOf(hint).value_or(0);
    SendAfterPersist(std::move(answer));
    return;
  }
  const Index last = message.index + message.entries.size();
  log_.Take(std::move(message.entries));
  log_.CommitTo(std::min(message.commit, last));
  answer.index = last;
  SendAfterPersist(std::move(answer));
}

void Core::AnswerHeartbeat(const Message& message) {
  // The leader sends no more than it knows to be held here.
  log_.CommitTo(std::min(message.commit, log_.last_index()));
  SendAfterPersist({.type = MessageType::kHeartbeatResponse, .to = message.from, .context = message.context});
}

}  // namespace quorate::raft
