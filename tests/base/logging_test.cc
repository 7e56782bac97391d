#include "quorate/base/logging.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <thread>

#include "quorate/base/check.h"
#include "quorate/base/json_string.h"
#include "src/base/logging_format.h"
#include "tests/base/files_testing.h"

namespace quorate::base {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

LogLine LineOf(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  return {level, std::chrono::system_clock::now(), "/any/where/src/server/start.cc", 42, message, fields};
}

std::string ReadAll(const std::string& path) {
  FlushLogging();
  return base::ReadFile(path);
}

// Log files in a directory of their own; standard error again afterwards.
class LoggingToFileTest : public ::testing::Test {
 protected:
  void TearDown() override { ASSERT_TRUE(SetUpLogging({}).ok()); }
  TemporaryDirectory temporary_;
  const std::string& directory_ = temporary_.path();
};

TEST(LogFormatTest, JsonLineHasLevelTimeCallerMessageAndFields) {
  EXPECT_THAT(FormatJson(LineOf(LogLevel::kWarn, "it happened",
                                {{"path", "/a"},
                                 {"count", 7},
                                 {"negative", -7},
                                 {"large", std::numeric_limits<uint64_t>::max()},
                                 {"ratio", 0.25},
                                 {"yes", true},
                                 {"urls", std::vector<std::string>{"a", "b"}}})),
              MatchesRegex("\\{\"level\":\"warn\",\"ts\":\"[^\"]+\",\"caller\":\"server/start.cc:42\","
                           "\"msg\":\"it happened\",\"path\":\"/a\",\"count\":7,\"negative\":-7,"
                           "\"large\":18446744073709551615,\"ratio\":0.25,\"yes\":true,"
                           "\"urls\":\\[\"a\",\"b\"\\]\\}"));
}

TEST(LogFormatTest, ConsoleLineIsTabSeparatedWithFieldsAsSpacedJson) {
  EXPECT_THAT(FormatConsole(LineOf(LogLevel::kInfo, "it happened",
                                   {{"path", "/a"}, {"urls", std::vector<std::string>{"a", "b"}}})),
              MatchesRegex("[^\t]+\tinfo\tserver/start.cc:42\tit happened\t"
                           "\\{\"path\": \"/a\", \"urls\": \\[\"a\", \"b\"\\]\\}"));
  EXPECT_THAT(FormatConsole(LineOf(LogLevel::kError, "bare", {})), MatchesRegex("[^\t]+\terror\t[^\t]+\tbare"));
}

TEST(LogFormatTest, TimeHasAlwaysSixDecimals) {
  setenv("TZ", "UTC", 1);
  tzset();
  const std::chrono::system_clock::time_point time{std::chrono::microseconds(1'795'248'000'120'000)};
  EXPECT_EQ(FormatLogTime(time), "2026-11-21T08:00:00.120000Z");
  setenv("TZ", "XXX-5:30", 1);
  tzset();
  EXPECT_EQ(FormatLogTime(time), "2026-11-21T13:30:00.120000+0530");
  setenv("TZ", "UTC", 1);
  tzset();
}

TEST(LogFormatTest, JsonStringsAreEscaped) {
  EXPECT_EQ(JsonString("plain ä €"), "\"plain ä €\"");
  EXPECT_EQ(JsonString("\"\\\n\r\t\b\f"), R"("\"\\\n\r\t\b\f")");
  EXPECT_EQ(JsonString(std::string_view("\0\x1f\x7f", 3)), "\"\\u0000\\u001f\x7f\"");
}

TEST(LogFormatTest, BytesThatAreNotUtf8BecomeReplacementCharacters) {
  EXPECT_EQ(JsonString("a\xff"
                       "b"),
            R"("a\ufffdb")");
  EXPECT_EQ(JsonString("\xc3"), R"("\ufffd")");                      // cut short
  EXPECT_EQ(JsonString("\xc0\xaf"), R"("\ufffd\ufffd")");            // overlong
  EXPECT_EQ(JsonString("\xed\xa0\x80"), R"("\ufffd\ufffd\ufffd")");  // a surrogate
  EXPECT_EQ(JsonString("\xf0\x9f\x98\x80"), "\"\xf0\x9f\x98\x80\"");
}

TEST(LogFormatTest, NumbersJsonCannotHoldAreStrings) {
  const std::string line = FormatJson(
      LineOf(LogLevel::kInfo, "m",
             {{"a", std::numeric_limits<double>::quiet_NaN()}, {"b", -std::numeric_limits<double>::infinity()}}));
  EXPECT_THAT(line, HasSubstr(R"("a":"NaN","b":"-Inf")"));
}

TEST(LogLevelTest, ParsesEtcdsNamesAndNoOthers) {
  EXPECT_EQ(*ParseLogLevel("debug"), LogLevel::kDebug);
  EXPECT_EQ(*ParseLogLevel("fatal"), LogLevel::kFatal);
  EXPECT_EQ(*ParseLogLevel("INFO"), LogLevel::kInfo);
  EXPECT_EQ(*ParseLogLevel("Warn"), LogLevel::kWarn);
  EXPECT_EQ(*ParseLogLevel("warning"), LogLevel::kWarn);
  EXPECT_EQ(*ParseLogLevel("dpanic"), LogLevel::kPanic);
  EXPECT_EQ(*ParseLogLevel(""), LogLevel::kInfo);
  EXPECT_FALSE(ParseLogLevel("loud").ok());
  EXPECT_FALSE(ParseLogLevel("info ").ok());
}

TEST_F(LoggingToFileTest, WritesToEveryOutputAndSkipsLowerLevels) {
  const std::string one = directory_ + "/one";
  const std::string two = directory_ + "/two";
  ASSERT_TRUE(SetUpLogging({LogLevel::kWarn, true, {one, two, one}}).ok());
  QUORATE_LOG(kInfo, "not this");
  QUORATE_LOG(kWarn, "this {} %s", {{"n", 1}});
  EXPECT_THAT(ReadAll(one), MatchesRegex("\\{\"level\":\"warn\",[^\n]*\"caller\":\"base/logging_test.cc:[0-9]+\","
                                         "\"msg\":\"this \\{\\} %s\",\"n\":1\\}\n"));
  EXPECT_EQ(ReadAll(one), ReadAll(two));
}

TEST_F(LoggingToFileTest, AppendsToWhatIsThere) {
  const std::string path = directory_ + "/log";
  std::ofstream(path) << "before\n";
  ASSERT_TRUE(SetUpLogging({LogLevel::kInfo, false, {path}}).ok());
  QUORATE_LOG(kInfo, "after");
  EXPECT_THAT(ReadAll(path), MatchesRegex("before\n[^\n]*\tafter\n"));
}

TEST_F(LoggingToFileTest, ATextOfAnyLengthIsWrittenCut) {
  const std::string path = directory_ + "/log";
  ASSERT_TRUE(SetUpLogging({LogLevel::kInfo, true, {path}}).ok());
  QUORATE_LOG(kInfo, "long", {{"text", std::string(10'000'000, '\0')}});
  FlushLogging();
  EXPECT_THAT(ReadAll(path), ::testing::EndsWith("... (cut, 10000000 bytes)\"}\n"));
}

TEST_F(LoggingToFileTest, DevNullSilencesEverything) {
  const std::string path = directory_ + "/log";
  ASSERT_TRUE(SetUpLogging({LogLevel::kInfo, true, {path, "/dev/null"}}).ok());
  QUORATE_LOG(kError, "unheard");
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(LoggingToFileTest, NamesTheFileThatCannotBeOpened) {
  const absl::Status status = SetUpLogging({LogLevel::kInfo, true, {directory_ + "/missing/log"}});
  EXPECT_THAT(std::string(MessageOf(status)), HasSubstr(directory_ + "/missing/log"));
  EXPECT_FALSE(SetUpLogging({LogLevel::kInfo, true, {"default", "stdout"}}).ok());
}

TEST_F(LoggingToFileTest, LinesOfSeveralThreadsStayWhole) {
  const std::string path = directory_ + "/log";
  ASSERT_TRUE(SetUpLogging({LogLevel::kInfo, true, {path}}).ok());
  constexpr int kThreads = 4;
  constexpr int kLines = 200;
  const std::string padding(1000, 'x');  // all that is logged fits into what may wait
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < kLines; ++n) QUORATE_LOG(kInfo, "line", {{"padding", padding}});
    });
  }
  for (std::thread& thread : threads) thread.join();
  FlushLogging();
  std::ifstream file(path);
  int lines = 0;
  for (std::string line; std::getline(file, line); ++lines) {
    ASSERT_TRUE(line.starts_with("{\"level\":\"info\"") && line.ends_with(padding + "\"}")) << line.substr(0, 200);
  }
  EXPECT_EQ(lines, kThreads * kLines);
}

