#include "tests/seeded/seeded.h"

int main(int argc, char** argv) { return quorate::testing::RunSeededTests(argc, argv); }
