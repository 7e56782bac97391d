// A sync of the log that does not end: who waits is answered in time all the same, once.

#include "tests/replica/replica_testing.h"

namespace quorate::replica {
namespace {

class StalledDisk : public ReplicaTest {
 protected:
  void SetUp() override {
    ReplicaOptions options = Options();
    options.heartbeat_interval = std::chrono::milliseconds(5);
    options.election_timeout = std::chrono::milliseconds(10);
    options.disk_time_allowance = std::chrono::milliseconds(30);
    Start(std::move(options));
    files_.HoldSyncs();
  }
  void TearDown() override { files_.LetSyncsGo(); }

  static std::string MessageOf(std::future<std::vector<Heard>>& answers) {
    return std::string(base::MessageOf(answers.get()[0].status));
  }
};

TEST_F(StalledDisk, WhatIsBeingLoggedAndWhatWaitsBehindItBothTimeOut) {
  auto logged = BeginPut({"logged"}, "v");
  files_.AwaitHeldSync();
  auto queued = BeginPut({"queued"}, "v");
  EXPECT_EQ(MessageOf(logged), "etcdserver: request timed out");
  EXPECT_EQ(MessageOf(queued), "etcdserver: request timed out");
  EXPECT_EQ(replica_->status().proposals_failed, 2u);
  // The one may be done yet and lies in memory, the other will never be.
  EXPECT_EQ(replica_->room().proposals, 1u);
  files_.LetSyncsGo();
  EXPECT_TRUE(Put({"after"}, "v")[0].status.ok());
  EXPECT_EQ(replica_->room().proposals, 0u);
  EXPECT_EQ(CountKeys(), 2u);
}

TEST_F(StalledDisk, EachOfManyInARowTimesOut) {
  auto logged = BeginPut({"logged"}, "v");
  files_.AwaitHeldSync();
  EXPECT_EQ(MessageOf(logged), "etcdserver: request timed out");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(base::MessageOf(Put({"queued"}, "v")[0].status), "etcdserver: request timed out");
  }
}

class FailedSync : public ReplicaTest {};

TEST_F(FailedSync, EverybodyHearsOfIt) {
  Start();
  files_.HoldSyncs();
  auto logged = BeginPut({"logged"}, "v");
  files_.AwaitHeldSync();
  auto queued = BeginPut({"queued"}, "v");
  files_.fails_syncs = true;
  files_.LetSyncsGo();
  EXPECT_EQ(base::MessageOf(logged.get()[0].status), "etcdserver: server stopped");
  EXPECT_EQ(base::MessageOf(queued.get()[0].status), "etcdserver: server stopped");
  EXPECT_EQ(base::MessageOf(Put({"late"}, "v")[0].status), "etcdserver: server stopped");
}

}  // namespace
}  // namespace quorate::replica
