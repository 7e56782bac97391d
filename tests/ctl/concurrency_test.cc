#include "src/ctl/concurrency.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "tests/ctl/fake_server_testing.h"

namespace quorate::ctl {
namespace {

using ::testing::ElementsAre;

constexpr std::chrono::seconds kPatience(5);

class ConcurrencyTest : public testing::Test {
 protected:
  void SetUp() override { client_ = server_.Connect(); }

  std::unique_ptr<LeaseSession> OpenSession(std::function<void()> on_end = [] {}) {
    return *LeaseSession::Open(*client_, 60, kPatience, stop_, std::move(on_end));
  }
  // Answers the transaction a contender enters with: its key is written at `own`, the first key is of `first`.
  void Enter(int64_t own, int64_t first) {
    server_.on_txn = [own, first](const etcdserverpb::TxnRequest& request, etcdserverpb::TxnResponse& response) {
      EXPECT_EQ(request.compare(0).create_revision(), 0);
      EXPECT_EQ(request.success(0).request_put().lease(), 0x77);
      response.set_succeeded(true);
      response.mutable_header()->set_revision(own);
      response.add_responses();
      response.add_responses()->mutable_response_range()->add_kvs()->set_create_revision(first);
      return grpc::Status::OK;
    };
  }
  // Answers reads: of a prefix with the keys that are in front, one by one; of the own key with itself.
  void InFront(std::vector<std::string> keys) {
    server_.on_range = [keys, next = std::make_shared<size_t>(0)](const etcdserverpb::RangeRequest& request,
                                                                  etcdserverpb::RangeResponse& response) {
      response.mutable_header()->set_revision(30);
      if (request.range_end().empty()) {
        response.add_kvs()->set_key(request.key());
      } else if (*next < keys.size()) {
        EXPECT_EQ(request.max_create_revision(), 19);
        response.add_kvs()->set_key(keys[(*next)++]);
      }
      return grpc::Status::OK;
    };
  }

