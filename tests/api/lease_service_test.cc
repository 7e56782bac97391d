// Leases over gRPC, against a member in this process.

#include <gtest/gtest.h>

#include <set>
#include <thread>
#include <vector>

#include "tests/api/member_testing.h"
#include "tests/base/eventually_testing.h"

namespace quorate::api {
namespace {

namespace pb = etcdserverpb;

class LeaseServiceTest : public testing::Test {
 protected:
  grpc::Status Grant(int64_t id, int64_t ttl, pb::LeaseGrantResponse* response) {
    grpc::ClientContext context;
    pb::LeaseGrantRequest request;
    request.set_id(id);
    request.set_ttl(ttl);
    return lease_->LeaseGrant(&context, request, response);
  }
  int64_t GrantOne(int64_t ttl) {
    pb::LeaseGrantResponse response;
    EXPECT_TRUE(Grant(0, ttl, &response).ok());
    return response.id();
  }
  grpc::Status Put(const std::string& key, int64_t lease) {
    grpc::ClientContext context;
    pb::PutRequest request;
    request.set_key(key);
    request.set_lease(lease);
    pb::PutResponse response;
    return member_.kv().Put(&context, request, &response);
  }
  pb::LeaseTimeToLiveResponse TimeToLive(int64_t id, bool keys = false) {
    grpc::ClientContext context;
    pb::LeaseTimeToLiveRequest request;
    request.set_id(id);
    request.set_keys(keys);
    pb::LeaseTimeToLiveResponse response;
    EXPECT_TRUE(lease_->LeaseTimeToLive(&context, request, &response).ok());
    return response;
  }

