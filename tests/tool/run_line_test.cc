#include "quorate/tool/run_line.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "quorate/tool/failure.h"

namespace quorate::tool {
namespace {

// A tool with one command, `copy`, that needs a flag and two arguments and fails as it is told to.
class RunLineTest : public testing::Test {
 protected:
  RunLineTest() {
    Command& copy = root_.Add({"copy", "<from> <to>", "Copies"});
    copy.AddFlag("into", &into_, "directory");
    copy.RequireFlag("into");
    copy.RequireArguments(2);
    copy.SetAction([this](const Arguments&) {
      ++runs_;
      return answer_;
    });
  }

  int Run(const Arguments& words, std::ostream& out) {
    std::istringstream in;
    err_.str("");
    return RunLine(root_, words, {in, out, err_},
                   {.usage = [](const Command& command) { return "usage of " + command.Path(); },
                    .help = [](const Command& command) { return "help of " + command.Path(); }});
  }
  int Run(const Arguments& words) {
    out_.str("");
    return Run(words, out_);
  }

  std::string into_;
  int runs_ = 0;
  absl::Status answer_;
  Command root_{{"tool", "", "A tool"}};
  std::ostringstream out_, err_;
};

TEST_F(RunLineTest, ACommandIsRunOnlyWithWhatItAsksFor) {
  EXPECT_EQ(Run({"copy", "a"}), 1);
  EXPECT_EQ(err_.str(), "Error: accepts 2 arg(s), received 1\nusage of tool copy\n");
  EXPECT_EQ(Run({"copy", "a", "b"}), 1);
  EXPECT_EQ(err_.str(), "Error: required flag(s) \"into\" not set\nusage of tool copy\n");
  EXPECT_EQ(runs_, 0);
  EXPECT_EQ(Run({"copy", "a", "b", "--into", "c"}), 0);
  EXPECT_EQ(runs_, 1);
}

TEST_F(RunLineTest, WithoutAnActionThereIsHelp) {
  EXPECT_EQ(Run({}), 0);
  EXPECT_EQ(out_.str(), "help of tool");
}

TEST_F(RunLineTest, AFailureIsToldAndSetsTheExitCode) {
  answer_ = Fail(Exit::kBadFeature, "no");
  EXPECT_EQ(Run({"copy", "a", "b", "--into", "c"}), 4);
  EXPECT_EQ(err_.str(), "Error: no\n");
  answer_ = FailSilently(Exit::kInterrupted);
  EXPECT_EQ(Run({"copy", "a", "b", "--into", "c"}), 5);
  EXPECT_EQ(err_.str(), "");
}

TEST_F(RunLineTest, OutputThatIsLostIsAFailure) {
  std::ofstream full("/dev/full");
  EXPECT_EQ(Run({"--help"}, full), 1);
  EXPECT_EQ(err_.str(), "Error: write standard output: no space left on device\n");
}

}  // namespace
}  // namespace quorate::tool