  FakeServer server_;
  std::unique_ptr<Client> client_;
  Cancellation stop_;
};

TEST_F(ConcurrencyTest, TheFirstKeyHasTheLockAtOnce) {
  Enter(20, 20);
  auto session = OpenSession();
  Mutex mutex(*client_, *session, "name");
  ASSERT_TRUE(mutex.Lock(stop_).ok());
  EXPECT_EQ(mutex.key(), "name/77");
  EXPECT_EQ(mutex.revision(), 20);
}

TEST_F(ConcurrencyTest, ALockIsGotWhenEveryKeyInFrontIsGone) {
  Enter(20, 10);
  InFront({"name/b", "name/a"});
  std::vector<std::string> watched;
  server_.on_watch = [&watched](FakeServer::WatchStream& stream) {
    etcdserverpb::WatchCreateRequest request = AcceptWatch(stream, 0, 30);
    watched.push_back(request.key() + " from " + std::to_string(request.start_revision()));
    SendPut(stream, 0, request.key(), 31);
    SendDelete(stream, 0, request.key(), 32);
    AwaitEnd(stream);
    return grpc::Status::OK;
  };
  auto session = OpenSession();
  Mutex mutex(*client_, *session, "name");
  ASSERT_TRUE(mutex.Lock(stop_).ok());
  EXPECT_THAT(watched, ElementsAre("name/b from 30", "name/a from 30"));
  EXPECT_EQ(mutex.revision(), 30);
}

TEST_F(ConcurrencyTest, WhoGivesUpWaitingTakesTheKeyBack) {
  Enter(20, 10);
  InFront({"name/a"});
  std::vector<std::string> deleted;
  server_.on_delete = [&deleted](const etcdserverpb::DeleteRangeRequest& request, etcdserverpb::DeleteRangeResponse&) {
    deleted.push_back(request.key());
    return grpc::Status::OK;
  };
  server_.on_watch = [this](FakeServer::WatchStream& stream) {
    AcceptWatch(stream, 0, 30);
    stop_.Cancel();
    AwaitEnd(stream);
    return grpc::Status::OK;
  };
  auto session = OpenSession();
  Mutex mutex(*client_, *session, "name");
  EXPECT_EQ(base::MessageOf(mutex.Lock(stop_)), "context canceled");
  EXPECT_THAT(deleted, ElementsAre("name/77"));
}

TEST_F(ConcurrencyTest, ALostLeaseEndsTheSession) {
  server_.on_keep_alive = [](const etcdserverpb::LeaseKeepAliveRequest&,
                             etcdserverpb::LeaseKeepAliveResponse& response) {
    response.set_ttl(0);
    return grpc::Status::OK;
  };
  Cancellation ended;
  auto session = OpenSession([&ended] { ended.Cancel(); });
  ended.Wait();
  EXPECT_TRUE(session->ended());
}

TEST_F(ConcurrencyTest, RenewalsAreTriedAgainWhileTheMemberIsAway) {
  std::atomic<int> calls = 0;
  Cancellation renewed;
  server_.on_keep_alive = [&](const etcdserverpb::LeaseKeepAliveRequest&, etcdserverpb::LeaseKeepAliveResponse&) {
    if (++calls == 1) return grpc::Status(grpc::StatusCode::UNAVAILABLE, "away");
    renewed.Cancel();
    return grpc::Status::OK;
  };
  auto session = OpenSession();
  renewed.Wait();
  EXPECT_FALSE(session->ended());
}

TEST_F(ConcurrencyTest, TheLongestDurationsAreNotOverAtOnce) {
  Cancellation renewed;
  server_.on_keep_alive = [&renewed](const etcdserverpb::LeaseKeepAliveRequest&,
                                     etcdserverpb::LeaseKeepAliveResponse& response) {
    response.set_ttl(INT64_MAX);
    renewed.Cancel();
    return grpc::Status::OK;
  };
  InFront({});
  const auto session = *LeaseSession::Open(*client_, INT64_MAX, Duration::max(), stop_, [] {});
  EXPECT_TRUE(renewed.WaitFor(kPatience));
  EXPECT_FALSE(session->ended());
  etcdserverpb::RangeResponse response;
  const Call call = {"/etcdserverpb.KV/Range", false, Duration::max()};
  const absl::Status status = client_->Unary(call, etcdserverpb::RangeRequest(), response);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_TRUE(session->Close().ok());
}

TEST_F(ConcurrencyTest, AnAnswerThatLacksAPartIsRefused) {
  auto session = OpenSession();
  Mutex mutex(*client_, *session, "name");
  Election election(*client_, *session, "name");
  for (const bool succeeded : {false, true}) {
    server_.on_txn = [succeeded](const etcdserverpb::TxnRequest&, etcdserverpb::TxnResponse& response) {
      response.set_succeeded(succeeded);
      response.add_responses()->mutable_response_range();
      return grpc::Status::OK;
    };
    EXPECT_EQ(base::MessageOf(mutex.Lock(stop_)), "the server's answer is malformed");
  }
  server_.on_txn = [](const etcdserverpb::TxnRequest&, etcdserverpb::TxnResponse&) { return grpc::Status::OK; };
  EXPECT_EQ(base::MessageOf(election.Campaign("me", stop_)), "the server's answer is malformed");
}

TEST_F(ConcurrencyTest, ClosingASessionRevokesItsLease) {
  int64_t revoked = 0;
  server_.on_revoke = [&revoked](const etcdserverpb::LeaseRevokeRequest& request, etcdserverpb::LeaseRevokeResponse&) {
    revoked = request.id();
    return grpc::Status::OK;
  };
  EXPECT_TRUE(OpenSession()->Close().ok());
  EXPECT_EQ(revoked, 0x77);
}

TEST_F(ConcurrencyTest, AnElectionIsWonWithTheProposalInTheKeyAndResignedByItsRevision) {
  Enter(20, 20);
  InFront({});
  auto session = OpenSession();
  Election election(*client_, *session, "name");
  ASSERT_TRUE(election.Campaign("me", stop_).ok());
  EXPECT_EQ(election.create_revision(), 20);
  server_.on_txn = [](const etcdserverpb::TxnRequest& request, etcdserverpb::TxnResponse&) {
    EXPECT_EQ(request.compare(0).create_revision(), 20);
    EXPECT_EQ(request.success(0).request_delete_range().key(), "name/77");
    return grpc::Status::OK;
  };
  EXPECT_TRUE(election.Resign().ok());
}

TEST_F(ConcurrencyTest, AnObserverSeesEachLeaderAndWhatItProclaims) {
  server_.on_range = [next = std::make_shared<int>(0)](const etcdserverpb::RangeRequest& request,
                                                       etcdserverpb::RangeResponse& response) {
    EXPECT_EQ(request.sort_target(), etcdserverpb::RangeRequest::CREATE);
    response.mutable_header()->set_revision(30);
    // Nobody leads at first.
    if (++*next > 1) response.add_kvs()->set_key("name/" + std::to_string(*next));
    return grpc::Status::OK;
  };
  server_.on_watch = [](FakeServer::WatchStream& stream) {
    etcdserverpb::WatchCreateRequest request = AcceptWatch(stream, 0, 30);
    SendPut(stream, 0, request.key(), 31);
    SendDelete(stream, 0, request.key(), 32);
    AwaitEnd(stream);
    return grpc::Status::OK;
  };
  std::vector<std::string> leaders;
  absl::Status status = ObserveElection(*client_, "name", stop_, [&](const etcdserverpb::RangeResponse& leader) {
    leaders.push_back(leader.kvs(0).key());
    if (leaders.size() == 3) stop_.Cancel();
  });
  EXPECT_EQ(base::MessageOf(status), "context canceled");
  leaders.resize(3);
  EXPECT_THAT(leaders, ElementsAre("name/2", "name/2", "name/3"));
}

}  // namespace
}  // namespace quorate::ctl
