#include "src/bench/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>

#include "src/bench/audience.h"
#include "src/bench/scenario.h"

namespace quorate::bench {
namespace {

constexpr int kThreadsMax = 64;
constexpr int kConnectionsMax = 100'000;
constexpr int kInFlightMax = 10'000;
constexpr uint64_t kKeysMax = 1'000'000'000;
constexpr uint64_t kValueSizeMax = 16 << 20;

constexpr uint64_t kWatchersMax = 10'000'000;
constexpr uint64_t kLeasesMax = 10'000'000;

std::string Names() { return ScenarioNames() + ", " + kLimits + ", " + kFirstGet; }

std::string CheckName(const std::string& name) {
  const bool known = IsScenario(name) || name == kLimits || name == kFirstGet;
  return known ? std::string() : "unknown scenario '" + name + "', known: " + Names();
}

std::chrono::nanoseconds Seconds(double seconds) {
  return std::chrono::nanoseconds(static_cast<int64_t>(seconds * 1e9));
}

// As they are on the command line.
struct Spans {
  double duration_s = 10;
  double warm_up_s = 1;
  double compact_every_s = 2.5;
};

void AddLoadFlags(CLI::App& app, Options& options) {
  app.add_option("scenario", options.scenario, "what to send: " + Names())->required()->check(CheckName);
  app.add_option("--endpoints", options.endpoints, "http://host:port or unix://path, comma separated")
      ->delimiter(',')
      ->capture_default_str();
  app.add_option("--connections,-c", options.connections, "connections")
      ->check(CLI::Range(1, kConnectionsMax))
      ->capture_default_str();
  app.add_option("--in-flight,-m", options.in_flight, "requests in flight on each connection")
      ->check(CLI::Range(1, kInFlightMax))
      ->capture_default_str();
  app.add_option("--threads,-t", options.threads, "threads that share the connections")
      ->check(CLI::Range(1, kThreadsMax))
      ->capture_default_str();
  app.add_option("--rate", options.rate, "requests a second, 0: as fast as answers come")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--keys", options.keys, "number of keys, chosen at random")
      ->check(CLI::Range(uint64_t{1}, kKeysMax))
      ->capture_default_str();
  app.add_option("--key-prefix", options.key_prefix, "what every key starts with")->capture_default_str();
  app.add_option("--value-size", options.value_size, "bytes of a value, incompressible")
      ->check(CLI::Range(uint64_t{0}, kValueSizeMax))
      ->capture_default_str();
}

void AddScenarioFlags(CLI::App& app, Options& options, Spans& spans) {
  app.add_flag("--serializable", options.serializable, "reads are serializable, not linearizable");
  app.add_option("--read-share", options.read_share, "mixed: share of reads")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  app.add_option("--limit", options.limit, "list, page: keys in one answer, 0 for all")->capture_default_str();
  app.add_flag("--preload,!--no-preload", options.preload, "put every key first where the scenario needs them")
      ->capture_default_str();
  app.add_option("--watchers", options.watchers, "watch: watchers")
      ->check(CLI::Range(uint64_t{0}, kWatchersMax))
      ->capture_default_str();
  app.add_option("--watch-connections", options.watch_connections, "watch: connections of the watchers")
      ->check(CLI::Range(1, kConnectionsMax))
      ->capture_default_str();
  app.add_flag("--watch-each", options.watch_each, "watch: each watcher has its own key, and writers do not wait");
  app.add_option("--leases", options.leases, "lease-revoke: leases")
      ->check(CLI::Range(uint64_t{1}, kLeasesMax))
      ->capture_default_str();
  app.add_option("--lease-keys", options.lease_keys, "lease-revoke: keys attached to each lease")
      ->check(CLI::Range(uint64_t{1}, kKeysMax))
      ->capture_default_str();
  app.add_option("--compact-every", spans.compact_every_s, "compact: seconds between compactions")
      ->check(CLI::Range(0.001, 1e6))
      ->capture_default_str();
  app.add_option("--compact-behind", options.compact_behind, "compact: revisions that are kept")->capture_default_str();
  app.add_option("--dir", options.directory, "limits: where to sync a file")->capture_default_str();
  app.add_option("--since", options.since_ns, "first-get: monotonic clock at the start, in ns, 0 for now");
}

void AddRunFlags(CLI::App& app, Options& options, Spans& spans) {
  app.add_option("--duration", spans.duration_s, "seconds to measure")
      ->check(CLI::Range(0.001, 1e6))
      ->capture_default_str();
  app.add_option("--requests,-n", options.requests, "end after that many requests instead of --duration");
  app.add_option("--warm-up", spans.warm_up_s, "seconds before measuring")
      ->check(CLI::Range(0.0, 1e6))
      ->capture_default_str();
  app.add_option("--seed", options.seed, "of the random keys and values")->capture_default_str();
  app.add_option("--server-pid", options.server_pid, "report CPU time and memory of this process");
  app.add_flag("--json", options.json, "print the figures as JSON");
}

// What no flag alone can say.
void Check(const Options& options) {
  const bool is_watched = IsScenario(options.scenario) && TraitsOf(options.scenario).watched && options.watchers != 0;
  if (is_watched && options.value_size < kTimestampBytes) {
    throw CLI::ValidationError(
        "--value-size", "a watched value holds the moment it was sent, " + std::to_string(kTimestampBytes) + " bytes");
  }
}

void Settle(const Spans& spans, Options* options) {
  options->duration = Seconds(spans.duration_s);
  options->warm_up = Seconds(spans.warm_up_s);
  options->compact_every = Seconds(spans.compact_every_s);
  if (IsScenario(options->scenario) && TraitsOf(options->scenario).requests != nullptr) {
    options->requests = TraitsOf(options->scenario).requests(*options);
    options->warm_up = {};
  }
  options->threads = std::min(options->threads, options->connections);
  options->threads = static_cast<int>(std::min<uint64_t>(options->threads, options->keys));
}

}  // namespace

ParsedOptions ParseOptions(int argc, const char* const* argv) {
  ParsedOptions parsed;
  Spans spans;
  CLI::App app("Load generator for servers of the etcd v3 API.", "quorate-bench");
  app.get_formatter()->column_width(36);
  AddLoadFlags(app, parsed.options);
  AddScenarioFlags(app, parsed.options, spans);
  AddRunFlags(app, parsed.options, spans);
  try {
    app.parse(argc, argv);
    Check(parsed.options);
  } catch (const CLI::ParseError& error) {
    constexpr int kUsageExitCode = 2;
    parsed.exit_code = app.exit(error) == 0 ? 0 : kUsageExitCode;
    return parsed;
  }
  Settle(spans, &parsed.options);
  parsed.run = true;
  return parsed;
}

}  // namespace quorate::bench
