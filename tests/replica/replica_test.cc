// One member end to end below the API: proposals in, answers out, over restarts and a disk that fills up.

#include <atomic>
#include <filesystem>
#include <optional>
#include <thread>

#include "src/replica/identity_file.h"
#include "src/replica/member_files.h"
#include "tests/replica/replica_testing.h"

namespace quorate::replica {
namespace {

TEST_F(ReplicaTest, AnswersInOrderWithAscendingRevisions) {
  Start();
  std::vector<Heard> heard = Put({"a", "b", "c", "d", "e", "f"}, "v");
  ASSERT_EQ(heard.size(), 6u);
  for (size_t i = 0; i < heard.size(); ++i) {
    EXPECT_TRUE(heard[i].status.ok()) << heard[i].status;
    EXPECT_EQ(heard[i].revision, static_cast<int64_t>(i) + 2);
    EXPECT_EQ(heard[i].term, replica_->term());
  }
  EXPECT_EQ(Put({"a"}, "w")[0].revision, 8);
  EXPECT_TRUE(replica_->CanReadNow());
  EXPECT_EQ(CountKeys(), 6u);
}

TEST_F(ReplicaTest, KeepsStateAndRaisesTermOverRestarts) {
  uint64_t term = 0;
  for (int round = 0; round < 4; ++round) {
    Start();
    EXPECT_GT(replica_->term(), term);
    term = replica_->term();
    EXPECT_EQ(CountKeys(), static_cast<uint64_t>(round) * 10);
    for (int i = 0; i < 10; ++i) {
      EXPECT_EQ(Put({std::to_string(round) + "/" + std::to_string(i)}, "v")[0].revision, 2 + round * 10 + i);
    }
    replica_.reset();
  }
}

TEST_F(ReplicaTest, PublishesItsClientUrlsOnce) {
  Start();
  ASSERT_EQ(replica_->cluster().members.size(), 1u);
  EXPECT_EQ(replica_->cluster().members[0].client_urls, Options().advertise_client_urls);
  uint64_t applied = replica_->status().applied_index;
  replica_.reset();
  Start();
  EXPECT_EQ(replica_->cluster().members[0].client_urls, Options().advertise_client_urls);
  // Only the new term's first entry came.
  EXPECT_EQ(replica_->status().applied_index, applied + 1);
}

TEST_F(ReplicaTest, AnswersEveryProposalOfManyThreads) {
  Start();
  constexpr int kThreads = 4, kRounds = 200, kBatch = 7;
  std::atomic<int> answered{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int round = 0; round < kRounds; ++round) {
        std::vector<std::string> keys;
        for (int i = 0; i < kBatch; ++i) {
          keys.push_back(std::to_string(thread) + "/" + std::to_string(round) + "/" + std::to_string(i));
        }
        for (const Heard& heard : Put(keys, "v")) answered += heard.status.ok();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(answered.load(), kThreads * kRounds * kBatch);
  EXPECT_EQ(replica_->store().revision(), 1 + kThreads * kRounds * kBatch);
  EXPECT_EQ(CountKeys(), static_cast<uint64_t>(kThreads * kRounds * kBatch));
}

TEST_F(ReplicaTest, RefusesWritesWhileTheDiskIsFullAndGoesOnAfter) {
  Start();
  EXPECT_TRUE(Put({"before"}, "v")[0].status.ok());
  files_.full = true;
  absl::Status first = Put({"during"}, std::string(1000, 'x'))[0].status;
  EXPECT_EQ(first.code(), absl::StatusCode::kUnavailable) << first;
  absl::Status second = Put({"during too"}, "v")[0].status;
  EXPECT_EQ(second.code(), absl::StatusCode::kResourceExhausted) << second;
  EXPECT_FALSE(replica_->status().trouble.ok());
  EXPECT_TRUE(replica_->CanReadNow());
  EXPECT_EQ(CountKeys(), 1u);
  files_.full = false;
  // What was logged takes effect once there is space.
  while (!replica_->status().trouble.ok()) std::this_thread::yield();
  EXPECT_TRUE(Put({"after"}, "v")[0].status.ok());
  EXPECT_EQ(CountKeys(), 3u);
  replica_.reset();
  Start();
  EXPECT_EQ(CountKeys(), 3u);
}

TEST_F(ReplicaTest, ALeaseIsNotRenewedAtARevisionThatDoesNotHaveIt) {
  std::vector<lease::Lessor::Renewal::Outcome> renewed;
  ReplicaOptions options = Options();
  options.store.on_commit = [&](const std::vector<mvcc::Event>& events) {
    if (events.back().deleted) renewed.push_back(replica_->lessor().Renew(7).outcome);
  };
  Start(std::move(options));
  EXPECT_TRUE(Do(CommandType::kLeaseGrant, lease::Encode(lease::GrantRequest{7, 100})).ok());
  std::string put = PutRequestBytes("k", "v");
  base::wire::AppendInt64Field(&put, 3, 7);
  EXPECT_TRUE(Do(CommandType::kPut, put).ok());
  EXPECT_EQ(replica_->lessor().Renew(7).outcome, lease::Lessor::Renewal::Outcome::kRenewed);
  EXPECT_TRUE(Do(CommandType::kLeaseRevoke, lease::Encode(lease::RevokeRequest{7})).ok());
  EXPECT_EQ(renewed, std::vector{lease::Lessor::Renewal::Outcome::kExpired});
  EXPECT_EQ(replica_->lessor().Renew(7).outcome, lease::Lessor::Renewal::Outcome::kNotFound);
}

TEST_F(ReplicaTest, StoppedAnswersServerStopped) {
  Start();
  replica_->Stop();
  EXPECT_EQ(base::MessageOf(Put({"late"}, "v")[0].status), "etcdserver: server stopped");
}

TEST_F(ReplicaTest, StoppedBeforeItIsReadyItLeavesWhatTheLogHasToTheNextStart) {
  auto replica = Replica::Open(Options());
  ASSERT_TRUE(replica.ok()) << replica.status();
  replica_ = *std::move(replica);
  // The log has something to execute once this sync ends, the first entry of the term.
  files_.HoldSyncs();
  replica_->Start([] { ADD_FAILURE() << "ready"; }, [](const absl::Status& status) { ADD_FAILURE() << status; });
  std::thread stopping([this] { replica_->Stop(); });
  std::atomic<bool> stopped{false};
  while (!stopped) {
    // Answered at once only when it is refused.
    replica_->ConfirmRead([&](const absl::Status&) { stopped = true; });
    std::this_thread::yield();
  }
  files_.LetSyncsGo();
  stopping.join();
  EXPECT_EQ(replica_->status().applied_index, 0u);
  replica_.reset();
  Start();
  EXPECT_GT(replica_->status().applied_index, 0u);
}

TEST_F(ReplicaTest, ConfirmsReadsOnlyOnceThePastIsExecuted) {
  auto replica = Replica::Open(Options());
  ASSERT_TRUE(replica.ok()) << replica.status();
  replica_ = *std::move(replica);
  EXPECT_FALSE(replica_->CanReadNow());
  std::promise<absl::Status> confirmed;
  replica_->ConfirmRead([&](absl::Status status) { confirmed.set_value(status); });
  std::promise<void> ready;
  replica_->Start([&] { ready.set_value(); }, [](const absl::Status&) {});
  EXPECT_TRUE(confirmed.get_future().get().ok());
  ready.get_future().wait();
}

// --- Starting on data that does not fit: one line, and nothing changed.

absl::Status OpenStatus(ReplicaOptions options) { return Replica::Open(std::move(options)).status(); }

TEST_F(ReplicaTest, RefusesASecondProcessOnTheSameData) {
  Start();
  absl::Status second = OpenStatus(Options());
  EXPECT_EQ(second.code(), absl::StatusCode::kFailedPrecondition) << second;
}

TEST_F(ReplicaTest, RefusesAnotherNameOrToken) {
  Start();
  replica_.reset();
  ReplicaOptions other = Options();
  other.name = "m2";
  other.initial_cluster = {{"m2", "http://127.0.0.1:2380"}};
  EXPECT_NE(base::MessageOf(OpenStatus(other)).find("--name"), std::string_view::npos);
  other = Options();
  other.cluster_token = "other";
  EXPECT_NE(base::MessageOf(OpenStatus(other)).find("--initial-cluster-token"), std::string_view::npos);
  Start();
}

TEST_F(ReplicaTest, RefusesSeveralMembersBeforeAnythingIsWritten) {
  ReplicaOptions several = Options();
  several.initial_cluster.emplace_back("m2", "http://127.0.0.1:2390");
  EXPECT_EQ(OpenStatus(several).code(), absl::StatusCode::kUnimplemented);
  EXPECT_FALSE(std::filesystem::exists(directory_ + "/member/identity"));
  EXPECT_FALSE(std::filesystem::exists(directory_ + "/member/store"));
  Start();
}

TEST_F(ReplicaTest, RefusesWhenTheLogOrTheStoreIsGone) {
  for (std::string gone : {"wal", "store", "identity"}) {
    Start();
    replica_.reset();
    std::filesystem::rename(directory_ + "/member/" + gone, directory_ + "/kept");
    absl::Status status = OpenStatus(Options());
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << gone << ": " << status;
    EXPECT_FALSE(std::filesystem::exists(directory_ + "/member/" + gone)) << gone;
    std::filesystem::rename(directory_ + "/kept", directory_ + "/member/" + gone);
  }
  Start();
}

// --- A first start that was killed just before it was done.

class UnfinishedFirstStart : public ReplicaTest {
 protected:
  ReplicaOptions OptionsOf(const std::string& token, const std::string& wal_dir = "") {
    ReplicaOptions options = Options();
    options.cluster_token = token;
    options.wal_dir = wal_dir;
    return options;
  }
  void Leave(const ReplicaOptions& options) {
    {
      const absl::StatusOr<MemberFiles> opened = OpenMemberFiles(options, files_);
      ASSERT_TRUE(opened.ok()) << opened.status();
    }
    SetIdentity(/*complete=*/false);
  }
  void SetIdentity(bool complete, uint64_t other_cluster_id = 0) {
    absl::StatusOr<std::optional<DataIdentity>> identity = ReadIdentity(files_, directory_ + "/member");
    ASSERT_TRUE(identity.ok()) << identity.status();
    ASSERT_TRUE(identity->has_value());
    (*identity)->complete = complete;
    if (other_cluster_id != 0) (*identity)->cluster_id = other_cluster_id;
    ASSERT_TRUE(WriteIdentity(files_, directory_ + "/member", **identity).ok());
  }
  void ExpectToServe(const ReplicaOptions& options) {
    for (uint64_t keys = 0; keys < 2; ++keys) {
      ASSERT_NO_FATAL_FAILURE(Start(options));
      EXPECT_EQ(CountKeys(), keys);
      EXPECT_TRUE(Put({"a"}, "v")[0].status.ok());
      replica_.reset();
    }
  }
};

TEST_F(UnfinishedFirstStart, BeginsAnew) {
  ASSERT_NO_FATAL_FAILURE(Leave(OptionsOf("one")));
  ExpectToServe(OptionsOf("one"));
}

TEST_F(UnfinishedFirstStart, BeginsAnewWithOtherFlags) {
  ASSERT_NO_FATAL_FAILURE(Leave(OptionsOf("one")));
  ExpectToServe(OptionsOf("another"));
}

TEST_F(UnfinishedFirstStart, IsAskedAboutAgainBeforeItBeginsAnew) {
  ASSERT_NO_FATAL_FAILURE(Leave(OptionsOf("one")));
  ReplicaOptions options = OptionsOf("another");
  int asked = 0;
  options.check_first_start = [&] { return ++asked > 1 ? absl::OkStatus() : absl::AbortedError("not so"); };
  EXPECT_EQ(OpenStatus(options), absl::AbortedError("not so"));
  const absl::StatusOr<std::optional<DataIdentity>> left = ReadIdentity(files_, directory_ + "/member");
  ASSERT_TRUE(left.ok()) << left.status();
  EXPECT_EQ((*left)->token, "one");
  ASSERT_NO_FATAL_FAILURE(ExpectToServe(options));
  EXPECT_EQ(asked, 2);
}

TEST_F(UnfinishedFirstStart, BeginsAnewWithALogOfItsOwnElsewhere) {
  const base::TemporaryDirectory elsewhere;
  ASSERT_NO_FATAL_FAILURE(Leave(OptionsOf("one", elsewhere.path())));
  ExpectToServe(OptionsOf("another", elsewhere.path()));
}

TEST_F(UnfinishedFirstStart, BeginsAnewWhereTheOneBeforeTheLastLeftItsLog) {
  const base::TemporaryDirectory elsewhere;
  ASSERT_NO_FATAL_FAILURE(Leave(OptionsOf("one")));
  ASSERT_NO_FATAL_FAILURE(Leave(OptionsOf("another", elsewhere.path())));
  ExpectToServe(OptionsOf("a third"));
}

TEST_F(UnfinishedFirstStart, LeavesSomebodyElsesLogAlone) {
  const base::TemporaryDirectory elsewhere;
  const ReplicaOptions options = OptionsOf("another", elsewhere.path());
  ASSERT_NO_FATAL_FAILURE(Leave(OptionsOf("one", elsewhere.path())));
  ASSERT_NO_FATAL_FAILURE(SetIdentity(/*complete=*/false, /*other_cluster_id=*/7));
  const absl::Status status = OpenStatus(options);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
  EXPECT_TRUE(wal::Wal::Exists(files_, elsewhere.path()));
}

TEST_F(UnfinishedFirstStart, IsRefusedWhenThereAreWritesAllTheSame) {
  const ReplicaOptions options = OptionsOf("one");
  ASSERT_NO_FATAL_FAILURE(Start(options));
  EXPECT_TRUE(Put({"a"}, "v")[0].status.ok());
  replica_.reset();
  ASSERT_NO_FATAL_FAILURE(SetIdentity(/*complete=*/false));
  const absl::Status status = OpenStatus(OptionsOf("another"));
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  ASSERT_NO_FATAL_FAILURE(SetIdentity(/*complete=*/true));
  ASSERT_NO_FATAL_FAILURE(Start(options));
  EXPECT_EQ(CountKeys(), 1u);
}

TEST_F(ReplicaTest, RefusesEtcdsOwnDataDirectory) {
  std::filesystem::create_directories(directory_ + "/member/snap");
  fclose(fopen((directory_ + "/member/snap/db").c_str(), "w"));
  EXPECT_EQ(OpenStatus(Options()).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_FALSE(std::filesystem::exists(directory_ + "/member/store"));
}

}  // namespace
}  // namespace quorate::replica
