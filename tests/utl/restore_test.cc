#include "quorate/utl/restore.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <random>

#include "etcdserverpb/rpc.pb.h"
#include "quorate/base/file_system.h"
#include "quorate/base/logging.h"
#include "quorate/lease/leases.h"
#include "quorate/mvcc/hash.h"
#include "quorate/mvcc/import.h"
#include "quorate/replica/replica.h"
#include "quorate/replica/stopped_member.h"
#include "tests/base/files_testing.h"
#include "tests/utl/snapshot_testing.h"

namespace quorate::utl {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string kAll("\0", 1);

class RestoreTest : public testing::Test {
 protected:
  RestoreTest() {
    base::LoggingOptions logging;
    logging.level = base::LogLevel::kError;
    EXPECT_TRUE(base::SetUpLogging(logging).ok());
    options_.snapshot = directory_.path() + "/snapshot.db";
    options_.member.data_dir = directory_.path() + "/data";
    options_.member.name = "one";
    options_.member.cluster_token = "token";
    options_.member.initial_cluster = {{"one", "http://127.0.0.1:2380"}};
  }

  // What is there beside the snapshot.
  std::vector<std::string> Left() {
    std::vector<std::string> left = AllIn(directory_.path());
    std::erase(left, "snapshot.db");
    return left;
  }
  absl::StatusOr<Restored> Restore(const SnapshotFile& snapshot, bool trailer = true) {
    snapshot.Write(options_.snapshot, trailer);
    return RestoreSnapshot(options_);
  }
  // The member as a server opens it at its next start.
  absl::StatusOr<std::unique_ptr<replica::Replica>> OpenMember() {
    replica::ReplicaOptions options;
    options.data_dir = options_.member.data_dir;
    options.wal_dir = options_.member.wal_dir;
    options.name = options_.member.name;
    options.cluster_token = options_.member.cluster_token;
    options.initial_cluster = options_.member.initial_cluster;
    return replica::Replica::Open(options);
  }
  etcdserverpb::RangeResponse List(replica::Replica& member, int64_t revision = 0) {
    mvcc::RangeRequest request;
    request.key = request.range_end = kAll;
    request.revision = revision;
    etcdserverpb::RangeResponse response;
    const auto answer = member.store().View().Range(request);
    EXPECT_TRUE(answer.ok()) << answer.status();
    const bool parsed = answer.ok() && response.ParseFromString(answer->body.ToString());
    EXPECT_TRUE(parsed);
    return response;
  }

