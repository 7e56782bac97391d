#include "src/api/proposer.h"

#include <etcdserverpb/rpc.grpc.pb.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <latch>
#include <string>
#include <vector>

#include "tests/api/member_testing.h"

namespace quorate::api {
namespace {

constexpr char kTooManyRequests[] = "etcdserver: too many requests";

constexpr int kLists = 80;

// A put and lists of everything, of which none finds a key, in so many nested transactions.
etcdserverpb::TxnRequest PutAndLists(int nested) {
  etcdserverpb::TxnRequest lists;
  for (int i = 0; i < kLists; ++i) {
    etcdserverpb::RangeRequest* list = lists.add_success()->mutable_request_range();
    list->set_key("k");
    list->set_range_end("l");
    list->set_max_create_revision(1);
  }
  etcdserverpb::TxnRequest txn;
  txn.add_success()->mutable_request_put()->set_key("put");
  for (int i = 0; i < nested; ++i) *txn.add_success()->mutable_request_txn() = lists;
  return txn;
}

class ProposerTest : public testing::Test {
 protected:
  static constexpr int kKeys = 2000;

  void SetUp() override { member_.Fill(kKeys, 1); }

  grpc::Status Txn(const etcdserverpb::TxnRequest& request) {
    grpc::ClientContext context;
    etcdserverpb::TxnResponse response;
    return member_.kv().Txn(&context, request, &response);
  }

  TestMember member_;
};

TEST_F(ProposerTest, WhatWouldBeRefusedWhereItIsExecutedIsNotLogged) {
  const auto applied = member_.replica().status().applied_index;
  EXPECT_EQ(Txn(PutAndLists(40)).error_message(), kTooManyRequests);
  EXPECT_EQ(member_.replica().status().applied_index, applied);
  EXPECT_TRUE(Txn(PutAndLists(1)).ok());
  EXPECT_EQ(member_.replica().status().applied_index, applied + 1);
}

TEST_F(ProposerTest, OfTransactionsThatCostMuchFewWaitAtATime) {
  // Each takes some ten milliseconds.
  const etcdserverpb::TxnRequest request = PutAndLists(7);
  ASSERT_GT(2 * 7 * kLists * kKeys, static_cast<int64_t>(Proposer::kCostPendingMax));
  struct Call {
    grpc::ClientContext context;
    etcdserverpb::TxnResponse response;
    grpc::Status status;
  };
  std::vector<Call> calls(20);
  std::latch answered(static_cast<ptrdiff_t>(calls.size()));
  for (Call& call : calls) {
    member_.kv().async()->Txn(&call.context, &request, &call.response, [&](grpc::Status status) {
      call.status = std::move(status);
      answered.count_down();
    });
  }
  answered.wait();
  int served = 0;
  for (const Call& call : calls) {
    served += call.status.ok();
    EXPECT_EQ(call.status.error_message(), call.status.ok() ? "" : kTooManyRequests);
  }
  EXPECT_GE(served, 1);
  EXPECT_LT(served, 20);
  EXPECT_TRUE(Txn(request).ok());
}

}  // namespace
}  // namespace quorate::api
