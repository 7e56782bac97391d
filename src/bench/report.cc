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

std::string TextOf(const Histogram& latency) {
  std::string out = Format("mean %.0f us", latency.Mean() / kNsPerUs);
  for (const Quantile& quantile : kQuantiles) {
    out += Format(", %s %.0f us", quantile.name, static_cast<double>(latency.Percentile(quantile.percent)) / kNsPerUs);
  }
  return out + "\n";
}

std::string JsonOf(const Histogram& latency) {
  Object object;
  object.Number("mean", latency.Mean() / kNsPerUs);
  for (const Quantile& quantile : kQuantiles) {
    object.Number(quantile.name, static_cast<double>(latency.Percentile(quantile.percent)) / kNsPerUs);
  }
  return object.Done();
}

std::string JsonOf(const Counters& counters) {
  Object object;
  for (const auto& [name, count] : counters) object.Count(name, count);
  return object.Done();
}

std::string JsonOfErrors(const Figures& figures) {
  Object errors;
  for (const auto& [code, count] : figures.errors) {
    Object error;
    error.Count("count", count);
    error.Text("message", figures.error_messages.at(code));
    errors.Raw(std::to_string(code), error.Done());
  }
  return errors.Done();
}

// The figures that every window of load has.
void AddLoad(const LoadFigures& load, Object* object) {
  object->Count("requests", load.figures.latency_ns.count());
  object->Number("elapsed_s", load.elapsed_s);
  object->Number("requests_per_s", load.Throughput());
  object->Raw("latency_us", JsonOf(load.figures.latency_ns));
  object->Number("longest_gap_us", static_cast<double>(load.figures.longest_gap_ns) / kNsPerUs);
  object->Count("never_sent", load.figures.never_sent);
  object->Count("error_count", load.figures.ErrorCount());
  object->Raw("errors", JsonOfErrors(load.figures));
  if (!load.usage_before || !load.usage_after) return;
  Object server;
  server.Number("cpu_us", *load.CpuNs() / kNsPerUs);
  server.Number("cpu_us_per_request", load.CpuNsPerRequest().value_or(0) / kNsPerUs);
  server.Count("resident_bytes_before", load.usage_before->resident_bytes);
  server.Count("resident_bytes_after", load.usage_after->resident_bytes);
  server.Count("resident_bytes_peak", load.usage_after->peak_resident_bytes);
  object->Raw("server", server.Done());
}

std::string JsonOf(const RunResult& result, const Delivery& delivery) {
  Object object;
  const uint64_t events = delivery.latency_ns.count();
  object.Count("events", events);
  object.Number("elapsed_s", result.delivery_s);
  object.Number("events_per_s", result.EventsPerSecond());
  object.Count("missing", delivery.missing);
  object.Raw("latency_us", JsonOf(delivery.latency_ns));
  if (result.load.CpuNs() && events != 0) {
    object.Number("cpu_us_per_event", *result.load.CpuNs() / kNsPerUs / static_cast<double>(events));
  }
  return object.Done();
}

}  // namespace

std::string TextReport(const Options& options, const RunResult& result) {
  const LoadFigures& load = result.load;
  std::string out = Format("%-12s %s, %d x %d in flight, %lu keys, %lu byte values\n", "scenario",
                           options.scenario.c_str(), options.connections, options.in_flight,
                           static_cast<unsigned long>(options.keys), static_cast<unsigned long>(options.value_size));
  out += Format("%-12s %lu in %.2f s, %.0f/s\n", "requests",
                static_cast<unsigned long>(load.figures.latency_ns.count()), load.elapsed_s, load.Throughput());
  out += Format("%-12s ", "latency") + TextOf(load.figures.latency_ns);
  if (result.quiet) out += Format("%-12s ", "  quiet") + TextOf(result.quiet->figures.latency_ns);
  if (result.errand) {
    out += Format("%-12s %.2f s, ", "errand", result.errand->elapsed_s) + TextOf(result.errand->latency_ns);
    for (const auto& [name, count] : result.errand->counters) {
      out += Format("  %-18s %lu\n", name.c_str(), static_cast<unsigned long>(count));
    }
  }
  if (result.delivery) {
    out += Format("%-12s %lu in %.2f s, %.0f/s, %lu missing\n", "events",
                  static_cast<unsigned long>(result.delivery->latency_ns.count()), result.delivery_s,
                  result.EventsPerSecond(), static_cast<unsigned long>(result.delivery->missing));
    out += Format("%-12s ", "delivery") + TextOf(result.delivery->latency_ns);
  }
  if (const auto cpu = load.CpuNsPerRequest()) {
    out += Format("%-12s %.2f us of CPU per request, resident %.1f MiB before, %.1f MiB after, %.1f MiB at most\n",
                  "server", *cpu / kNsPerUs, static_cast<double>(load.usage_before->resident_bytes) / kBytesPerMiB,
                  static_cast<double>(load.usage_after->resident_bytes) / kBytesPerMiB,
                  static_cast<double>(load.usage_after->peak_resident_bytes) / kBytesPerMiB);
  }
  for (const auto& [name, count] : result.counters) {
    out += Format("%-12s %lu\n", name.c_str(), static_cast<unsigned long>(count));
  }
  if (load.figures.never_sent != 0) {
    out += Format("%-12s %lu\n", "never sent", static_cast<unsigned long>(load.figures.never_sent));
  }
  for (const auto& [code, count] : load.figures.errors) {
    out += Format("%-12s %lu with grpc-status %d: ", "errors", static_cast<unsigned long>(count), code) +
           load.figures.error_messages.at(code) + "\n";
  }
  return out;
}

std::string JsonReport(const Options& options, const RunResult& result) {
  Object run;
  run.Text("scenario", options.scenario);
  run.Count("connections", options.connections);
  run.Count("in_flight", options.in_flight);
  run.Number("rate", options.rate);
  run.Count("keys", options.keys);
  run.Count("value_size", options.value_size);
  AddLoad(result.load, &run);
  run.Raw("counters", JsonOf(result.counters));
  if (result.quiet) {
    Object quiet;
    AddLoad(*result.quiet, &quiet);
    run.Raw("quiet", quiet.Done());
  }
  if (result.errand) {
    Object errand;
    errand.Number("elapsed_s", result.errand->elapsed_s);
    errand.Raw("latency_us", JsonOf(result.errand->latency_ns));
    errand.Raw("counters", JsonOf(result.errand->counters));
    run.Raw("errand", errand.Done());
  }
  if (result.delivery) {
    run.Count("watchers", options.watchers);
    run.Raw("delivery", JsonOf(result, *result.delivery));
  }
  return run.Done() + "\n";
}

}  // namespace quorate::bench
