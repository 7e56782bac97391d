#include "src/bench/report.h"

#include <cstdio>
#include <utility>

namespace quorate::bench {
namespace {

constexpr double kNsPerUs = 1e3;
constexpr double kBytesPerMiB = 1 << 20;

struct Quantile {
  const char* name;
  double percent;
};
constexpr Quantile kQuantiles[] = {{"p50", 50}, {"p90", 90}, {"p99", 99}, {"p99.9", 99.9}, {"max", 100}};

template <typename... Arguments>
std::string Format(const char* format, Arguments... arguments) {
  char text[256];
  std::snprintf(text, sizeof(text), format, arguments...);
  return text;
}

std::string Quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += Format("\\u%04x", c);
    } else {
      out += c;
    }
  }
  return out + "\"";
}

// Collects "name": value pairs of one object.
class Object {
 public:
  void Raw(const std::string& name, const std::string& value) {
    text_ += (text_.empty() ? "" : ",") + Quoted(name) + ":" + value;
  }
  void Text(const std::string& name, const std::string& value) { Raw(name, Quoted(value)); }
  void Number(const std::string& name, double value) { Raw(name, Format("%.6g", value)); }
  void Count(const std::string& name, uint64_t value) { Raw(name, std::to_string(value)); }
  std::string Done() const { return "{" + text_ + "}"; }

 private:
  std::string text_;
};

}  // namespace

std::string TextReport(const Options& options, const RunResult& result) {
  const Histogram& latency = result.figures.latency_ns;
  std::string out = Format("%-12s %s, %d x %d in flight, %lu keys, %lu byte values\n", "scenario",
                           options.scenario.c_str(), options.connections, options.in_flight,
                           static_cast<unsigned long>(options.keys), static_cast<unsigned long>(options.value_size));
  out += Format("%-12s %lu in %.2f s, %.0f/s\n", "requests", static_cast<unsigned long>(latency.count()),
                result.elapsed_s, result.Throughput());
  out += Format("%-12s mean %.0f us", "latency", latency.Mean() / kNsPerUs);
  for (const Quantile& quantile : kQuantiles) {
    out += Format(", %s %.0f us", quantile.name, static_cast<double>(latency.Percentile(quantile.percent)) / kNsPerUs);
  }
  out += "\n";
  if (const auto cpu = result.CpuNsPerRequest()) {
    out += Format("%-12s %.2f us of CPU per request, resident %.1f MiB before, %.1f MiB after\n", "server",
                  *cpu / kNsPerUs, static_cast<double>(result.usage_before->resident_bytes) / kBytesPerMiB,
                  static_cast<double>(result.usage_after->resident_bytes) / kBytesPerMiB);
  }
  for (const auto& [name, count] : result.counters) {
    out += Format("%-12s %lu\n", name.c_str(), static_cast<unsigned long>(count));
  }
  for (const auto& [code, count] : result.figures.errors) {
    out += Format("%-12s %lu with grpc-status %d: ", "errors", static_cast<unsigned long>(count), code) +
           result.figures.error_messages.at(code) + "\n";
  }
  return out;
}

std::string JsonReport(const Options& options, const RunResult& result) {
  const Histogram& latency = result.figures.latency_ns;
  Object latency_us;
  latency_us.Number("mean", latency.Mean() / kNsPerUs);
  for (const Quantile& quantile : kQuantiles) {
    latency_us.Number(quantile.name, static_cast<double>(latency.Percentile(quantile.percent)) / kNsPerUs);
  }
  Object errors;
  for (const auto& [code, count] : result.figures.errors) {
    Object error;
    error.Count("count", count);
    error.Text("message", result.figures.error_messages.at(code));
    errors.Raw(std::to_string(code), error.Done());
  }
  Object counters;
  for (const auto& [name, count] : result.counters) counters.Count(name, count);

  Object run;
  run.Text("scenario", options.scenario);
  run.Count("connections", options.connections);
  run.Count("in_flight", options.in_flight);
  run.Number("rate", options.rate);
  run.Count("keys", options.keys);
  run.Count("value_size", options.value_size);
  run.Count("requests", latency.count());
  run.Number("elapsed_s", result.elapsed_s);
  run.Number("requests_per_s", result.Throughput());
  run.Raw("latency_us", latency_us.Done());
  run.Count("error_count", result.figures.ErrorCount());
  run.Raw("errors", errors.Done());
  run.Raw("counters", counters.Done());
  if (const auto cpu = result.CpuNsPerRequest()) {
    Object server;
    server.Number("cpu_us_per_request", *cpu / kNsPerUs);
    server.Count("resident_bytes_before", result.usage_before->resident_bytes);
    server.Count("resident_bytes_after", result.usage_after->resident_bytes);
    run.Raw("server", server.Done());
  }
  return run.Done() + "\n";
}

}  // namespace quorate::bench
