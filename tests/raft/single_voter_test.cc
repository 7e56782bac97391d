#include <gtest/gtest.h>

#include "quorate/base/errors.h"
#include "tests/raft/play_testing.h"

namespace quorate::raft {
namespace {

NodeOptions Options() {
  NodeOptions options;
  options.id = 1;
  options.random = [](uint32_t bound) { return bound / 2; };
  return options;
}

InitialState Fresh() {
  InitialState initial;
  initial.configuration.voters = {1};
  return initial;
}

Entry MakeEntry(Term term, Index index, const std::string& data) {
  return {.term = term, .index = index, .type = EntryType::kNormal, .data = base::Buffer::Copy(data)};
}

void ExpectPlay(Node& node, const std::string& script) { EXPECT_EQ(Play(node, script), script); }

TEST(SingleVoterTest, LeadsAtOnceAndCommitsWhatIsOnDisk) {
  Node node(Options(), Fresh());
  ExpectPlay(node, R"(
> status
follower 1 leader 0 term 0 vote 0 commit 0 applied 0 last 0
> propose early
etcdserver: no leader
> campaign
> status
leader 1 leader 1 term 1 vote 1 commit 0 applied 0 last 1
> ready
hard state: term 1 vote 1 commit 0
persist: 1/1
sync
> ready
nothing
> persisted
> ready
hard state: term 1 vote 1 commit 1
apply: 1/1
> applied
> status
leader 1 leader 1 term 1 vote 1 commit 1 applied 1 last 1
)");
}

TEST(SingleVoterTest, CampaignsByItselfWhenTheElectionTimeoutIsOver) {
  Node node(Options(), Fresh());
  ExpectPlay(node, R"(
> tick 14
> status
follower 1 leader 0 term 0 vote 0 commit 0 applied 0 last 0
> tick
> status
leader 1 leader 1 term 1 vote 1 commit 0 applied 0 last 1
> tick 100
> campaign
> status
leader 1 leader 1 term 1 vote 1 commit 0 applied 0 last 1
)");
}

TEST(SingleVoterTest, ProposalsMadeWhileTheDiskIsBusyGoOutTogether) {
  Node node(Options(), Fresh());
  ExpectPlay(node, R"(
> campaign
> settle
hard state: term 1 vote 1 commit 0
persist: 1/1
sync
hard state: term 1 vote 1 commit 1
apply: 1/1
> propose a
entry 2
> ready
persist: 1/2 "a"
sync
> propose b
entry 3
> propose c
entry 4
> ready
persist: 1/3 "b" 1/4 "c"
sync
> persisted
> ready
hard state: term 1 vote 1 commit 4
apply: 1/2 "a" 1/3 "b" 1/4 "c"
> applied
> ready
nothing
)");
}

TEST(SingleVoterTest, PersistedOnceCommitsOnlyThatFar) {
  Node node(Options(), Fresh());
  node.Campaign();
  ASSERT_TRUE(node.Propose(base::Buffer::Copy("a")).ok());
  ASSERT_TRUE(node.Propose(base::Buffer::Copy("b")).ok());
  (void)node.TakeReady();
  node.Persisted(2, 1);
  const Ready ready = node.TakeReady();
  ASSERT_EQ(ready.committed.size(), 2u);
  EXPECT_EQ(ready.committed.back().index, 2u);
  EXPECT_FALSE(ready.must_sync) << "only the commit index moved";
}

TEST(SingleVoterTest, ReadsAreServedOnceTheTermHasCommitted) {
  Node node(Options(), Fresh());
  ExpectPlay(node, R"(
> read 7
etcdserver: no leader
> campaign
> read 7
> read 8
> ready
hard state: term 1 vote 1 commit 0
persist: 1/1
sync
> persisted
> ready
hard state: term 1 vote 1 commit 1
apply: 1/1
read 7 at 1
read 8 at 1
> propose a
entry 2
> read 9
> ready
persist: 1/2 "a"
sync
read 9 at 1
> persisted
> read 10
> ready
hard state: term 1 vote 1 commit 2
apply: 1/2 "a"
read 10 at 2
)");
}

TEST(SingleVoterTest, ARestartAppliesWhatWasCommittedAndCommitsTheRestInANewTerm) {
  InitialState initial = Fresh();
  initial.hard_state = {.term = 3, .vote = 1, .commit = 6};
  initial.applied = 5;
  initial.last_index = 7;
  initial.last_term = 3;
  initial.entries = {MakeEntry(2, 6, "six"), MakeEntry(3, 7, "seven")};
  Node node(Options(), initial);
  ExpectPlay(node, R"(
> status
follower 1 leader 0 term 3 vote 1 commit 6 applied 5 last 7
> ready
apply: 2/6 "six"
> applied
> campaign
> settle
hard state: term 4 vote 1 commit 6
persist: 4/8
sync
hard state: term 4 vote 1 commit 8
apply: 3/7 "seven" 4/8
> status
leader 1 leader 1 term 4 vote 1 commit 8 applied 8 last 8
)");
}

TEST(SingleVoterTest, AStoreAheadOfTheHardStateCountsAsCommitted) {
  InitialState initial = Fresh();
  initial.hard_state = {.term = 3, .vote = 1, .commit = 2};
  initial.applied = 5;
  initial.last_index = 5;
  initial.last_term = 3;
  Node node(Options(), initial);
  EXPECT_EQ(node.Status().hard_state.commit, 5u);
  EXPECT_FALSE(node.HasReady());
}

TEST(SingleVoterTest, TheUncommittedTailIsBounded) {
  NodeOptions options = Options();
  options.uncommitted_bytes_max = 10;
  Node node(options, Fresh());
  node.Campaign();
  ASSERT_TRUE(node.Propose(base::Buffer::Copy("larger than the bound")).ok()) << "one proposal always fits";
  EXPECT_EQ(node.Propose(base::Buffer::Copy("x")).status(), base::errors::TooManyRequests());
  const Ready ready = node.TakeReady();
  node.Persisted(ready.entries.back().index, 1);
  EXPECT_TRUE(node.Propose(base::Buffer::Copy("0123456789")).ok());
  EXPECT_EQ(node.Propose(base::Buffer::Copy("x")).status(), base::errors::TooManyRequests());
}

TEST(SingleVoterTest, CommittedEntriesComeInBites) {
  InitialState initial = Fresh();
  initial.hard_state = {.term = 1, .vote = 1, .commit = 3};
  initial.last_index = 3;
  initial.last_term = 1;
  const std::string large(12 << 20, 'x');
  initial.entries = {MakeEntry(1, 1, large), MakeEntry(1, 2, large), MakeEntry(1, 3, "small")};
  Node node(Options(), initial);
  EXPECT_EQ(node.TakeReady().committed.size(), 1u);
  ASSERT_TRUE(node.HasReady());
  EXPECT_EQ(node.TakeReady().committed.size(), 2u);
  EXPECT_FALSE(node.HasReady());
}

class FakeLog final : public LogReader {
 public:
  absl::StatusOr<std::vector<Entry>> Entries(Index begin, Index end, size_t bytes_max) override {
    std::vector<Entry> entries;
    for (Index i = begin; i < end; ++i) entries.push_back(MakeEntry(1, i, "from disk"));
    return entries;
  }
  absl::StatusOr<Term> TermOf(Index index) override { return 1; }
};

TEST(SingleVoterTest, EntriesNotInMemoryAreReadFromTheLog) {
  FakeLog log;
  NodeOptions options = Options();
  options.log = &log;
  InitialState initial = Fresh();
  initial.hard_state = {.term = 1, .vote = 1, .commit = 5};
  initial.applied = 2;
  initial.last_index = 5;
  initial.last_term = 1;
  initial.entries = {MakeEntry(1, 5, "in memory")};
  Node node(options, initial);
  ExpectPlay(node, R"(
> settle
apply: 1/3 "from disk" 1/4 "from disk"
apply: 1/5 "in memory"
)");
}

TEST(SingleVoterTest, CompactionKeepsWhatIsNotAppliedOrNotOnDisk) {
  Node node(Options(), Fresh());
  ExpectPlay(node, R"(
> campaign
> propose a
entry 2
> compact 100
> settle
hard state: term 1 vote 1 commit 0
persist: 1/1 1/2 "a"
sync
hard state: term 1 vote 1 commit 2
apply: 1/1 1/2 "a"
> compact 3
> propose b
entry 3
> settle
persist: 1/3 "b"
sync
hard state: term 1 vote 1 commit 3
apply: 1/3 "b"
> status
leader 1 leader 1 term 1 vote 1 commit 3 applied 3 last 3
)");
}

TEST(SingleVoterTest, AMemberOutsideOfTheConfigurationNeverLeads) {
  InitialState initial;
  Node node(Options(), initial);
  ExpectPlay(node, R"(
> tick 100
> campaign
> status
follower 1 leader 0 term 0 vote 0 commit 0 applied 0 last 0
)");
}

}  // namespace
}  // namespace quorate::raft
