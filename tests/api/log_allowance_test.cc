#include "src/api/log_allowance.h"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <sstream>
#include <string>

#include "quorate/base/logging.h"
#include "tests/api/http_testing.h"
#include "tests/api/member_testing.h"
#include "tests/base/files_testing.h"

namespace quorate::api {
namespace {

constexpr int kMany = 100;

TEST(LogAllowanceTest, SoManyASecondAndTheRestIsCounted) {
  LogAllowance allowance;
  uint64_t left_out = 0;
  int lines = 0;
  while (allowance.TakeLine(&left_out)) ++lines;
  EXPECT_GE(lines, LogAllowance::kLinesMax);
  EXPECT_FALSE(allowance.TakeLine(&left_out));
  EXPECT_EQ(left_out, 0u);
  while (!allowance.TakeLine(&left_out)) {
  }
  EXPECT_GE(left_out, 2u);
  EXPECT_TRUE(allowance.TakeLine(&left_out));
  EXPECT_EQ(left_out, 0u);
}

// Of a member that cannot be well, what is told of clients that ask it again and again.
class ToldTest : public testing::Test {
 protected:
  ToldTest() {
    grpc::ClientContext context;
    etcdserverpb::AlarmRequest alarm;
    alarm.set_action(etcdserverpb::AlarmRequest::ACTIVATE);
    alarm.set_alarm(etcdserverpb::CORRUPT);
    etcdserverpb::AlarmResponse response;
    EXPECT_TRUE(member_.maintenance().Alarm(&context, alarm, &response).ok());
    LogTo(base::LogLevel::kWarn, file_);
  }
  ~ToldTest() override { LogTo(base::LogLevel::kError, "stderr"); }

  static void LogTo(base::LogLevel level, const std::string& output) {
    base::LoggingOptions options;
    options.level = level;
    options.outputs = {output};
    EXPECT_TRUE(base::SetUpLogging(options).ok());
  }
  // Lines that have this message, of those so far.
  int Lines(const std::string& message) {
    base::FlushLogging();
    std::stringstream text;
    text << std::ifstream(file_).rdbuf();
    int lines = 0;
    for (std::string line; std::getline(text, line);) lines += line.find(message) != std::string::npos;
    return lines;
  }
  int LinesMax() const {
    const auto took = std::chrono::steady_clock::now() - begun_;
    return static_cast<int>(2 + std::chrono::duration_cast<std::chrono::seconds>(took).count()) *
           LogAllowance::kLinesMax;
  }

  base::TemporaryDirectory directory_;
  const std::string file_ = directory_.path() + "/log";
  TestMember member_;
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

TEST_F(ToldTest, RefusedDowngradesAreSoFewLines) {
  for (int i = 0; i < kMany; ++i) {
    grpc::ClientContext context;
    etcdserverpb::DowngradeRequest request;
    request.set_version("nonsense");
    etcdserverpb::DowngradeResponse response;
    EXPECT_FALSE(member_.maintenance().Downgrade(&context, request, &response).ok());
  }
  const int lines = Lines("reject downgrade request");
  EXPECT_GT(lines, 0);
  EXPECT_LE(lines, LinesMax());
}

TEST_F(ToldTest, FailedProbesAreSoFewLines) {
  for (int i = 0; i < kMany; ++i) {
    EXPECT_NE(HttpGet(member_.address(), "/health").find(" 503 "), std::string::npos);
    EXPECT_NE(HttpGet(member_.address(), "/readyz").find(" 503 "), std::string::npos);
  }
  const int lines = Lines("/health error") + Lines("Health check error");
  EXPECT_GT(lines, 0);
  EXPECT_LE(lines, LinesMax());
}

}  // namespace
}  // namespace quorate::api
