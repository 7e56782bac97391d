#include <functional>

#include "tests/raft/cluster_testing.h"
#include "tests/seeded/seeds.h"

namespace quorate::raft {
namespace {

void ForEachSeed(uint64_t count, const std::function<void(uint64_t)>& run) {
  const auto [first, last] = Seeds(count);
  for (uint64_t seed = first; seed <= last && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    run(seed);
  }
}

struct Tally {
  size_t runs = 0;
  size_t applied = 0;
  size_t reads = 0;
  size_t leaders = 0;

  void Add(const Cluster& cluster) {
    ++runs;
    applied += cluster.applied_count();
    reads += cluster.reads_answered();
    leaders += cluster.leaders_seen();
  }
};

void RunCluster(uint64_t seed, const Configuration& configuration, Tally* tally) {
  Cluster cluster(seed, configuration);
  for (int i = 0; i < 6000 && !testing::Test::HasFailure(); ++i) cluster.Step(i % 2000 < 1500);
  cluster.Settle();
  tally->Add(cluster);
}

TEST(ClusterTest, ThreeVotersAgreeThroughEveryFault) {
  Tally tally;
  ForEachSeed(100, [&](uint64_t seed) {
    RunCluster(seed, {.voters = {1, 2, 3}, .outgoing = {}, .learners = {}}, &tally);
  });
  EXPECT_GT(tally.applied, 20 * tally.runs) << "the faults leave no room for work";
  EXPECT_GT(tally.reads, 5 * tally.runs);
  EXPECT_GT(tally.leaders, 2 * tally.runs);
}

TEST(ClusterTest, FiveVotersAndALearnerAgree) {
  Tally tally;
  ForEachSeed(40, [&](uint64_t seed) {
    RunCluster(seed, {.voters = {1, 2, 3, 4, 5}, .outgoing = {}, .learners = {6}}, &tally);
  });
  EXPECT_GT(tally.applied, 10 * tally.runs);
}

TEST(ClusterTest, ASoleVoterAndItsLearnerAgree) {
  Tally tally;
  ForEachSeed(40, [&](uint64_t seed) { RunCluster(seed, {.voters = {1}, .outgoing = {}, .learners = {2}}, &tally); });
  EXPECT_GT(tally.applied, 10 * tally.runs);
}

TEST(ClusterTest, AJointConfigurationNeedsBothMajorities) {
  Tally tally;
  ForEachSeed(40, [&](uint64_t seed) {
    RunCluster(seed, {.voters = {1, 2, 3}, .outgoing = {3, 4, 5}, .learners = {}}, &tally);
  });
  EXPECT_GT(tally.applied, 10 * tally.runs);
}

}  // namespace
}  // namespace quorate::raft
