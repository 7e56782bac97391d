#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <string>
#include <thread>

#include "tests/e2e/binaries.h"
#include "tests/e2e/recorded_writes.h"
#include "tests/e2e/server_process.h"
#include "tests/e2e/temporary_directory.h"

namespace quorate::testing {
namespace {

constexpr std::chrono::seconds kGoneWithin(5);

class Shutdown : public ::testing::Test {
 protected:
  void SetUp() override {
    const absl::Status started = server_.Start();
    ASSERT_TRUE(started.ok()) << base::MessageOf(started);
  }
  void WaitForWrites(const RecordingWriters& writers, uint64_t count) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (writers.acknowledged() < count && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    ASSERT_GE(writers.acknowledged(), count);
  }

  const TemporaryDirectory directory_;
  ServerProcess server_{{.binary = SubjectServer(), .directory = directory_.path()}};
};

TEST_F(Shutdown, SigtermWhileWritingEndsCleanlyAndKeepsEveryAcknowledgedWrite) {
  const int64_t before = CurrentRevision(server_.address());
  RecordingWriters writers({.address = server_.address(), .prefix = "w/", .connections = 20});
  ASSERT_NO_FATAL_FAILURE(WaitForWrites(writers, 500));
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
  ASSERT_NO_FATAL_FAILURE(WaitForWrites(writers, 50));
  ASSERT_TRUE(server_.Terminate(kGoneWithin).has_value());
  EXPECT_EQ(server_.Log().find("\"level\":\"error\""), std::string::npos) << server_.LogTail();
}

TEST_F(Shutdown, ASecondSigtermStopsAtOnce) {
  server_.Signal(SIGTERM);
  server_.Signal(SIGTERM);
  EXPECT_TRUE(server_.WaitForExit(std::chrono::seconds(1)).has_value()) << server_.LogTail();
}

}  // namespace
}  // namespace quorate::testing