  base::TemporaryDirectory directory_;
  RestoreOptions options_;
};

SnapshotFile SmallSnapshot() {
  SnapshotFile snapshot;
  snapshot.Put({2, 0}, "a", "1", 2, 1);
  snapshot.Put({3, 0}, "b", "2", 3, 1, 77);
  snapshot.Put({3, 1}, "c", "", 3, 1);
  snapshot.Put({4, 0}, "a", "3", 2, 2);
  snapshot.Delete({5, 0}, "c");
  snapshot.Lease(77, 600);
  snapshot.Lease(-5, 60);
  return snapshot;
}

TEST_F(RestoreTest, KeepsHistoryAndLeases) {
  const auto restored = Restore(SmallSnapshot());
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_EQ(restored->revision, 5);
  EXPECT_EQ(restored->compacted_revision, -1);
  EXPECT_EQ(restored->keys, 2u);
  EXPECT_EQ(restored->changes, 5u);
  EXPECT_EQ(restored->leases, 2u);

  const auto member = OpenMember();
  ASSERT_TRUE(member.ok()) << member.status();
  EXPECT_EQ((*member)->store().revision(), 5);
  const auto now = List(**member);
  ASSERT_EQ(now.kvs_size(), 2);
  EXPECT_EQ(now.kvs(0).value(), "3");
  EXPECT_EQ(now.kvs(0).version(), 2);
  EXPECT_EQ(now.kvs(1).lease(), 77);
  EXPECT_EQ(List(**member, 3).kvs_size(), 3);
  std::vector<std::pair<int64_t, int64_t>> leases;
  ASSERT_TRUE(lease::VisitStoredLeases((*member)->database(), nullptr, [&leases](int64_t id, int64_t ttl) {
                leases.emplace_back(id, ttl);
              }).ok());
  EXPECT_THAT(leases, ElementsAre(std::pair(77, 600), std::pair(-5, 60)));
}

TEST_F(RestoreTest, TheMemberIsTheOneThatTheFlagsName) {
  options_.member.initial_cluster = {{"two", "http://127.0.0.2:2380"}, {"one", "http://127.0.0.1:2380"}};
  ASSERT_TRUE(Restore(SmallSnapshot()).ok());
  using replica::StoppedMember;
  auto stopped = StoppedMember::Open(options_.member.data_dir, StoppedMember::Mode::kReadOnly, std::chrono::seconds(1));
  ASSERT_TRUE(stopped.ok()) << stopped.status();
  const auto cluster = membership::Load(stopped->database());
  ASSERT_TRUE(cluster.ok() && cluster->has_value());
  const uint64_t self = membership::ComputeMemberId({"http://127.0.0.1:2380"}, "token");
  const uint64_t other = membership::ComputeMemberId({"http://127.0.0.2:2380"}, "token");
  EXPECT_EQ((*cluster)->self, self);
  EXPECT_EQ((*cluster)->id, membership::ComputeClusterId({self, other}));
  ASSERT_NE((*cluster)->Find(other), nullptr);
  EXPECT_EQ((*cluster)->Find(other)->name, "two");
  // As if each member had been added by an entry of the log.
  EXPECT_EQ(stopped->database().durable_mark(), 2u);
}

TEST_F(RestoreTest, AStartOfOneOfSeveralSaysWhoseTheDataIs) {
  options_.member.initial_cluster = {{"two", "http://127.0.0.2:2380"}, {"one", "http://127.0.0.1:2380"}};
  ASSERT_TRUE(Restore(SmallSnapshot()).ok());
  EXPECT_THAT(OpenMember().status().ToString(), HasSubstr("belongs to a cluster of 2 members"));
}

TEST_F(RestoreTest, AStartWithAnotherNameOrTokenIsRefused) {
  ASSERT_TRUE(Restore(SmallSnapshot()).ok());
  options_.member.name = "two";
  EXPECT_THAT(OpenMember().status().ToString(), HasSubstr("belongs to member \"one\""));
}

TEST_F(RestoreTest, RaisesTheRevisionAndCompactsUpToIt) {
  options_.bump_revision = 1000;
  const auto restored = Restore(SmallSnapshot());
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_EQ(restored->revision, 1005);
  EXPECT_EQ(restored->compacted_revision, 1005);
  const auto member = OpenMember();
  ASSERT_TRUE(member.ok()) << member.status();
  EXPECT_EQ((*member)->store().revision(), 1005);
  EXPECT_EQ((*member)->store().compacted_revision(), 1005);
  EXPECT_EQ(List(**member).kvs_size(), 2);
}

TEST_F(RestoreTest, ARaiseBeyondAllRevisionsIsRefused) {
  // The snapshot is at 5.
  for (const uint64_t bump : {UINT64_MAX, static_cast<uint64_t>(mvcc::kImportedRevisionMax - 4)}) {
    options_.bump_revision = bump;
    const absl::Status refused = Restore(SmallSnapshot()).status();
    EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(refused.ToString(), HasSubstr("cannot be raised"));
    EXPECT_THAT(Left(), ElementsAre());
  }
  options_.bump_revision = mvcc::kImportedRevisionMax - 5;
  EXPECT_TRUE(Restore(SmallSnapshot()).ok());
  EXPECT_TRUE(OpenMember().ok());
}

TEST_F(RestoreTest, TheStoreIsAtTheCompactedRevisionWhenNothingLaterIsLeft) {
  SnapshotFile snapshot;
  snapshot.Put({7, 0}, "a", "1", 3, 4);
  snapshot.Compacted(20, 20);
  const auto restored = Restore(snapshot);
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_EQ(restored->revision, 20);
  const auto member = OpenMember();
  ASSERT_TRUE(member.ok());
  EXPECT_EQ((*member)->store().revision(), 20);
  EXPECT_EQ((*member)->store().compacted_revision(), 20);
}

TEST_F(RestoreTest, RaisedAlarmsStayRaised) {
  SnapshotFile snapshot = SmallSnapshot();
  snapshot.Alarm(0xabc, 1);
  const auto restored = Restore(snapshot);
  ASSERT_TRUE(restored.ok()) << restored.status();
  const replica::Alarm alarm{replica::AlarmType::kNoSpace, 0xabc};
  EXPECT_THAT(restored->alarms, ElementsAre(alarm));
  const auto member = OpenMember();
  ASSERT_TRUE(member.ok());
  EXPECT_THAT((*member)->alarms(), ElementsAre(alarm));
}

TEST_F(RestoreTest, AnAlarmWithoutATypeIsRefused) {
  for (const std::string_view key : {std::string_view("\x10\0", 2), std::string_view("\x08\0", 2),
                                     std::string_view("\x18\x01"), std::string_view("\x08\x05")}) {
    SnapshotFile snapshot = SmallSnapshot();
    snapshot.Raw("alarm", std::string(key), "");
    const absl::Status refused = Restore(snapshot).status();
    EXPECT_EQ(refused.code(), absl::StatusCode::kDataLoss) << refused;
    EXPECT_THAT(refused.ToString(), HasSubstr(options_.snapshot + ": an alarm is malformed"));
    EXPECT_THAT(Left(), ElementsAre());
  }
}

TEST_F(RestoreTest, ASnapshotWithAuthenticationOnIsRefused) {
  SnapshotFile snapshot = SmallSnapshot();
  snapshot.Raw("auth", "authEnabled", "\x01");
  const absl::Status refused = Restore(snapshot).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(refused.ToString(), HasSubstr("authentication is on"));
  EXPECT_THAT(Left(), ElementsAre());
}

TEST_F(RestoreTest, UsersWithoutAuthenticationAreCounted) {
  SnapshotFile snapshot = SmallSnapshot();
  snapshot.Raw("auth", "authEnabled", std::string(1, '\0'));
  snapshot.Raw("authUsers", "root", "");
  snapshot.Raw("authRoles", "root", "");
  EXPECT_EQ(Restore(snapshot)->dropped_users_and_roles, 2u);
}

TEST_F(RestoreTest, ACopyOfADatabaseFileNeedsToBeAskedFor) {
  EXPECT_THAT(Restore(SmallSnapshot(), /*trailer=*/false).status().ToString(), HasSubstr(options_.snapshot));
  EXPECT_THAT(Left(), ElementsAre());
  options_.skip_hash_check = true;
  EXPECT_TRUE(Restore(SmallSnapshot(), /*trailer=*/false).ok());
}

TEST_F(RestoreTest, ALogDirectoryOfItsOwnIsMade) {
  options_.member.wal_dir = directory_.path() + "/deep/wal";
  ASSERT_TRUE(Restore(SmallSnapshot()).ok());
  EXPECT_FALSE(fs::exists(options_.member.data_dir + "/member/wal"));
  EXPECT_TRUE(OpenMember().ok());
}

TEST_F(RestoreTest, TheLogsPlaceInsideTheMemberMayBeSpelledOut) {
  for (const std::string wal : {"/member/wal", "/../data/member/wal/"}) {
    options_.member.wal_dir = options_.member.data_dir + wal;
    ASSERT_TRUE(Restore(SmallSnapshot()).ok());
    EXPECT_TRUE(OpenMember().ok());
    fs::remove_all(options_.member.data_dir);
  }
}

TEST_F(RestoreTest, ALogThatOverlapsWithTheDataIsRefused) {
  for (const std::string wal : {"", "/member", "/member/store", "/member/wal/deeper", "/member.restoring/wal"}) {
    options_.member.wal_dir = options_.member.data_dir + wal;
    EXPECT_THAT(Restore(SmallSnapshot()).status().ToString(), HasSubstr("overlaps")) << wal;
    EXPECT_THAT(Left(), ElementsAre());
  }
}

TEST_F(RestoreTest, ALogThatAnotherRestoreIsMakingIsLeftAlone) {
  options_.member.wal_dir = directory_.path() + "/wal";
  const std::string unfinished = options_.member.wal_dir + ".restoring";
  fs::create_directories(unfinished);
  WriteBytes(unfinished + "/0.wal", "theirs");
  auto lock = base::FileLock::Acquire(unfinished + "/restoring.lock");
  ASSERT_TRUE(lock.ok());
  EXPECT_EQ(Restore(SmallSnapshot()).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(Left(), ElementsAre("wal.restoring", "wal.restoring/0.wal", "wal.restoring/restoring.lock"));
  // Killed, it leaves what is in nobody's way.
  lock->reset();
  ASSERT_TRUE(Restore(SmallSnapshot()).ok());
  EXPECT_FALSE(fs::exists(unfinished));
  EXPECT_FALSE(fs::exists(options_.member.wal_dir + "/0.wal"));
  EXPECT_TRUE(OpenMember().ok());
}

TEST_F(RestoreTest, WhatIsThereAlreadyIsNotTouched) {
  fs::create_directories(options_.member.data_dir);
  WriteBytes(options_.member.data_dir + "/mine", "");
  EXPECT_EQ(base::MessageOf(Restore(SmallSnapshot()).status()),
            "data-dir \"" + options_.member.data_dir + "\" not empty or could not be read");
  EXPECT_THAT(Left(), ElementsAre("data", "data/mine"));

  options_.member.data_dir = directory_.path() + "/other";
  options_.member.wal_dir = directory_.path() + "/data";
  EXPECT_EQ(base::MessageOf(Restore(SmallSnapshot()).status()), "wal-dir \"" + options_.member.wal_dir + "\" exists");
  EXPECT_THAT(Left(), ElementsAre("data", "data/mine"));
}

TEST_F(RestoreTest, AnEmptyDirectoryIsFilled) {
  fs::create_directories(options_.member.data_dir);
  EXPECT_TRUE(Restore(SmallSnapshot()).ok());
  EXPECT_TRUE(OpenMember().ok());
}

TEST_F(RestoreTest, AnEmptyDirectoryStaysWhenTheRestoreFails) {
  fs::create_directories(options_.member.data_dir);
  WriteBytes(options_.snapshot, "not a snapshot");
  EXPECT_FALSE(RestoreSnapshot(options_).ok());
  EXPECT_THAT(Left(), ElementsAre("data"));
}

TEST_F(RestoreTest, WhatAKilledRestoreLeftIsReplaced) {
  const std::string unfinished = options_.member.data_dir + "/member.restoring";
  fs::create_directories(unfinished + "/store");
  WriteBytes(unfinished + "/store/CURRENT", "half of it");
  WriteBytes(unfinished + "/lock", "");
  EXPECT_THAT(OpenMember().status().ToString(), HasSubstr("holds a restore that was not finished"));
  ASSERT_TRUE(Restore(SmallSnapshot()).ok());
  EXPECT_FALSE(fs::exists(unfinished));
  EXPECT_TRUE(OpenMember().ok());
}

TEST_F(RestoreTest, ARestoreThatRunsIsLeftAlone) {
  const std::string unfinished = options_.member.data_dir + "/member.restoring";
  fs::create_directories(unfinished);
  const auto lock = base::FileLock::Acquire(unfinished + "/lock");
  ASSERT_TRUE(lock.ok());
  EXPECT_EQ(Restore(SmallSnapshot()).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(fs::exists(unfinished + "/lock"));
}

TEST_F(RestoreTest, DamagedAndForeignFilesLeaveNothing) {
  const std::string good = SmallSnapshot().Bytes();
  std::mt19937 random(20261121);
  std::vector<std::pair<std::string, std::string>> files = {
      {"empty", ""},
      {"foreign", "#!/bin/sh\necho this is no database\n"},
      {"zeros", std::string(good.size(), '\0')},
      {"trailer cut", good.substr(0, good.size() - 7)},
      {"page cut", good.substr(0, good.size() - 4096)},
      {"one page", good.substr(0, 4096)},
      {"doubled", good + good},
  };
  for (int i = 0; i < 12; ++i) {
    std::string flipped = good;
    const size_t at = random() % flipped.size();
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << random() % 8));
    files.emplace_back("flipped at " + std::to_string(at), flipped);
  }
  for (const auto& [what, bytes] : files) {
    SCOPED_TRACE(what);
    WriteBytes(options_.snapshot, bytes);
    const absl::Status status = RestoreSnapshot(options_).status();
    EXPECT_FALSE(status.ok());
    EXPECT_THAT(status.ToString(), HasSubstr(options_.snapshot));
    EXPECT_THAT(Left(), ElementsAre());
  }
}

TEST_F(RestoreTest, ContradictionsInTheHistoryLeaveNothing) {
  SnapshotFile snapshot = SmallSnapshot();
  snapshot.Put({9, 0}, "a", "1", 12, 1);
  const absl::Status status = Restore(snapshot).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(status.ToString(), HasSubstr(options_.snapshot + ": the change at revision 9/0"));
  EXPECT_THAT(Left(), ElementsAre());
}

TEST_F(RestoreTest, ANameThatIsNotInTheClusterIsRefused) {
  options_.member.name = "three";
  EXPECT_EQ(base::MessageOf(Restore(SmallSnapshot()).status()),
            "couldn't find local name \"three\" in the initial cluster configuration");
  EXPECT_THAT(Left(), ElementsAre());
}

}  // namespace
}  // namespace quorate::utl
