#include "src/bench/run.h"

#include <atomic>
#include <cmath>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "src/bench/progress.h"

namespace quorate::bench {
namespace {

constexpr double kNsPerSecond = 1e9;

// Sends what a scenario wants sent before it starts.
class Preparation : public Scenario {
 public:
  explicit Preparation(Scenario* scenario) : scenario_(scenario) {}

  std::string_view Next(size_t slot, std::string* message) override { return scenario_->Prepare(slot, message); }
  void OnReply(size_t slot, std::string_view message) override { scenario_->OnReply(slot, message); }

 private:
  Scenario* scenario_;
};

// The workers of a run, each with its scenario.
class Crew {
 public:
  explicit Crew(const Options& options) : options_(options) {}

  absl::Status Connect() {
    std::vector<Endpoint> endpoints;
    for (const std::string& url : options_.endpoints) {
      QUORATE_ASSIGN_OR_RETURN(Endpoint endpoint, ParseEndpoint(url));
      endpoints.push_back(std::move(endpoint));
    }
    for (int i = 0; i < options_.threads; ++i) {
      const int connections = options_.connections / options_.threads + (i < options_.connections % options_.threads);
      ThreadShare share{i, options_.threads, static_cast<size_t>(connections) * options_.in_flight};
      shares_.push_back(share);
      workers_.push_back(std::make_unique<Worker>(share, &live_count_));
      QUORATE_RETURN_IF_ERROR(workers_.back()->Connect(endpoints, connections, options_.in_flight));
    }
    return absl::OkStatus();
  }

  absl::Status Prepare() {
    std::vector<std::unique_ptr<Scenario>> preparations;
    std::vector<Window> windows;
    bool needed = false;
    for (const ThreadShare& share : shares_) {
      scenarios_.push_back(MakeScenario(options_.scenario, options_, share));
      preparations.push_back(std::make_unique<Preparation>(scenarios_.back().get()));
      windows.push_back(WindowOf(scenarios_.back()->preparation()));
      needed |= scenarios_.back()->preparation() != 0;
    }
    if (!needed) return absl::OkStatus();
    Progress progress("prepare", &live_count_);
    Start(windows, preparations);
    Join();
    const Figures figures = Merged();
    if (figures.errors.empty()) return absl::OkStatus();
    const auto& [code, message] = *figures.error_messages.begin();
    return base::MakeStatus(static_cast<absl::StatusCode>(code), "preparing the keys failed: " + message);
  }

  RunResult Measure() {
    std::vector<Window> windows;
    const int64_t start = MonotonicNs();
    const int64_t measure_ns = start + options_.warm_up.count();
    for (const ThreadShare& share : shares_) {
      const uint64_t count = share.count;
      const uint64_t index = share.index;
      Window window;
      if (options_.requests != 0) {
        window = WindowOf(options_.requests / count + (index < options_.requests % count ? 1 : 0));
      } else {
        window.end_ns = measure_ns + options_.duration.count();
      }
      window.measure_ns = measure_ns;
      if (options_.rate > 0) {
        const double interval_ns = kNsPerSecond / options_.rate;
        window.interval_ns = interval_ns * static_cast<double>(count);
        window.first_ns = start + static_cast<int64_t>(interval_ns * static_cast<double>(index));
      }
      windows.push_back(window);
    }

    Progress progress(options_.scenario, &live_count_);
    Start(windows, scenarios_);
    RunResult result;
    std::this_thread::sleep_for(options_.warm_up);
    if (options_.server_pid != 0) result.usage_before = UsageOf(options_.server_pid);
    Join();
    if (options_.server_pid != 0) result.usage_after = UsageOf(options_.server_pid);
    result.figures = Merged();
    if (result.figures.last_reply_ns > measure_ns) {
      result.elapsed_s = static_cast<double>(result.figures.last_reply_ns - measure_ns) / kNsPerSecond;
    }
    for (const auto& scenario : scenarios_) scenario->AddCounters(&result.counters);
    return result;
  }

 private:
  // Counts from the start and ends after exactly that many requests.
  static Window WindowOf(uint64_t requests) {
    Window window;
    window.requests = requests;
    if (requests == 0) window.end_ns = 0;
    return window;
  }

  void Start(const std::vector<Window>& windows, const std::vector<std::unique_ptr<Scenario>>& scenarios) {
    for (size_t i = 0; i < workers_.size(); ++i) {
      threads_.emplace_back([worker = workers_[i].get(), window = windows[i], scenario = scenarios[i].get()] {
        worker->Run(window, scenario);
      });
    }
  }
  void Join() {
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }
  Figures Merged() const {
    Figures figures;
    for (const auto& worker : workers_) figures.Merge(worker->figures());
    return figures;
  }

  const Options& options_;
  std::atomic<uint64_t> live_count_ = 0;
  std::vector<ThreadShare> shares_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::unique_ptr<Scenario>> scenarios_;
  std::vector<std::thread> threads_;
};

}  // namespace

double RunResult::Throughput() const {
  return elapsed_s <= 0 ? 0 : static_cast<double>(figures.latency_ns.count()) / elapsed_s;
}

std::optional<double> RunResult::CpuNsPerRequest() const {
  if (!usage_before || !usage_after || figures.latency_ns.count() == 0) return std::nullopt;
  return static_cast<double>(usage_after->cpu_ns - usage_before->cpu_ns) /
         static_cast<double>(figures.latency_ns.count());
}

absl::StatusOr<RunResult> Run(const Options& options) {
  Crew crew(options);
  QUORATE_RETURN_IF_ERROR(crew.Connect());
  QUORATE_RETURN_IF_ERROR(crew.Prepare());
  return crew.Measure();
}

}  // namespace quorate::bench
