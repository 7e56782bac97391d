#include "src/storage/flush_marks.h"

#include <gtest/gtest.h>

namespace quorate::storage {
namespace {

TEST(FlushMarksTest, AMarkIsDurableWhenItsSequenceIsFlushed) {
  FlushMarks marks(5);
  EXPECT_EQ(marks.durable(), 5u);
  marks.Written(100, 6);
  marks.Written(200, 7);
  marks.Flushed(99);
  EXPECT_EQ(marks.durable(), 5u);
  marks.Flushed(150);
  EXPECT_EQ(marks.durable(), 6u);
  marks.Flushed(200);
  EXPECT_EQ(marks.durable(), 7u);
}

TEST(FlushMarksTest, AMarkWrittenTwiceWaitsForTheLastOfIt) {
  FlushMarks marks(0);
  marks.Written(10, 1);
  marks.Written(20, 1);
  marks.Flushed(10);
  EXPECT_EQ(marks.durable(), 0u);
  marks.Flushed(20);
  EXPECT_EQ(marks.durable(), 1u);
}

TEST(FlushMarksTest, ManyWritesCoarsenTheAnswerAndNeverOverstateIt) {
  FlushMarks marks(0);
  constexpr uint64_t kWrites = 4 * FlushMarks::kPairsMax;
  for (uint64_t i = 1; i <= kWrites; ++i) marks.Written(10 * i, i);
  marks.Flushed(10 * (kWrites / 2));
  EXPECT_LE(marks.durable(), kWrites / 2);
  EXPECT_GT(marks.durable(), kWrites / 4);
  marks.Flushed(10 * kWrites);
  EXPECT_EQ(marks.durable(), kWrites);
}

TEST(FlushMarksDeathTest, AFallingMarkStopsTheProcess) {
  FlushMarks marks(0);
  marks.Written(10, 2);
  EXPECT_DEATH(marks.Written(20, 1), "mark fell");
}

}  // namespace
}  // namespace quorate::storage
