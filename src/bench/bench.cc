#include "quorate/bench/bench.h"

#include <cstdio>

#include "src/bench/options.h"
#include "src/bench/report.h"
#include "src/bench/run.h"

namespace quorate::bench {

int Main(int argc, char** argv) {
  const ParsedOptions parsed = ParseOptions(argc, argv);
  if (!parsed.run) return parsed.exit_code;
  const absl::StatusOr<RunResult> result = Run(parsed.options);
  if (!result.ok()) {
    std::fprintf(stderr, "quorate-bench: %s\n", std::string(base::MessageOf(result.status())).c_str());
    return 1;
  }
  const auto report = parsed.options.json ? JsonReport : TextReport;
  std::fputs(report(parsed.options, *result).c_str(), stdout);
  return result->figures.errors.empty() ? 0 : 1;
}

}  // namespace quorate::bench
