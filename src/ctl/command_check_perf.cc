#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <ostream>
#include <thread>

#include "quorate/tool/progress_bar.h"
#include "src/ctl/cancellation.h"
#include "src/ctl/commands.h"
#include "src/ctl/load.h"
#include "src/ctl/names.h"
#include "src/ctl/session.h"
#include "src/ctl/signals.h"

namespace quorate::ctl {
namespace {

using SteadyClock = std::chrono::steady_clock;

struct PerfFlags {
  std::string load = "s";
  std::string prefix = "/etcdctl-check-perf/";
  Cleanup cleanup;
};

struct Workload {
  int64_t writes_per_second;
  size_t clients;
};

constexpr std::chrono::seconds kDuration(60);
constexpr size_t kKeyBytes = 256;
constexpr size_t kValueBytes = 1024;
// What a cluster has to reach.
constexpr double kShareOfThroughput = 0.9;
constexpr double kSlowestSecondsMax = 0.5;
constexpr double kDeviationSecondsMax = 0.1;

Workload WorkloadOf(const std::string& name) {
  if (name == "s") return {150, 50};
  if (name == "m") return {1000, 200};
  if (name == "l") return {8000, 500};
  return {15000, 1000};
}

// Hands out puts at a steady rate for the time of the check. Used by any number of threads.
class Pacer {
 public:
  Pacer(const std::string& prefix, int64_t per_second, const Cancellation& interrupted)
      : puts_(prefix, kKeyBytes, kValueBytes),
        interval_(std::chrono::nanoseconds(std::chrono::seconds(1)) / per_second),
        interrupted_(interrupted),
        next_(SteadyClock::now()),
        end_(next_ + kDuration) {}

  std::optional<etcdserverpb::PutRequest> Next() {
    SteadyClock::time_point turn;
    etcdserverpb::PutRequest put;
    {
      base::MutexLock lock(&mutex_);
      // A turn that was missed is not made up for.
      turn = std::max(next_, SteadyClock::now());
      next_ = turn + interval_;
      put = puts_.Next();
    }
    if (turn > end_ || interrupted_.WaitFor(turn - SteadyClock::now())) return std::nullopt;
    return put;
  }

 private:
  base::Mutex mutex_;
  RandomPuts puts_ ABSL_GUARDED_BY(mutex_);
  const Duration interval_;
  const Cancellation& interrupted_;
  SteadyClock::time_point next_ ABSL_GUARDED_BY(mutex_);
  const SteadyClock::time_point end_;
};

std::string Seconds(double seconds) {
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), "%fs", seconds);
  return text.data();
}

bool Judge(const LoadResult& result, const Workload& workload, std::ostream& out) {
  bool passed = ShowErrors(result, out);
  auto show = [&](bool good, const std::string& praise, const std::string& blame) {
    out << (good ? "PASS: " + praise : blame) << "\n";
    passed = passed && good;
  };
  const std::string rate = std::to_string(result.writes_per_second) + " writes/s";
  show(result.writes_rate / static_cast<double>(workload.writes_per_second) > kShareOfThroughput,
       "Throughput is " + rate, "FAIL: Throughput too low: " + rate);
  const std::string slowest = Seconds(result.slowest_seconds);
  show(result.slowest_seconds <= kSlowestSecondsMax, "Slowest request took " + slowest,
       "Slowest request took too long: " + slowest);
  const std::string deviation = Seconds(result.deviation_seconds);
  show(result.deviation_seconds <= kDeviationSecondsMax, "Stddev is " + deviation, "Stddev too high: " + deviation);
  out << (passed ? "PASS" : "FAIL") << "\n";
  return passed;
}

// Draws how much of the time is over, until it ends.
class Clock {
 public:
  explicit Clock(std::ostream* terminal) : thread_([this, terminal] { Run(terminal); }) {}
  ~Clock() {
    stop_.Cancel();
    thread_.join();
  }

 private:
  void Run(std::ostream* terminal) {
    tool::ProgressBar bar(terminal, tool::ProgressBar::Unit::kCount);
    const auto total = static_cast<uint64_t>(kDuration.count());
    for (uint64_t second = 0; second <= total; ++second) {
      bar.Show(second, total);
      if (stop_.WaitFor(std::chrono::seconds(1))) return;
    }
  }

  Cancellation stop_;
  std::thread thread_;
};

absl::Status CheckPerf(Session& session, const PerfFlags& flags) {
  QUORATE_ASSIGN_OR_RETURN(std::string name, WorkloadNamed(flags.load));
  const Workload workload = WorkloadOf(name);
  QUORATE_ASSIGN_OR_RETURN(Clients clients, OpenClients(session, workload.clients));
  Cancellation interrupted;
  SignalWatch signals([&](const Signal&) { interrupted.Cancel(); });
  QUORATE_RETURN_IF_ERROR(
      CheckUnused(*clients[0], interrupted, flags.prefix, "'etcdctl del --prefix " + flags.prefix + "'"));
  LoadResult result;
  {
    Clock clock(session.shows_progress() ? &session.err() : nullptr);
    Pacer pacer(flags.prefix, workload.writes_per_second, interrupted);
    result = RunLoad(
        clients, interrupted, [&pacer] { return pacer.Next(); }, [] {});
  }
  absl::Status cleaned = CleanUp(session, *clients[0], flags.prefix, flags.cleanup);
  if (!cleaned.ok()) {
    session.out() << "FAIL: Cleanup failed during key deletion: ERROR(" << base::MessageOf(cleaned) << ")\n";
  }
  return Judge(result, workload, session.out()) ? absl::OkStatus() : FailSilently(Exit::kError);
}

}  // namespace

void AddCheckPerf(Command& check, Session& session) {
  auto flags = std::make_shared<PerfFlags>();
  Command& perf =
      check.Add({"perf", "[options]", "Checks how fast a cluster writes",
                 R"(Writes for a minute at a steady rate and tells whether the cluster keeps up and how evenly.

Loads: s(mall), 150 writes a second of 50 clients; m(edium), 1,000 of 200; l(arge), 8,000 of 500; xl(arge), 15,000 of
1,000.)"});
  perf.AddFlag("load", &flags->load, "how much to write: s, m, l or xl");
  perf.AddFlag("prefix", &flags->prefix, "what the keys that are written begin with");
  perf.AddFlag("auto-compact", &flags->cleanup.compacts, "give up the history of these keys afterwards");
  perf.AddFlag("auto-defrag", &flags->cleanup.defragments, "give their space back afterwards");
  perf.SetAction([flags, &session](const Arguments&) { return CheckPerf(session, *flags); });
}

}  // namespace quorate::ctl
