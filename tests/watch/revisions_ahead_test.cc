#include "src/watch/revisions_ahead.h"

#include <gtest/gtest.h>

namespace quorate::watch {
namespace {

TEST(RevisionsAheadTest, ThosePassedByThePositionGoByThemselves) {
  RevisionsAhead ahead;
  EXPECT_FALSE(ahead.Any(1));
  ahead.Add(5, 5);
  EXPECT_FALSE(ahead.Any(5));
  ahead.Add(7, 5);
  ahead.Add(9, 5);
  EXPECT_TRUE(ahead.Any(8));
  EXPECT_FALSE(ahead.Any(9));
}

TEST(RevisionsAheadTest, EachCounts) {
  RevisionsAhead ahead;
  ahead.Add(7, 1);
  ahead.Add(7, 1);
  ahead.Remove(7, 1);
  EXPECT_TRUE(ahead.Any(1));
  ahead.Remove(7, 1);
  EXPECT_FALSE(ahead.Any(1));
  ahead.Add(3, 1);
  ahead.Remove(3, 4);
  EXPECT_FALSE(ahead.Any(4));
}

}  // namespace
}  // namespace quorate::watch
