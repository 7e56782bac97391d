#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <sstream>
#include <thread>

#include "quorate/ctl/ctl.h"
#include "src/ctl/cancellation.h"
#include "src/ctl/input_lines.h"
#include "src/ctl/names.h"
#include "src/ctl/watch_syntax.h"
#include "tests/ctl/fake_server_testing.h"

namespace quorate::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(WatchLine, HasItsOwnFlags) {
  WatchFlags flags;
  auto arguments = ReadWatchLine({"a", "--rev", "7", "b", "--prev-kv", "--", "echo", "-n"}, {}, flags);
  ASSERT_TRUE(arguments.ok());
  EXPECT_THAT(arguments->range, ElementsAre("a", "b"));
  EXPECT_THAT(arguments->program, ElementsAre("echo", "-n"));
  auto request = WatchRequestOf(flags, arguments->range);
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->ShortDebugString(), "key: \"a\" range_end: \"b\" start_revision: 7 prev_kv: true");
}

TEST(WatchLine, TakesItsKeyFromTheEnvironment) {
  WatchFlags flags;
  auto arguments = ReadWatchLine({"--", "echo"}, {"k", "l"}, flags);
  ASSERT_TRUE(arguments.ok());
  EXPECT_THAT(arguments->range, ElementsAre("k", "l"));
  EXPECT_EQ(base::MessageOf(ReadWatchLine({"a"}, {"k", ""}, flags).status()),
            "bad number of arguments (found conflicting environment key)");
}

TEST(WatchLine, AnEmptyPrefixIsEveryKey) {
  WatchFlags flags;
  flags.prefix = true;
  EXPECT_EQ(WatchRequestOf(flags, {""})->ShortDebugString(), R"(key: "\000" range_end: "\000")");
}

TEST(InputLines, WaitForADescriptorUntilACancellation) {
  std::array<int, 2> ends;
  ASSERT_EQ(pipe(ends.data()), 0);
  Cancellation stop;
  std::istringstream unused;
  InputLines lines(unused, ends[0], stop);
  ASSERT_EQ(write(ends[1], "one\ntwo\nthr", 11), 11);
  EXPECT_EQ(lines.Next(), "one");
  EXPECT_EQ(lines.Next(), "two");
  std::thread canceller([&stop] { stop.Cancel(); });
  EXPECT_EQ(lines.Next(), std::nullopt);
  canceller.join();
  close(ends[0]);
  close(ends[1]);
}

TEST(InputLines, ALineThatIsNotEndedIsNone) {
  std::istringstream in("one\ntwo");
  Cancellation never;
  InputLines lines(in, -1, never);
  EXPECT_EQ(lines.Next(), "one");
  EXPECT_EQ(lines.Next(), std::nullopt);
}

class WatchCommandTest : public testing::Test {
 protected:
  int RunLine(std::vector<std::string> line, const tool::Streams& streams, std::vector<std::string> environment = {}) {
    line.insert(line.begin(), {"--endpoints", server_.address()});
    environment.push_back("PATH=" + std::string(getenv("PATH")));
    return ctl::Run(line, environment, streams);
  }
  // To each watch, at revision 21, and nothing after it.
  void SendOnePut(const std::string& key) {
    server_.on_watch = [key](FakeServer::WatchStream& stream) {
      AcceptWatch(stream, 0, 20);
      SendPut(stream, 0, key, 21);
      AwaitEnd(stream);
      return grpc::Status::OK;
    };
  }

  FakeServer server_;
  std::istringstream in_;
  std::ostringstream out_, err_;
};

TEST_F(WatchCommandTest, AProgramThatFailsEndsIt) {
  SendOnePut("a\n");
  const std::string check = R"(test "$ETCD_WATCH_KEY" = '"a\n"' -a $ETCD_WATCH_REVISION = 21 && exit 4)";
  EXPECT_EQ(RunLine({"watch", "a", "--", "sh", "-c", check}, {in_, out_, err_}), 1);
  EXPECT_EQ(out_.str(), "PUT\na\n\n\n");
  EXPECT_THAT(err_.str(), HasSubstr(" error (exit status 4)\n"));
}

TEST_F(WatchCommandTest, AProgramHearsOfTheEventAloneThoughAWatchRunsInAnother) {
  SendOnePut("a");
  // A shell would have sorted the environment out.
  const std::string check = R"(/^ETCD_WATCH_KEY=outer$/q5;/^ETCD_WATCH_KEY="a"$/q4)";
  EXPECT_EQ(RunLine({"watch", "a", "--", "sed", "-nz", check, "/proc/self/environ"}, {in_, out_, err_},
                    {"ETCD_WATCH_KEY=outer"}),
            1);
  EXPECT_THAT(err_.str(), HasSubstr(" error (exit status 4)\n"));
}

TEST_F(WatchCommandTest, AFailureEndsTheInteractiveModeThoughInputStaysOpen) {
  SendOnePut("a");
  std::array<int, 2> ends;
  ASSERT_EQ(pipe(ends.data()), 0);
  ASSERT_EQ(write(ends[1], "watch a -- false\n", 17), 17);
  EXPECT_EQ(RunLine({"watch", "-i"}, {in_, out_, err_, ends[0]}), 1);
  EXPECT_EQ(err_.str(), "command [\"false\"] error (exit status 1)\n");
  close(ends[0]);
  close(ends[1]);
}

}  // namespace
}  // namespace quorate::ctl
