#pragma once

// Tests of chance: each is repeated from its seed, and takes its arguments as Abseil's flags (--name=value) behind
// Google Test's own. A program defines those it has beside --seed with ABSL_FLAG.

#include <cstdint>

namespace quorate::testing {

// The seed of this run: --seed, otherwise $QUORATE_SEED, otherwise random, and the same at every call.
uint64_t Seed();

// main() of such tests: takes the arguments and runs all tests. An argument that nobody knows ends the process. The
// exit code is 77 when every test was skipped.
int RunSeededTests(int argc, char** argv);

}  // namespace quorate::testing
