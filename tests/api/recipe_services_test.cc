// Lock and Election over gRPC, against a member in this process.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/api/member_testing.h"
#include "tests/base/eventually_testing.h"
#include "v3electionpb/v3election.grpc.pb.h"
#include "v3lockpb/v3lock.grpc.pb.h"

namespace quorate::api {
namespace {

namespace pb = etcdserverpb;

class RecipeServicesTest : public testing::Test {
 protected:
  int64_t Grant() {
    grpc::ClientContext context;
    pb::LeaseGrantRequest request;
    request.set_ttl(100);
    pb::LeaseGrantResponse response;
    EXPECT_TRUE(lease_->LeaseGrant(&context, request, &response).ok());
    return response.id();
  }
  void Revoke(int64_t lease) {
    grpc::ClientContext context;
    pb::LeaseRevokeRequest request;
    request.set_id(lease);
    pb::LeaseRevokeResponse response;
    EXPECT_TRUE(lease_->LeaseRevoke(&context, request, &response).ok());
  }
  struct Locked {
    grpc::Status status;
    v3lockpb::LockResponse response;
  };
  std::future<Locked> Lock(int64_t lease, grpc::ClientContext* context) {
    return std::async(std::launch::async, [this, lease, context] {
      v3lockpb::LockRequest request;
      request.set_name("lock");
      request.set_lease(lease);
      Locked locked;
      locked.status = lock_->Lock(context, request, &locked.response);
      return locked;
    });
  }
  grpc::Status Unlock(const std::string& key) {
    grpc::ClientContext context;
    v3lockpb::UnlockRequest request;
    request.set_key(key);
    v3lockpb::UnlockResponse response;
    return lock_->Unlock(&context, request, &response);
  }
  std::future<grpc::Status> Campaign(int64_t lease, const std::string& value,
                                     v3electionpb::CampaignResponse* response) {
    return std::async(std::launch::async, [this, lease, value, response] {
      grpc::ClientContext context;
      v3electionpb::CampaignRequest request;
      request.set_name("election");
      request.set_lease(lease);
      request.set_value(value);
      return election_->Campaign(&context, request, response);
    });
  }
  void AwaitKeys(uint64_t keys) {
    const auto there = [this] { return member_.replica().store().statistics().keys; };
    EXPECT_TRUE(base::Eventually([&] { return there() == keys; })) << "not " << keys << " keys, but " << there();
  }

