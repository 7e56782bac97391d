#include "src/bench/run.h"

#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "src/bench/crew.h"

namespace quorate::bench {
namespace {

constexpr double kNsPerSecond = 1e9;

std::optional<ProcessUsage> UsageOfServer(const Options& options) {
  return options.server_pid == 0 ? std::nullopt : UsageOf(options.server_pid);
}

// What goes on beside the load, on a thread of its own.
class Beside {
 public:
  Beside(const Options& options, const std::vector<Endpoint>& endpoints)
      : errand_(TraitsOf(options.scenario).make_errand(options)), endpoints_(endpoints) {}

  void Start(Crew* crew) {
    thread_ = std::thread([this, crew] {
      const int64_t start_ns = MonotonicNs();
      status_ = RunErrand();
      figures_.elapsed_s = static_cast<double>(MonotonicNs() - start_ns) / kNsPerSecond;
      crew->Stop();
    });
  }
  // Lets it come to its end; it then stops the crew.
  absl::StatusOr<ErrandFigures> Finish() {
    stop_.Set();
    thread_.join();
    QUORATE_RETURN_IF_ERROR(status_);
    return std::move(figures_);
  }

 private:
  absl::Status RunErrand() {
    QUORATE_ASSIGN_OR_RETURN(const std::unique_ptr<Caller> caller, Caller::To(endpoints_.front()));
    return errand_->Run(caller.get(), &stop_, &figures_);
  }

  const std::unique_ptr<Errand> errand_;
  const std::vector<Endpoint>& endpoints_;
  std::thread thread_;
  bench::Stop stop_;
  ErrandFigures figures_;
  absl::Status status_;
};

LoadFigures MeasureLoad(const Options& options, Crew* crew) {
  std::this_thread::sleep_for(options.warm_up);
  if (options.server_pid != 0) ForgetPeak(options.server_pid);
  const std::optional<ProcessUsage> before = UsageOfServer(options);
  LoadFigures load = crew->Finish();
  load.usage_before = before;
  load.usage_after = UsageOfServer(options);
  return load;
}

absl::Status MeasureBeside(const Options& options, const std::vector<Endpoint>& endpoints, Crew* crew,
                           RunResult* result) {
  crew->Start(false);
  result->quiet = MeasureLoad(options, crew);

  Beside beside(options, endpoints);
  crew->Start(true);
  std::this_thread::sleep_for(options.warm_up);
  if (options.server_pid != 0) ForgetPeak(options.server_pid);
  const std::optional<ProcessUsage> before = UsageOfServer(options);
  beside.Start(crew);
  std::this_thread::sleep_for(options.duration);
  absl::StatusOr<ErrandFigures> errand = beside.Finish();
  result->load = crew->Finish();
  result->load.usage_before = before;
  result->load.usage_after = UsageOfServer(options);
  QUORATE_RETURN_IF_ERROR(errand.status());
  result->errand = *std::move(errand);
  return absl::OkStatus();
}

absl::Status MeasureWatched(const Options& options, Audience* audience, Crew* crew, RunResult* result) {
  const int64_t measure_ns = crew->Start(false);
  audience->Listen(measure_ns, [crew] { crew->Wake(); });
  result->load = MeasureLoad(options, crew);
  result->delivery = audience->Finish();
  // The server's part in what arrived after the last answer counts too.
  if (result->load.usage_after) result->load.usage_after = UsageOfServer(options);
  const int64_t last_ns = result->delivery->last_event_ns;
  if (last_ns > measure_ns) result->delivery_s = static_cast<double>(last_ns - measure_ns) / kNsPerSecond;
  return result->delivery->status;
}

}  // namespace

double LoadFigures::Throughput() const {
  return elapsed_s <= 0 ? 0 : static_cast<double>(figures.latency_ns.count()) / elapsed_s;
}

std::optional<double> LoadFigures::CpuNs() const {
  if (!usage_before || !usage_after) return std::nullopt;
  return static_cast<double>(usage_after->cpu_ns - usage_before->cpu_ns);
}

std::optional<double> LoadFigures::CpuNsPerRequest() const {
  if (!CpuNs() || figures.latency_ns.count() == 0) return std::nullopt;
  return *CpuNs() / static_cast<double>(figures.latency_ns.count());
}

double RunResult::EventsPerSecond() const {
  return delivery && delivery_s > 0 ? static_cast<double>(delivery->latency_ns.count()) / delivery_s : 0;
}

absl::StatusOr<RunResult> Run(const Options& options) {
  std::vector<Endpoint> endpoints;
  for (const std::string& url : options.endpoints) {
    QUORATE_ASSIGN_OR_RETURN(Endpoint endpoint, ParseEndpoint(url));
    endpoints.push_back(std::move(endpoint));
  }
  const ScenarioTraits& traits = TraitsOf(options.scenario);
  const bool watched = traits.watched && options.watchers != 0;
  // "As fast as events are heard" has a meaning only where every event is for everyone and no rate is asked for.
  const bool held_back = watched && !options.watch_each && options.rate == 0;
  Pace pace(held_back ? static_cast<uint64_t>(options.connections) * options.in_flight : UINT64_MAX);

  RunResult result;
  Crew crew(options, watched ? &pace : nullptr);
  QUORATE_RETURN_IF_ERROR(crew.Connect(endpoints));
  QUORATE_RETURN_IF_ERROR(crew.Prepare(endpoints));
  if (watched) {
    Audience audience(options, &pace);
    QUORATE_RETURN_IF_ERROR(audience.Gather(endpoints));
    QUORATE_RETURN_IF_ERROR(MeasureWatched(options, &audience, &crew, &result));
  } else if (traits.make_errand != nullptr) {
    QUORATE_RETURN_IF_ERROR(MeasureBeside(options, endpoints, &crew, &result));
  } else {
    crew.Start(false);
    result.load = MeasureLoad(options, &crew);
  }
  result.counters = crew.counters();
  return result;
}

}  // namespace quorate::bench
