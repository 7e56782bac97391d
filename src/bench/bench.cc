#include "quorate/bench/bench.h"

#include <cstdio>
#include <string>

#include "src/bench/first_get.h"
#include "src/bench/limits.h"
#include "src/bench/options.h"
#include "src/bench/report.h"
#include "src/bench/run.h"

namespace quorate::bench {
namespace {

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "quorate-bench: %s\n", std::string(base::MessageOf(status)).c_str());
  return 1;
}

int MainOfLimits(const Options& options) {
  const absl::StatusOr<Limits> limits = MeasureLimits(options);
  if (!limits.ok()) return Fail(limits.status());
  std::fputs(JsonReport(*limits).c_str(), stdout);
  return 0;
}

int MainOfFirstGet(const Options& options) {
  const absl::StatusOr<double> elapsed_ms = MillisecondsToFirstGet(options);
  if (!elapsed_ms.ok()) return Fail(elapsed_ms.status());
  std::printf("{\"first_get_ms\":%.3f}\n", *elapsed_ms);
  return 0;
}

}  // namespace

int Main(int argc, char** argv) {
  const ParsedOptions parsed = ParseOptions(argc, argv);
  if (!parsed.run) return parsed.exit_code;
  if (parsed.options.scenario == kLimits) return MainOfLimits(parsed.options);
  if (parsed.options.scenario == kFirstGet) return MainOfFirstGet(parsed.options);
  const absl::StatusOr<RunResult> result = Run(parsed.options);
  if (!result.ok()) return Fail(result.status());
  const std::string report =
      parsed.options.json ? JsonReport(parsed.options, *result) : TextReport(parsed.options, *result);
  std::fputs(report.c_str(), stdout);
  const bool missed = result->delivery && result->delivery->missing != 0;
  return result->load.figures.errors.empty() && !missed ? 0 : 1;
}

}  // namespace quorate::bench
