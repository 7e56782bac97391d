#include <gtest/gtest.h>

#include "tests/raft/play_testing.h"

namespace quorate::raft {
namespace {

NodeOptions Options() {
  NodeOptions options;
  options.id = 1;
  options.random = [](uint32_t bound) { return bound / 2; };
  return options;
}

InitialState Fresh(std::vector<MemberId> voters, std::vector<MemberId> learners = {}) {
  InitialState initial;
  initial.configuration.voters = std::move(voters);
  initial.configuration.learners = std::move(learners);
  return initial;
}

// One entry of term 1 and one of term 2, neither known to be committed.
InitialState WithOldEntries() {
  InitialState initial = Fresh({1, 2, 3});
  initial.hard_state = {.term = 2, .vote = 0, .commit = 0};
  initial.last_index = 2;
  initial.last_term = 2;
  initial.entries = {{.term = 1, .index = 1, .type = EntryType::kNormal, .data = base::Buffer::Copy("a")},
                     {.term = 2, .index = 2, .type = EntryType::kNormal, .data = base::Buffer::Copy("b")}};
  return initial;
}

void ExpectPlay(Node& node, const std::string& script) { EXPECT_EQ(Play(node, script), script); }

// The first Ready of a leader of 1, 2 and 3, elected before it was taken.
void ExpectFirstEntryGoesOut(Node& node) {
  ExpectPlay(node, R"(
> ready
hard state: term 1 vote 1 commit 0
persist: 1/1
sync
send pre-vote to 2 term 1
send pre-vote to 3 term 1
send after persist vote to 2 term 1
send after persist vote to 3 term 1
send after persist append to 2 term 1 entries 1/1
send after persist append to 3 term 1 entries 1/1
> persisted
)");
}

TEST(SeveralVotersTest, AnElectionAsksBeforeItDisturbsAndVotesOnlyOnceOnDisk) {
  Node node(Options(), Fresh({1, 2, 3}));
  ExpectPlay(node, R"(
> tick 15
> ready
send pre-vote to 2 term 1
send pre-vote to 3 term 1
> status
pre-candidate 1 leader 0 term 0 vote 0 commit 0 applied 0 last 0
> hear pre-vote-response from 3 term 1
> ready
hard state: term 1 vote 1 commit 0
sync
send after persist vote to 2 term 1
send after persist vote to 3 term 1
> hear vote-response from 2 term 1
> status
leader 1 leader 1 term 1 vote 1 commit 0 applied 0 last 1
)");
}

TEST(SeveralVotersTest, ACandidateThatMostRefuseStaysAFollower) {
  Node node(Options(), Fresh({1, 2, 3}));
  ExpectPlay(node, R"(
> campaign
> hear pre-vote-response from 2 term 0 reject
> status
pre-candidate 1 leader 0 term 0 vote 0 commit 0 applied 0 last 0
> hear pre-vote-response from 3 term 0 reject
> status
follower 1 leader 0 term 0 vote 0 commit 0 applied 0 last 0
)");
}

TEST(SeveralVotersTest, AVoteGoesToOneCandidateATermAndOnlyToALogAsGood) {
  Node node(Options(), WithOldEntries());
  ExpectPlay(node, R"(
> hear vote from 2 term 3 index 5 log-term 1
> ready
hard state: term 3 vote 0 commit 0
sync
send after persist vote-response to 2 term 3 reject
> hear vote from 3 term 3 index 2 log-term 2
> ready
hard state: term 3 vote 3 commit 0
sync
send after persist vote-response to 3 term 3
> hear vote from 2 term 3 index 9 log-term 2
> ready
send after persist vote-response to 2 term 3 reject
)");
}

TEST(SeveralVotersTest, WhileALeaderIsHeardNoElectionIsJoined) {
  Node node(Options(), WithOldEntries());
  ExpectPlay(node, R"(
> hear heartbeat from 2 term 2
> ready
send after persist heartbeat-response to 2 term 2
> tick 9
> hear vote from 3 term 7 index 9 log-term 6
> hear pre-vote from 3 term 8 index 9 log-term 6
> ready
nothing
> hear vote from 3 term 7 index 9 log-term 6 context 1
> ready
hard state: term 7 vote 3 commit 0
sync
send after persist vote-response to 3 term 7
)");
}

TEST(SeveralVotersTest, AnEntryOfAnEarlierTermIsNotCommittedByCounting) {
  Node node(Options(), WithOldEntries());
  ExpectPlay(node, R"(
> campaign
> hear pre-vote-response from 2 term 3
> hear vote-response from 2 term 3
> ready
hard state: term 3 vote 1 commit 0
persist: 3/3
sync
send pre-vote to 2 term 3 index 2 log-term 2
send pre-vote to 3 term 3 index 2 log-term 2
send after persist vote to 2 term 3 index 2 log-term 2
send after persist vote to 3 term 3 index 2 log-term 2
send after persist append to 2 term 3 index 2 log-term 2 entries 3/3
send after persist append to 3 term 3 index 2 log-term 2 entries 3/3
> persisted
> hear append-response from 2 term 3 index 2
> status
leader 1 leader 1 term 3 vote 1 commit 0 applied 0 last 3
> hear append-response from 2 term 3 index 3
> status
leader 1 leader 1 term 3 vote 1 commit 3 applied 0 last 3
)");
}

TEST(SeveralVotersTest, AFollowerKeepsWhatAgreesAndCutsWhatDoesNot) {
  Node node(Options(), WithOldEntries());
  ExpectPlay(node, R"(
> hear append from 2 term 4 index 5 log-term 3
> ready
hard state: term 4 vote 0 commit 0
sync
send after persist append-response to 2 term 4 index 5 log-term 2 hint 2 reject
> hear append from 2 term 4 index 1 log-term 1 commit 2 entries 3/c 4/d
> ready
hard state: term 4 vote 0 commit 2
persist: 3/2 "c" 4/3 "d"
sync
send after persist append-response to 2 term 4 index 3
apply: 1/1 "a"
> persisted
> ready
apply: 3/2 "c"
> hear append from 2 term 4 index 1 log-term 1 commit 3 entries 3/c
> ready
send after persist append-response to 2 term 4 index 2
> hear heartbeat from 2 term 4 commit 3
> ready
hard state: term 4 vote 0 commit 3
send after persist heartbeat-response to 2 term 4
apply: 4/3 "d"
)");
}

TEST(SeveralVotersTest, ASoleVoterWithALearnerSendsNothingBeforeItsTermIsOnDisk) {
  Node node(Options(), Fresh({1}, {2}));
  ExpectPlay(node, R"(
> campaign
> propose a
entry 2
> ready
hard state: term 1 vote 1 commit 0
persist: 1/1 1/2 "a"
sync
send after persist append to 2 term 1 entries 1/1
> hear append-response from 2 term 1 index 1
> ready
send after persist append to 2 term 1 index 1 log-term 1 entries 1/2 "a"
> persisted
> propose b
entry 3
> ready
hard state: term 1 vote 1 commit 2
persist: 1/3 "b"
sync
send append to 2 term 1 index 2 log-term 1 commit 2
send append to 2 term 1 index 2 log-term 1 commit 2 entries 1/3 "b"
apply: 1/1 1/2 "a"
)");
}

TEST(SeveralVotersTest, ALeaderThatLosesItsQuorumStepsDown) {
  Node node(Options(), Fresh({1, 2, 3}));
  node.Campaign();
  ExpectPlay(node, R"(
> hear pre-vote-response from 2 term 1
> hear vote-response from 2 term 1
> hear heartbeat-response from 3 term 1
> tick 10
> status
leader 1 leader 1 term 1 vote 1 commit 0 applied 0 last 1
> tick 10
> status
follower 1 leader 0 term 1 vote 1 commit 0 applied 0 last 1
)");
}

TEST(SeveralVotersTest, OneRoundOfHeartbeatsConfirmsAllReadsThatWaitForIt) {
  Node node(Options(), Fresh({1, 2, 3}));
  node.Campaign();
  ExpectPlay(node, R"(
> hear pre-vote-response from 2 term 1
> hear vote-response from 2 term 1
)");
  ExpectFirstEntryGoesOut(node);
  ExpectPlay(node, R"(
> hear append-response from 2 term 1 index 1
> ready
hard state: term 1 vote 1 commit 1
send append to 2 term 1 index 1 log-term 1 commit 1
apply: 1/1
> read 70
> ready
send heartbeat to 2 term 1 commit 1 context 2
send heartbeat to 3 term 1 context 2
> read 71
> hear read-index from 3 term 1 context 9
> ready
nothing
> hear heartbeat-response from 2 term 1 context 2
> ready
send heartbeat to 2 term 1 commit 1 context 3
send heartbeat to 3 term 1 context 3
read 70 at 1
> hear heartbeat-response from 2 term 1 context 3
> ready
send read-index-response to 3 term 1 index 1 context 9
read 71 at 1
)");
}

TEST(SeveralVotersTest, LeadershipIsHandedToAVoterThatHasEverything) {
  Node node(Options(), Fresh({1, 2, 3}));
  node.Campaign();
  ExpectPlay(node, R"(
> hear pre-vote-response from 2 term 1
> hear vote-response from 2 term 1
> transfer 9
etcdserver: bad leader transferee
> transfer 3
> propose late
etcdserver: no leader
)");
  ExpectFirstEntryGoesOut(node);
  ExpectPlay(node, R"(
> hear append-response from 3 term 1 index 1
> ready
hard state: term 1 vote 1 commit 1
send append to 3 term 1 index 1 log-term 1 commit 1
send timeout-now to 3 term 1
apply: 1/1
> hear vote from 3 term 2 index 1 log-term 1 context 1
> ready
hard state: term 2 vote 3 commit 1
sync
send after persist vote-response to 3 term 2
)");
}

TEST(SeveralVotersTest, AFollowerForwardsProposalsAndReads) {
  Node node(Options(), Fresh({1, 2, 3}));
  ExpectPlay(node, R"(
> propose x
etcdserver: no leader
> hear heartbeat from 2 term 1
> ready
hard state: term 1 vote 0 commit 0
sync
send after persist heartbeat-response to 2 term 1
> propose x
entry 0
> read 5
> ready
send propose to 2 term 1 entries 0/0 "x"
send read-index to 2 term 1 context 5
> hear read-index-response from 2 term 1 index 8 context 5
> ready
read 5 at 8
> hear heartbeat from 99 term 1
a message from member 99, which is not in the configuration
)");
}

}  // namespace
}  // namespace quorate::raft
