#include "src/config/auto_compaction.h"

#include <gtest/gtest.h>

#include <string>

#include "quorate/base/duration.h"

namespace quorate::config {
namespace {

// "1h0m0s" for a time, "1000" for revisions, "" for none, or the error.
std::string Parse(std::string_view mode, std::string_view retention) {
  const auto parsed = ParseAutoCompaction(mode, retention);
  if (!parsed.ok()) return std::string(base::MessageOf(parsed.status()));
  EXPECT_TRUE(parsed->period.count() == 0 || parsed->revisions == 0);
  if (parsed->period.count() > 0) return base::FormatDuration(parsed->period);
  return parsed->revisions > 0 ? std::to_string(parsed->revisions) : "";
}

TEST(AutoCompactionFlagsTest, PeriodicCountsHoursWithoutAUnit) {
  EXPECT_EQ(Parse("periodic", "0"), "");
  EXPECT_EQ(Parse("periodic", ""), "");
  EXPECT_EQ(Parse("periodic", "0s"), "");
  EXPECT_EQ(Parse("periodic", "1"), "1h0m0s");
  EXPECT_EQ(Parse("periodic", "+24"), "24h0m0s");
  EXPECT_EQ(Parse("periodic", "30m"), "30m0s");
  EXPECT_EQ(Parse("periodic", "1h30m"), "1h30m0s");
  EXPECT_EQ(Parse("periodic", "5s"), "5s");
  EXPECT_EQ(Parse("periodic", "0.5h"), "30m0s");
}

TEST(AutoCompactionFlagsTest, ByRevisionCountsRevisions) {
  EXPECT_EQ(Parse("revision", "0"), "");
  EXPECT_EQ(Parse("revision", "1000"), "1000");
  EXPECT_EQ(Parse("revision", "1us"), "1000");
}

TEST(AutoCompactionFlagsTest, WhatCannotBeReadIsRefused) {
  EXPECT_TRUE(Parse("periodic", "soon").starts_with("error parsing CompactionRetention: "))
      << Parse("periodic", "soon");
  EXPECT_TRUE(Parse("periodic", "1.5").starts_with("error parsing CompactionRetention: "));
  EXPECT_TRUE(Parse("periodic", "-1").starts_with("error parsing CompactionRetention: "));
  EXPECT_TRUE(Parse("revision", "+-1").starts_with("error parsing CompactionRetention: "));
  EXPECT_NE(Parse("periodic", "-5m").find("negative"), std::string::npos);
  EXPECT_NE(Parse("periodic", "3000000").find("more hours"), std::string::npos);
}

}  // namespace
}  // namespace quorate::config
