#include "quorate/bench/bench.h"

int main(int argc, char** argv) { return quorate::bench::Main(argc, argv); }
