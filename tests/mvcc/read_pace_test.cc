#include "src/mvcc/read_pace.h"

#include <gtest/gtest.h>

namespace quorate::mvcc {
namespace {

TEST(ReadPaceTest, IsSlowWhenManyReadsWaitAndUntilFewDo) {
  ReadPace pace;
  EXPECT_FALSE(pace.slow());
  for (int i = 0; i < 1000; ++i) pace.Took(i % 5 == 0 ? 1 : 0, 1);
  EXPECT_FALSE(pace.slow()) << "a fifth";
  for (int i = 0; i < 1000; ++i) pace.Took(i % 2, 1);
  EXPECT_TRUE(pace.slow()) << "half";
  for (int i = 0; i < 1000; ++i) pace.Took(i % 5 == 0 ? 1 : 0, 1);
  EXPECT_TRUE(pace.slow()) << "a fifth, still";
  for (int i = 0; i < 1000; ++i) pace.Took(i % 20 == 0 ? 1 : 0, 1);
  EXPECT_FALSE(pace.slow());
}

TEST(ReadPaceTest, ListsCountByTheirRecords) {
  ReadPace pace;
  for (int i = 0; i < 1000; ++i) pace.Took(10, 100);
  EXPECT_FALSE(pace.slow());
  for (int i = 0; i < 1000; ++i) pace.Took(500, 100);  // more than one wait for a record
  EXPECT_TRUE(pace.slow());
}

}  // namespace
}  // namespace quorate::mvcc
