#include "quorate/base/memory_limit.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <limits>

#include "tests/base/files_testing.h"

namespace quorate::base {
namespace {

constexpr uint64_t kNone = std::numeric_limits<uint64_t>::max();

class MemoryLimitTest : public testing::Test {
 protected:
  void Limit(const std::string& path, const std::string& text) {
    const std::string whole = root_.path() + "/sys/fs/cgroup/" + path;
    std::filesystem::create_directories(std::filesystem::path(whole).parent_path());
    WriteFile(whole, text);
  }
  uint64_t Of(const std::string& memberships) const { return ControlGroupMemoryLimit(memberships, root_.path()); }

  TemporaryDirectory root_;
};

TEST_F(MemoryLimitTest, IsTheTightestOfTheGroupsAbove) {
  Limit("system.slice/quorate.service/memory.max", "4294967296\n");
  Limit("system.slice/memory.max", "max\n");
  EXPECT_EQ(Of("0::/system.slice/quorate.service\n"), 4294967296u);
  EXPECT_EQ(Of("0::/system.slice\n"), kNone);
  Limit("system.slice/memory.max", "1073741824\n");
  EXPECT_EQ(Of("0::/system.slice/quorate.service\n"), 1073741824u);
}

TEST_F(MemoryLimitTest, OfTheFirstVersionIsInTheGroupOfTheController) {
  Limit("memory/a/b/memory.limit_in_bytes", "500000\n");
  Limit("memory/memory.limit_in_bytes", "9223372036854771712\n");
  Limit("memory/cpu/memory.limit_in_bytes", "1\n");
  EXPECT_EQ(Of("5:cpu,cpuacct:/cpu\n4:hugetlb,memory:/a/b\n0::/a\n"), 500000u);
  EXPECT_EQ(Of("4:memory:/c\n"), 9223372036854771712u);
}

TEST_F(MemoryLimitTest, OfAContainerIsAtItsRoot) {
  Limit("memory.max", "2000000\n");
  EXPECT_EQ(Of("0::/kubepods/pod1/abc\n"), 2000000u);
}

TEST_F(MemoryLimitTest, WhatIsNotOfThisFormSetsNone) {
  Limit("memory.max", "");
  EXPECT_EQ(Of(""), kNone);
  EXPECT_EQ(Of("\n:\n::\n0:\n0::\n0::relative\n0::/x\n"), kNone);
}

TEST_F(MemoryLimitTest, OfThisProcessIsSomethingItRunsIn) { EXPECT_GT(MemoryLimit(), 64u << 20); }

}  // namespace
}  // namespace quorate::base