// A pipe that nobody reads for now.
class BlockedPipeTest : public LoggingToFileTest {
 protected:
  void SetUp() override {
    LoggingToFileTest::SetUp();
    const std::string path = directory_ + "/pipe";
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    reader_ = ::open(path.c_str(), O_RDONLY | O_NONBLOCK);
    ASSERT_TRUE(SetUpLogging({LogLevel::kInfo, true, {path}}).ok());
  }
  void TearDown() override {
    ::close(reader_);  // what still waits fails
    LoggingToFileTest::TearDown();
  }
  std::string NextLine() {
    while (text_.find('\n') == std::string::npos) {
      pollfd readable{reader_, POLLIN, 0};
      if (::poll(&readable, 1, 20'000) != 1) return "nothing comes";
      std::array<char, 4096> buffer;
      const ssize_t count = ::read(reader_, buffer.data(), buffer.size());
      if (count > 0) text_.append(buffer.data(), static_cast<size_t>(count));
    }
    const std::string line = text_.substr(0, text_.find('\n'));
    text_.erase(0, line.size() + 1);
    return line;
  }

  int reader_ = -1;
  std::string text_;
};

TEST_F(BlockedPipeTest, NobodyWaitsAndWhatIsLeftOutIsToldInItsPlace) {
  constexpr int kLines = 3000;
  const std::string padding(1000, 'x');
  for (int i = 0; i < kLines; ++i) QUORATE_LOG(kInfo, "line", {{"padding", padding}, {"number", i}});
  int left_out = 0;
  for (int next = 0; next < kLines;) {
    const std::string line = NextLine();
    if (const size_t told = line.find("\"lines\":"); told != std::string::npos) {
      left_out += std::stoi(line.substr(told + 8));
      next += std::stoi(line.substr(told + 8));
    } else {
      ASSERT_THAT(line, HasSubstr("\"number\":" + std::to_string(next++) + "}"));
    }
  }
  EXPECT_GT(left_out, 0);
  EXPECT_LT(left_out, kLines * 3 / 4);
}

TEST(CheckDeathTest, AFailedCheckLogsConditionAndReasonAndAborts) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  const int seven = 7;
  EXPECT_EXIT(
      QUORATE_CHECK(seven == 8) << "seven is " << seven, ::testing::KilledBySignal(SIGABRT),
      "\"level\":\"fatal\".*\"caller\":\"base/logging_test.cc:.*\"msg\":\"check failed: seven == 8 seven is 7\"");
}

TEST(CheckDeathTest, WhatWasLoggedBeforeTheEndIsWritten) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  const auto log_and_exit = [] {
    for (int i = 0; i < 100; ++i) QUORATE_LOG(kError, "line", {{"number", i}});
    std::exit(3);
  };
  EXPECT_EXIT(log_and_exit(), ::testing::ExitedWithCode(3), "\"number\":0.*\"number\":99");
}

TEST(CheckDeathTest, AChildProcessLogsToo) {
  ::testing::FLAGS_gtest_death_test_style = "fast";
  QUORATE_LOG(kInfo, "the thread that writes is there, and is not in the child");
  EXPECT_EXIT(QUORATE_CHECK(false) << "in the child", ::testing::KilledBySignal(SIGABRT), "in the child");
}

TEST(CheckTest, ACheckThatHoldsDoesNotEvaluateItsMessage) {
  int evaluated = 0;
  QUORATE_CHECK(evaluated == 0) << ++evaluated;
  EXPECT_EQ(evaluated, 0);
}

}  // namespace
}  // namespace quorate::base
