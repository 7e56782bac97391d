#include "quorate/tool/completion.h"

#include <gtest/gtest.h>

namespace quorate::tool {
namespace {

TEST(Completion, EveryShellHasAProgramThatNamesTheTool) {
  for (const char* shell : {"bash", "zsh", "fish", "powershell"}) {
    std::string script = CompletionScript(shell, "quoratectl");
    EXPECT_NE(script.find("quoratectl"), std::string::npos) << shell;
    EXPECT_NE(script.find("__complete -- "), std::string::npos) << shell;
    EXPECT_EQ(script.find("TOOL"), std::string::npos) << shell;
  }
  EXPECT_EQ(CompletionScript("csh", "quoratectl"), "");
}

}  // namespace
}  // namespace quorate::tool