  TestMember member_;
  std::unique_ptr<pb::Lease::Stub> lease_ = pb::Lease::NewStub(member_.channel());
};

TEST_F(LeaseServiceTest, GrantsWithChosenAndGeneratedIds) {
  pb::LeaseGrantResponse response;
  ASSERT_TRUE(Grant(-7, 100, &response).ok());
  EXPECT_EQ(response.id(), -7);
  EXPECT_EQ(response.ttl(), 100);
  EXPECT_EQ(response.header().revision(), 1);
  EXPECT_EQ(Grant(-7, 100, &response).error_message(), "etcdserver: lease already exists");
  EXPECT_EQ(Grant(8, 9'000'000'001, &response).error_code(), grpc::StatusCode::OUT_OF_RANGE);
  ASSERT_TRUE(Grant(9, -1, &response).ok());
  EXPECT_EQ(response.ttl(), 2);
  std::set<int64_t> ids;
  for (int i = 0; i < 100; ++i) ids.insert(GrantOne(60));
  EXPECT_EQ(ids.size(), 100u);
  EXPECT_GT(*ids.begin(), 0);
}

TEST_F(LeaseServiceTest, TellsTimeAndKeysAndRevokes) {
  const int64_t id = GrantOne(100);
  ASSERT_TRUE(Put("b", id).ok());
  ASSERT_TRUE(Put("a", id).ok());
  const pb::LeaseTimeToLiveResponse left = TimeToLive(id, true);
  EXPECT_EQ(left.grantedttl(), 100);
  EXPECT_GT(left.ttl(), 90);
  EXPECT_LT(left.ttl(), 100);
  ASSERT_EQ(left.keys_size(), 2);
  EXPECT_EQ(left.keys(0), "a");
  EXPECT_EQ(TimeToLive(id).keys_size(), 0);

  grpc::ClientContext context;
  pb::LeaseRevokeRequest request;
  request.set_id(id);
  pb::LeaseRevokeResponse revoked;
  ASSERT_TRUE(lease_->LeaseRevoke(&context, request, &revoked).ok());
  EXPECT_EQ(revoked.header().revision(), 4);
  const pb::LeaseTimeToLiveResponse gone = TimeToLive(id, true);
  EXPECT_EQ(gone.ttl(), -1);
  EXPECT_EQ(gone.grantedttl(), 0);
  grpc::ClientContext again;
  EXPECT_EQ(lease_->LeaseRevoke(&again, request, &revoked).error_message(), "etcdserver: requested lease not found");
  EXPECT_EQ(Put("c", id).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(LeaseServiceTest, ListsLeasesSoonestFirst) {
  const int64_t late = GrantOne(500);
  const int64_t soon = GrantOne(100);
  grpc::ClientContext context;
  pb::LeaseLeasesResponse response;
  ASSERT_TRUE(lease_->LeaseLeases(&context, {}, &response).ok());
  ASSERT_EQ(response.leases_size(), 2);
  EXPECT_EQ(response.leases(0).id(), soon);
  EXPECT_EQ(response.leases(1).id(), late);
}

TEST_F(LeaseServiceTest, EachOfManyListsAtOnceHasWhatWasGrantedBefore) {
  // Long enough that its bytes are shared.
  constexpr int kLeases = 4000, kListers = 8, kListsEach = 20;
  std::vector<int64_t> granted;
  for (int i = 0; i < kLeases; ++i) granted.push_back(GrantOne(1000 + i));
  std::vector<std::thread> listers;
  for (int i = 0; i < kListers; ++i) {
    listers.emplace_back([&, i] {
      for (int list = 0; list < kListsEach; ++list) {
        const int64_t own = GrantOne(100 + i);
        grpc::ClientContext context;
        pb::LeaseLeasesResponse response;
        ASSERT_TRUE(lease_->LeaseLeases(&context, {}, &response).ok());
        std::set<int64_t> ids;
        for (const pb::LeaseStatus& lease : response.leases()) ids.insert(lease.id());
        EXPECT_EQ(ids.size(), static_cast<size_t>(response.leases_size()));
        EXPECT_TRUE(ids.contains(own));
        EXPECT_EQ(response.leases(response.leases_size() - 1).id(), granted.back());
      }
    });
  }
  for (std::thread& lister : listers) lister.join();
}

TEST_F(LeaseServiceTest, AKeepAliveStreamAnswersEachMessage) {
  const int64_t id = GrantOne(100);
  grpc::ClientContext context;
  const auto stream = lease_->LeaseKeepAlive(&context);
  pb::LeaseKeepAliveRequest request;
  pb::LeaseKeepAliveResponse response;
  for (int i = 0; i < 10; ++i) {
    request.set_id(id);
    ASSERT_TRUE(stream->Write(request));
    ASSERT_TRUE(stream->Read(&response));
    EXPECT_EQ(response.id(), id);
    EXPECT_EQ(response.ttl(), 100);
    EXPECT_EQ(response.header().revision(), 1);
    request.set_id(12345);
    ASSERT_TRUE(stream->Write(request));
    ASSERT_TRUE(stream->Read(&response));
    EXPECT_EQ(response.id(), 12345);
    EXPECT_EQ(response.ttl(), 0);
  }
  stream->WritesDone();
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(LeaseServiceTest, KeepAliveStreamsEndWhenTheServerIsToStop) {
  grpc::ClientContext context;
  const auto stream = lease_->LeaseKeepAlive(&context);
  pb::LeaseKeepAliveRequest request;
  pb::LeaseKeepAliveResponse response;
  ASSERT_TRUE(stream->Write(request));
  ASSERT_TRUE(stream->Read(&response));
  member_.services().EndStreams();
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(stream->Finish().error_message(), "etcdserver: server stopped");
}

TEST_F(LeaseServiceTest, AnExpiredLeaseTakesItsKeysAlong) {
  const int64_t id = GrantOne(1);
  ASSERT_TRUE(Put("a", id).ok());
  ASSERT_TRUE(base::Eventually([&] { return TimeToLive(id).ttl() < 0; })) << "the lease of a second is there still";
  EXPECT_EQ(member_.replica().store().statistics().keys, 0u);
  EXPECT_EQ(member_.replica().lessor().statistics().expired, 1u);
}

}  // namespace
}  // namespace quorate::api
