// A SIGTERM in the middle of a defragmentation: the member does not wait for it, and its data is whole.

#include <etcdserverpb/rpc.grpc.pb.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <string>
#include <thread>

#include "tests/base/files_testing.h"
#include "tests/e2e/binaries.h"
#include "tests/e2e/channel.h"
#include "tests/e2e/http_get.h"
#include "tests/e2e/server_process.h"

namespace quorate::testing {
namespace {

constexpr int kPuts = 4000;
constexpr int kKeys = 1000;
constexpr size_t kValueBytes = 20'000;
constexpr std::chrono::seconds kPatience(30);
constexpr std::chrono::milliseconds kGoneWithin(3000);

grpc::Status Defragment(const std::string& address) {
  const auto maintenance = etcdserverpb::Maintenance::NewStub(OwnChannel(address));
  grpc::ClientContext context;
  etcdserverpb::DefragmentResponse response;
  return maintenance->Defragment(&context, {}, &response);
}

void Fill(const std::string& address) {
  const auto kv = etcdserverpb::KV::NewStub(OwnChannel(address));
  std::mt19937_64 random(1);  // so that there is much to write, compressed or not
  for (int put = 0; put < kPuts;) {
    etcdserverpb::TxnRequest request;
    for (int i = 0; i < 50; ++i, ++put) {
      auto* added = request.add_success()->mutable_request_put();
      added->set_key(std::to_string(put % kKeys));
      std::string& value = *added->mutable_value();
      value.resize(kValueBytes);
      for (char& byte : value) byte = static_cast<char>(random());
    }
    grpc::ClientContext context;
    etcdserverpb::TxnResponse response;
    const grpc::Status status = kv->Txn(&context, request, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
  }
}

// Waits until one is seen to run.
bool AwaitDefragmentation(const std::string& address) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (Metric(address, "etcd_disk_defrag_inflight") != 1) {
    if (std::chrono::steady_clock::now() > deadline) return false;
  }
  return true;
}

TEST(DefragmentationTest, ATermSignalInTheMiddleEndsItAtOnce) {
  const base::TemporaryDirectory directory;
  ServerProcess server({.binary = SubjectServer(), .directory = directory.path()});
  absl::Status started = server.Start();
  ASSERT_TRUE(started.ok()) << base::MessageOf(started);
  ASSERT_NO_FATAL_FAILURE(Fill(server.address()));
  std::thread defragmentation([&] {
    const grpc::Status status = Defragment(server.address());
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE) << status.error_message();
  });
  EXPECT_TRUE(AwaitDefragmentation(server.address()));
  const auto told = std::chrono::steady_clock::now();
  EXPECT_EQ(server.Terminate(std::chrono::seconds(10)), std::optional<int>(0)) << server.LogTail();
  EXPECT_LT(std::chrono::steady_clock::now() - told, kGoneWithin);
  defragmentation.join();
  started = server.Start();
  ASSERT_TRUE(started.ok()) << base::MessageOf(started);
  EXPECT_TRUE(Defragment(server.address()).ok());
}

}  // namespace
}  // namespace quorate::testing
