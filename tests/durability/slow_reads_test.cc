// A disk whose reads take long: who asks for what is in memory does not wait behind those who ask for more.

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "etcdserverpb/rpc.grpc.pb.h"
#include "tests/durability/troubled_disk_test.h"

namespace quorate::testing {
namespace {

constexpr int kKeys = 600;
// Each in a block of its own.
constexpr size_t kValueBytes = 20'000;
constexpr int kColdAtATime = 64;

class SlowReads : public TroubledDisk {
 protected:
  static std::string KeyOf(int number) { return "fill/" + std::to_string(number); }

  grpc::Status GetOn(etcdserverpb::KV::StubInterface& stub, const std::string& key) {
    grpc::ClientContext context;
    etcdserverpb::RangeRequest request;
    request.set_key(key);
    etcdserverpb::RangeResponse response;
    const grpc::Status status = stub.Range(&context, request, &response);
    return !status.ok() || response.kvs_size() == 1 ? status : grpc::Status(grpc::StatusCode::NOT_FOUND, key);
  }
};

TEST_F(SlowReads, HoldUpNobodyElse) {
  ASSERT_NO_FATAL_FAILURE(Start());
  ASSERT_NO_FATAL_FAILURE(Fill(kKeys, kValueBytes));
  // Nothing of the former life is in memory.
  server_.Terminate();
  ASSERT_NO_FATAL_FAILURE(Start());
  Faults("read .sst delay 25\n");
  // It takes some reads to find that they wait.
  int next = 0;
  std::string message;
  bool found = false;
  for (; next < 60; ++next) ASSERT_EQ(Get(KeyOf(next), &message, &found), 0) << message;

  // On one connection, so on one loop: many that are in no cache, and then one that is.
  const auto channel = grpc::CreateChannel(server_.address(), grpc::InsecureChannelCredentials());
  ASSERT_TRUE(channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(20)));
  const std::unique_ptr<etcdserverpb::KV::Stub> stub = etcdserverpb::KV::NewStub(channel);
  std::atomic<int> answered = 0;
  std::atomic<int> failed = 0;
  std::atomic<int> begun = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kColdAtATime; ++i) {
    threads.emplace_back([&, first = next + i] {
      for (int key = first; key < kKeys; key += kColdAtATime) {
        ++begun;
        if (!GetOn(*stub, KeyOf(key)).ok()) ++failed;
        ++answered;
      }
    });
  }
  while (begun < kColdAtATime) std::this_thread::yield();
  const int answered_before = answered;
  EXPECT_TRUE(GetOn(*stub, KeyOf(0)).ok());
  // One at a time they would all be answered first.
  EXPECT_LT(answered - answered_before, kColdAtATime / 2);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failed, 0);
  Faults("");
  ASSERT_NO_FATAL_FAILURE(ExpectAllWritesAfterRestart());
}

}  // namespace
}  // namespace quorate::testing
