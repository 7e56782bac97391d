#include "src/api/lease_description.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>

#include "quorate/base/errors.h"
#include "tests/api/member_testing.h"

namespace quorate::api {
namespace {

namespace pb = etcdserverpb;

constexpr int64_t kLease = 7;
constexpr int kKeys = 2500;
constexpr uint64_t kKeyBytes = 5;  // of each

// A lease with keys for two slices and a half.
class LeaseDescriptionTest : public testing::Test {
 protected:
  LeaseDescriptionTest() {
    grpc::ClientContext context;
    pb::LeaseGrantRequest grant;
    grant.set_id(kLease);
    grant.set_ttl(1000);
    pb::LeaseGrantResponse granted;
    EXPECT_TRUE(lease_->LeaseGrant(&context, grant, &granted).ok());
    for (int i = 0; i < kKeys;) {
      pb::TxnRequest txn;
      for (const int end = i + 100; i < end; ++i) SetPut("k" + std::to_string(1000 + i), txn);
      Commit(txn);
    }
  }

  static void SetPut(const std::string& key, pb::TxnRequest& txn) {
    pb::PutRequest* put = txn.add_success()->mutable_request_put();
    put->set_key(key);
    put->set_lease(kLease);
  }
  void Commit(const pb::TxnRequest& txn) {
    grpc::ClientContext context;
    pb::TxnResponse response;
    EXPECT_TRUE(member_.kv().Txn(&context, txn, &response).ok());
  }
  void Revoke() {
    grpc::ClientContext context;
    pb::LeaseRevokeRequest request;
    request.set_id(kLease);
    pb::LeaseRevokeResponse response;
    EXPECT_TRUE(lease_->LeaseRevoke(&context, request, &response).ok());
  }

  absl::StatusOr<pb::LeaseTimeToLiveResponse> Describe(const std::function<bool()>& is_over,
                                                       uint64_t keys_bytes_max = uint64_t{1} << 30) {
    QUORATE_ASSIGN_OR_RETURN(const base::Payload body,
                             DescribeLease(member_.replica(), {kLease, true}, keys_bytes_max, is_over));
    pb::LeaseTimeToLiveResponse response;
    EXPECT_TRUE(response.ParseFromString(body.ToString()));
    return response;
  }

  TestMember member_;
  std::unique_ptr<pb::Lease::Stub> lease_ = pb::Lease::NewStub(member_.channel());
};

TEST_F(LeaseDescriptionTest, WritersOfTheLeasesKeysGoOnMeanwhile) {
  int asked = 0;
  const auto response = Describe([&] {
    // After the first slice: a key that comes too late, and one that does not.
    if (++asked == 2) {
      pb::TxnRequest txn;
      SetPut("a", txn);
      SetPut("z", txn);
      Commit(txn);
    }
    return false;
  });
  ASSERT_TRUE(response.ok());
  EXPECT_GE(asked, 4);
  EXPECT_EQ(response->id(), kLease);
  EXPECT_GT(response->ttl(), 900);
  EXPECT_EQ(response->grantedttl(), 1000);
  ASSERT_EQ(response->keys_size(), kKeys + 1);
  EXPECT_EQ(response->keys(0), "k1000");
  EXPECT_EQ(response->keys(kKeys), "z");
  EXPECT_TRUE(std::is_sorted(response->keys().begin(), response->keys().end()));
}

TEST_F(LeaseDescriptionTest, ALeaseThatEndsMeanwhileIsGone) {
  int asked = 0;
  const auto response = Describe([&] {
    if (++asked == 2) Revoke();
    return false;
  });
  ASSERT_TRUE(response.ok());
  EXPECT_EQ(response->ttl(), -1);
  EXPECT_EQ(response->grantedttl(), 0);
  EXPECT_EQ(response->keys_size(), 0);
}

TEST_F(LeaseDescriptionTest, NothingMoreIsGatheredForWhoHasGone) {
  int asked = 0;
  EXPECT_EQ(Describe([&] { return ++asked == 2; }).status(), base::errors::DeadlineExceeded());
  EXPECT_EQ(asked, 2);
}

TEST_F(LeaseDescriptionTest, TooManyKeysAreRefusedBeforeAnyIsGathered) {
  const auto none = [] {
    ADD_FAILURE() << "a slice is about to be gathered";
    return true;
  };
  EXPECT_EQ(Describe(none, kKeys * kKeyBytes - 1).status(), base::errors::TooManyRequests());
  EXPECT_TRUE(Describe([] { return false; }, kKeys * kKeyBytes).ok());
}

}  // namespace
}  // namespace quorate::api