  TestMember member_;
  std::unique_ptr<pb::Lease::Stub> lease_ = pb::Lease::NewStub(member_.channel());
  std::unique_ptr<v3lockpb::Lock::Stub> lock_ = v3lockpb::Lock::NewStub(member_.channel());
  std::unique_ptr<v3electionpb::Election::Stub> election_ = v3electionpb::Election::NewStub(member_.channel());
};

TEST_F(RecipeServicesTest, ALockGoesRoundInTheOrderOfAsking) {
  constexpr int kWaiters = 5;
  grpc::ClientContext contexts[kWaiters];
  std::vector<std::future<Locked>> locks;
  for (int i = 0; i < kWaiters; ++i) {
    locks.push_back(Lock(Grant(), &contexts[i]));
    AwaitKeys(static_cast<uint64_t>(i) + 1);
  }
  int64_t revision = 0;
  for (int i = 0; i < kWaiters; ++i) {
    const Locked locked = locks[static_cast<size_t>(i)].get();
    ASSERT_TRUE(locked.status.ok()) << locked.status.error_message();
    EXPECT_GT(locked.response.header().revision(), revision);
    revision = locked.response.header().revision();
    for (size_t later = static_cast<size_t>(i) + 1; later < kWaiters; ++later) {
      EXPECT_EQ(locks[later].wait_for(std::chrono::seconds(0)), std::future_status::timeout);
    }
    ASSERT_TRUE(Unlock(locked.response.key()).ok());
  }
  AwaitKeys(0);
}

TEST_F(RecipeServicesTest, ACancelledWaiterLeavesNoKeyAndHoldsNobodyUp) {
  grpc::ClientContext first, second, third;
  const Locked held = Lock(Grant(), &first).get();
  ASSERT_TRUE(held.status.ok());
  auto cancelled = Lock(Grant(), &second);
  AwaitKeys(2);
  auto waiting = Lock(Grant(), &third);
  AwaitKeys(3);
  second.TryCancel();
  EXPECT_EQ(cancelled.get().status.error_code(), grpc::StatusCode::CANCELLED);
  AwaitKeys(2);
  ASSERT_TRUE(Unlock(held.response.key()).ok());
  EXPECT_TRUE(waiting.get().status.ok());
}

TEST_F(RecipeServicesTest, AWaiterWhoseLeaseEndsHearsIt) {
  grpc::ClientContext first, second;
  const Locked held = Lock(Grant(), &first).get();
  const int64_t lease = Grant();
  auto waiting = Lock(lease, &second);
  AwaitKeys(2);
  Revoke(lease);
  ASSERT_TRUE(Unlock(held.response.key()).ok());
  const grpc::Status status = waiting.get().status;
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNKNOWN);
  EXPECT_EQ(status.error_message(), "mutex: session is expired");
}

TEST_F(RecipeServicesTest, WaitersAreToldWhenTheServerIsToStop) {
  grpc::ClientContext first, second;
  ASSERT_TRUE(Lock(Grant(), &first).get().status.ok());
  auto waiting = Lock(Grant(), &second);
  AwaitKeys(2);
  member_.services().EndStreams();
  EXPECT_EQ(waiting.get().status.error_message(), "etcdserver: server stopped");
}

TEST_F(RecipeServicesTest, AnObserverFollowsTheElection) {
  grpc::ClientContext observing;
  v3electionpb::LeaderRequest request;
  request.set_name("election");
  const auto observed = election_->Observe(&observing, request);
  const auto next = [&] {
    v3electionpb::LeaderResponse response;
    EXPECT_TRUE(observed->Read(&response));
    return response.kv().value();
  };
  v3electionpb::CampaignResponse one, two;
  ASSERT_TRUE(Campaign(Grant(), "one", &one).get().ok());
  EXPECT_EQ(next(), "one");
  auto second = Campaign(Grant(), "two", &two);
  AwaitKeys(2);
  grpc::ClientContext proclaiming, resigning, late, asking;
  v3electionpb::ProclaimRequest proclaim;
  *proclaim.mutable_leader() = one.leader();
  proclaim.set_value("still one");
  v3electionpb::ProclaimResponse proclaimed;
  ASSERT_TRUE(election_->Proclaim(&proclaiming, proclaim, &proclaimed).ok());
  EXPECT_EQ(next(), "still one");
  v3electionpb::ResignRequest resign;
  *resign.mutable_leader() = one.leader();
  v3electionpb::ResignResponse resigned;
  ASSERT_TRUE(election_->Resign(&resigning, resign, &resigned).ok());
  ASSERT_TRUE(second.get().ok());
  EXPECT_EQ(next(), "two");
  EXPECT_EQ(election_->Proclaim(&late, proclaim, &proclaimed).error_message(), "election: not leader");
  v3electionpb::LeaderResponse leader;
  ASSERT_TRUE(election_->Leader(&asking, request, &leader).ok());
  EXPECT_EQ(leader.kv().key(), two.leader().key());
  observing.TryCancel();
}

TEST_F(RecipeServicesTest, WhatWaitingCallsKeepOfTheirRequestsIsBounded) {
  // Each takes six times its name of the 128 MiB that the server holds for a connection.
  constexpr int kObservers = 20, kRefusedMin = 8;
  std::vector<grpc::ClientContext> observing(kObservers);
  std::atomic<int> ended{0}, refused{0};
  std::vector<std::thread> observers;
  for (grpc::ClientContext& context : observing) {
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    observers.emplace_back([&] {
      v3electionpb::LeaderRequest request;
      request.set_name(std::string(1'900'000, 'n'));
      const auto observed = election_->Observe(&context, request);
      v3electionpb::LeaderResponse response;
      EXPECT_FALSE(observed->Read(&response));
      refused += observed->Finish().error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED;
      ++ended;
    });
  }
  while (ended < kRefusedMin) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_GE(refused, kRefusedMin);
  for (grpc::ClientContext& context : observing) context.TryCancel();
  for (std::thread& observer : observers) observer.join();
  grpc::ClientContext locking;
  EXPECT_TRUE(Lock(Grant(), &locking).get().status.ok()) << "nothing is kept for those who have gone";
}

TEST_F(RecipeServicesTest, WhoFollowsALargeKeyKeepsIt) {
  grpc::ClientContext putting;
  pb::PutRequest put;
  put.set_key("election/" + std::string(1'500'000, 'k'));
  pb::PutResponse response;
  ASSERT_TRUE(member_.kv().Put(&putting, put, &response).ok());
  std::vector<grpc::ClientContext> observing(20);
  std::vector<std::unique_ptr<grpc::ClientReader<v3electionpb::LeaderResponse>>> observers;
  int refused = 0;
  for (grpc::ClientContext& context : observing) {
    v3electionpb::LeaderRequest request;
    request.set_name("election");
    observers.push_back(election_->Observe(&context, request));
    v3electionpb::LeaderResponse leader;
    if (!observers.back()->Read(&leader)) {
      refused += observers.back()->Finish().error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED;
    }
  }
  EXPECT_GT(refused, 0);
  for (grpc::ClientContext& context : observing) context.TryCancel();
}

TEST(ElectionRoomTest, WhoObservesAndReadsNothingHearsOfTheNewestLeaderOnceThereIsRoom) {
  // Of 300 KB for each there is room for two thirds of them.
  constexpr int kObservers = 120;
  rpc::ServerOptions bounds;
  bounds.queued_bytes_max = 16 << 20;
  TestMember member({}, bounds);
  const auto lead = [&member](char value) {
    grpc::ClientContext context;
    pb::PutRequest put;
    put.set_key("election/1");
    put.set_value(std::string(300'000, value));
    pb::PutResponse response;
    ASSERT_TRUE(member.kv().Put(&context, put, &response).ok());
  };
  lead('a');
  const auto channel = member.NewChannel();
  const auto election = v3electionpb::Election::NewStub(channel);
  v3electionpb::LeaderRequest request;
  request.set_name("election");
  std::vector<grpc::ClientContext> observing(kObservers);
  std::vector<std::unique_ptr<grpc::ClientReader<v3electionpb::LeaderResponse>>> observers;
  for (grpc::ClientContext& context : observing) observers.push_back(election->Observe(&context, request));
  // A connection that holds more than there is room for has no further call taken.
  const auto kv = pb::KV::NewStub(channel);
  for (int i = 0; i < 300; ++i) {
    grpc::ClientContext context;
    pb::RangeRequest range;
    range.set_key("none");
    pb::RangeResponse response;
    ASSERT_TRUE(kv->Range(&context, range, &response).ok());
  }
  lead('b');
  lead('c');
  std::atomic<int> told{0};
  std::vector<std::thread> readers;
  for (auto& observer : observers) {
    readers.emplace_back([&observer, &told] {
      v3electionpb::LeaderResponse leader;
      for (char last = 'a'; last != 'c'; ++told) {
        ASSERT_TRUE(observer->Read(&leader));
        ASSERT_EQ(leader.kv().value().size(), 300'000u);
        EXPECT_GE(leader.kv().value()[0], last);
        last = leader.kv().value()[0];
      }
    });
  }
  for (std::thread& reader : readers) reader.join();
  EXPECT_LT(told, 3 * kObservers) << "who found no room has left out what was not the newest any more";
  grpc::ClientContext asking;
  v3electionpb::LeaderResponse leader;
  ASSERT_TRUE(election->Leader(&asking, request, &leader).ok());
  EXPECT_EQ(leader.kv().key(), "election/1");
  EXPECT_EQ(leader.kv().value(), std::string(300'000, 'c'));
  EXPECT_EQ(leader.header().revision(), 4);
  for (grpc::ClientContext& context : observing) context.TryCancel();
}

TEST(RecipeQuotaTest, ALockPastTheQuotaRaisesTheAlarm) {
  ServicesOptions options;
  options.quota_backend_bytes = 1;
  TestMember member(options);
  const auto lock = v3lockpb::Lock::NewStub(member.channel());
  grpc::ClientContext context;
  v3lockpb::LockRequest request;
  request.set_name("lock");
  v3lockpb::LockResponse response;
  const grpc::Status status = lock->Lock(&context, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNKNOWN);
  EXPECT_EQ(status.error_message(), "etcdserver: mvcc: database space exceeded");
  ASSERT_EQ(member.replica().alarms().size(), 1u);
  EXPECT_EQ(member.replica().alarms()[0].type, replica::AlarmType::kNoSpace);
}

}  // namespace
}  // namespace quorate::api
