// Hashes beside everything else, over gRPC.

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <vector>

#include "tests/api/http_testing.h"
#include "tests/api/member_testing.h"
#include "tests/api/served_member_testing.h"
#include "tests/base/files_testing.h"

namespace quorate::api {
namespace {

namespace pb = etcdserverpb;

TEST(HashOfEverything, StaysOverARestart) {
  base::TemporaryDirectory directory;
  const auto hash = [&directory] {
    ServedMember member(directory.path(), {}, 1);
    return member.replica().store().Hash();
  };
  const absl::StatusOr<uint32_t> before = hash();
  ASSERT_TRUE(before.ok()) << before.status();
  EXPECT_EQ(hash(), before);
}

constexpr size_t kKeys = 5000;
constexpr size_t kHashes = 300;

// Hashes of everything, many at once: far more work than a list of it.
class HashTest : public testing::Test {
 protected:
  struct Call {
    grpc::ClientContext context;
    grpc::Status status;
    pb::HashKVResponse response;
    std::unique_ptr<grpc::ClientAsyncResponseReader<pb::HashKVResponse>> reader;
  };

  HashTest() : calls_(kHashes) {
    member_.Fill(kKeys, 100);
    for (Call& call : calls_) {
      call.reader = member_.maintenance().AsyncHashKV(&call.context, {}, &queue_);
      call.reader->Finish(&call.response, &call.status, &call);
    }
  }
  ~HashTest() override {
    queue_.Shutdown();
    void* tag;
    bool ok;
    while (queue_.Next(&tag, &ok)) {
    }
  }

  // Waits for the next answer.
  const Call& Next() {
    void* tag = nullptr;
    bool ok = false;
    EXPECT_TRUE(queue_.Next(&tag, &ok));
    return *static_cast<const Call*>(tag);
  }
  // How many are answered already.
  size_t Answered() {
    size_t answered = 0;
    void* tag;
    bool ok;
    while (queue_.AsyncNext(&tag, &ok, std::chrono::system_clock::now()) == grpc::CompletionQueue::GOT_EVENT) {
      ++answered;
    }
    return answered;
  }

  TestMember member_;
  grpc::CompletionQueue queue_;
  std::vector<Call> calls_;
};

TEST_F(HashTest, ListsDoNotWaitBehindHashes) {
  grpc::ClientContext listing, asking;
  pb::RangeRequest request;
  request.set_key("k");
  request.set_range_end("l");
  pb::RangeResponse list;
  ASSERT_TRUE(member_.kv().Range(&listing, request, &list).ok());
  EXPECT_EQ(list.kvs_size(), static_cast<int>(kKeys));
  pb::StatusResponse status;
  ASSERT_TRUE(member_.maintenance().Status(&asking, {}, &status).ok());
  EXPECT_LT(Answered(), kHashes);
  for (Call& call : calls_) call.context.TryCancel();
}

TEST_F(HashTest, WhatNobodyWaitsForIsNotComputed) {
  EXPECT_TRUE(Next().status.ok());
  for (Call& call : calls_) call.context.TryCancel();
  grpc::ClientContext context;
  pb::HashKVResponse response;
  ASSERT_TRUE(member_.maintenance().HashKV(&context, {}, &response).ok());
  EXPECT_LT(Metric(member_.address(), "etcd_mvcc_hash_rev_duration_seconds_count"), kHashes);
}

TEST_F(HashTest, AStopWaitsForNoHash) {
  EXPECT_TRUE(Next().status.ok());
  member_.services().Stop();
  size_t stopped = 0;
  for (size_t answered = 1; answered < kHashes; ++answered) {
    const grpc::Status& status = Next().status;
    if (status.ok()) continue;
    EXPECT_EQ(status.error_message(), "etcdserver: server stopped");
    ++stopped;
  }
  EXPECT_GT(stopped, 0u);
}

}  // namespace
}  // namespace quorate::api
