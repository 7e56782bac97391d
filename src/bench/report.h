#pragma once

#include <string>

#include "src/bench/options.h"
#include "src/bench/run.h"

namespace quorate::bench {

// The figures of a run for a person to read, and as one JSON object. Times in JSON are in microseconds.
std::string TextReport(const Options& options, const RunResult& result);
std::string JsonReport(const Options& options, const RunResult& result);

}  // namespace quorate::bench
