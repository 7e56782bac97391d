#include "quorate/tool/completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "src/ctl/commands.h"
#include "src/ctl/global_flags.h"
#include "src/ctl/session.h"

namespace quorate::ctl {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> Complete(const Arguments& words) {
  std::istringstream in;
  std::ostringstream out, err;
  Session session({in, out, err}, {});
  Command root({"quoratectl", "", ""});
  AddGlobalFlags(root, session.flags());
  AddCommands(root, session);
  std::vector<std::string> found;
  for (const tool::Candidate& candidate : tool::CandidatesFor(root, words)) found.push_back(candidate.word);
  return found;
}

TEST(Completion, NamesOfCommands) {
  EXPECT_THAT(Complete({"e"}), ElementsAre("elect", "endpoint"));
  EXPECT_THAT(Complete({"lease", "r"}), ElementsAre("revoke"));
  EXPECT_THAT(Complete({"--endpoints", "x", "snapshot", ""}), ElementsAre("save"));
  EXPECT_THAT(Complete({"completion", ""}), ElementsAre("bash", "fish", "powershell", "zsh"));
  EXPECT_THAT(Complete({"__c"}), IsEmpty());
}

TEST(Completion, FlagsOfTheCommandAndOfAll) {
  EXPECT_THAT(Complete({"lock", "--"}), Contains("--ttl"));
  EXPECT_THAT(Complete({"lock", "--"}), Contains("--endpoints"));
  EXPECT_THAT(Complete({"watch", "key", "--pre"}), ElementsAre("--prefix", "--prev-kv"));
  EXPECT_THAT(Complete({"get", "--", "--pre"}), IsEmpty());
}

TEST(Completion, ValuesOfFlags) {
  EXPECT_THAT(Complete({"get", "-w", "j"}), ElementsAre("json"));
  EXPECT_THAT(Complete({"get", "--write-out=p"}), ElementsAre("--write-out=protobuf"));
  // As bash takes words apart.
  EXPECT_THAT(Complete({"get", "--order", "=", "A"}), ElementsAre("ASCEND"));
  EXPECT_THAT(Complete({"get", "--write-out", "=", "json", "--lim"}), ElementsAre("--limit"));
  EXPECT_THAT(Complete({"get", "--limit", ""}), IsEmpty());
}

TEST(Completion, KeysAndFilesAreTheShells) { EXPECT_THAT(Complete({"get", "k"}), IsEmpty()); }

}  // namespace
}  // namespace quorate::ctl
