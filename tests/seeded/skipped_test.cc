#include <gtest/gtest.h>

namespace {

TEST(Skipped, EndsWithTheCodeOfASkippedProgram) { GTEST_SKIP() << "which is what is looked at"; }

}  // namespace
