#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <string>
#include <thread>

#include "tests/base/files_testing.h"
#include "tests/durability/troubled_disk_test.h"
#include "tests/e2e/binaries.h"
#include "tests/e2e/recorded_writes.h"
#include "tests/e2e/server_process.h"

namespace quorate::testing {
namespace {

constexpr std::chrono::seconds kGoneWithin(5);

class Shutdown : public ::testing::Test {
 protected:
  void SetUp() override {
    const absl::Status started = server_.Start();
    ASSERT_TRUE(started.ok()) << base::MessageOf(started);
  }

  const base::TemporaryDirectory directory_;
  ServerProcess server_{{.binary = SubjectServer(), .directory = directory_.path()}};
};

TEST_F(Shutdown, SigtermWhileWritingEndsCleanlyAndKeepsEveryAcknowledgedWrite) {
  const int64_t before = CurrentRevision(server_.address());
  RecordingWriters writers({.address = server_.address(), .prefix = "w/", .connections = 20});
  ASSERT_TRUE(writers.WaitForAcknowledged(500));
  const std::optional<int> code = server_.Terminate(kGoneWithin);
  ASSERT_TRUE(code.has_value()) << "still running after SIGTERM: " << server_.LogTail();
  EXPECT_EQ(*code, 0) << server_.LogTail();
  writers.Stop();
  // Clients are told to go elsewhere, nothing worse: 1 CANCELLED, 14 UNAVAILABLE.
  for (const auto& [error, count] : writers.errors()) {
    EXPECT_TRUE(error.starts_with("14 ") || error.starts_with("1 ")) << count << " times " << error;
  }

  const absl::Status started = server_.Start();
  ASSERT_TRUE(started.ok()) << base::MessageOf(started);
  int64_t after = 0;
  EXPECT_EQ(CheckWrites(server_.address(), "w/", writers.TakeWrites(), before, &after), "");
}

TEST_F(Shutdown, IdleServerIsGoneAtOnce) {
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(server_.Terminate(kGoneWithin), std::optional<int>(0)) << server_.LogTail();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(1500));
}

TEST_F(Shutdown, ANormalLifeLogsNoErrors) {
  const RecordingWriters writers({.address = server_.address(), .prefix = "w/", .connections = 2});
  ASSERT_TRUE(writers.WaitForAcknowledged(50));
  ASSERT_TRUE(server_.Terminate(kGoneWithin).has_value());
  EXPECT_EQ(server_.Log().find("\"level\":\"error\""), std::string::npos) << server_.LogTail();
}

// Its end waits for a sync that lasts.
TEST_F(TroubledDisk, ASecondSigtermStopsAtOnce) {
  ASSERT_NO_FATAL_FAILURE(Start());
  Faults("sync .wal delay " + std::to_string(std::chrono::milliseconds(std::chrono::minutes(10)).count()) + "\n");
  std::thread writer([this] { EXPECT_NE(Put("never synced"), 0); });
  EXPECT_TRUE(Eventually([this] { return FailedCalls().find(".wal") != std::string::npos; })) << server_.LogTail();
  server_.Signal(SIGTERM);
  EXPECT_TRUE(Eventually([this] { return server_.Log().find("received signal") != std::string::npos; }));
  server_.Signal(SIGTERM);
  EXPECT_EQ(server_.WaitForExit(kGoneWithin), std::optional<int>(128 + SIGTERM)) << server_.LogTail();
  server_.Kill();
  writer.join();
}

}  // namespace
}  // namespace quorate::testing
