#include "src/bench/crew.h"

#include <algorithm>

#include "src/bench/progress.h"

namespace quorate::bench {
namespace {

constexpr double kNsPerSecond = 1e9;

// Counts from the start and ends after exactly that many requests.
Window WindowOfRequests(uint64_t requests) {
  Window window;
  window.requests = requests;
  if (requests == 0) window.end_ns = 0;
  return window;
}

// Sends what a scenario wants sent before it starts.
class Preparation : public Scenario {
 public:
  explicit Preparation(Scenario* scenario) : scenario_(scenario) {}

  std::string_view Next(size_t slot, std::string* message) override { return scenario_->Prepare(slot, message); }
  void OnReply(size_t slot, std::string_view message) override { scenario_->OnReply(slot, message); }

 private:
  Scenario* scenario_;
};

Figures Merged(const std::vector<std::unique_ptr<Worker>>& workers) {
  Figures figures;
  for (const auto& worker : workers) figures.Merge(worker->figures());
  return figures;
}

void Join(std::vector<std::thread>* threads) {
  for (std::thread& thread : *threads) thread.join();
  threads->clear();
}

}  // namespace

absl::Status Crew::Connect(const std::vector<Endpoint>& endpoints) {
  constexpr size_t kPreparationSlots = static_cast<size_t>(kPreparationConnections) * kPreparationInFlight;
  for (int i = 0; i < options_.threads; ++i) {
    const int connections = options_.connections / options_.threads + (i < options_.connections % options_.threads);
    const size_t slots = static_cast<size_t>(connections) * options_.in_flight;
    const ThreadShare share{i, options_.threads, std::max(slots, kPreparationSlots)};
    shares_.push_back(share);
    scenarios_.push_back(MakeScenario(options_.scenario, options_, share));
    workers_.push_back(std::make_unique<Worker>(share, &live_count_));
    QUORATE_RETURN_IF_ERROR(workers_.back()->Connect(endpoints, connections, options_.in_flight));
  }
  return absl::OkStatus();
}

absl::Status Crew::Prepare(const std::vector<Endpoint>& endpoints) {
  const auto wanted = [this] {
    return std::any_of(scenarios_.begin(), scenarios_.end(), [](const auto& one) { return one->preparation() != 0; });
  };
  if (!wanted()) return absl::OkStatus();
  std::vector<std::unique_ptr<Worker>> workers;
  for (const ThreadShare& share : shares_) {
    workers.push_back(std::make_unique<Worker>(share, &live_count_));
    QUORATE_RETURN_IF_ERROR(workers.back()->Connect(endpoints, kPreparationConnections, kPreparationInFlight));
  }
  Progress progress("prepare", &live_count_);
  while (wanted()) QUORATE_RETURN_IF_ERROR(PrepareOnce(workers));
  return absl::OkStatus();
}

absl::Status Crew::PrepareOnce(const std::vector<std::unique_ptr<Worker>>& workers) {
  for (size_t i = 0; i < workers.size(); ++i) {
    threads_.emplace_back([worker = workers[i].get(), scenario = scenarios_[i].get()] {
      Preparation preparation(scenario);
      worker->Run(WindowOfRequests(scenario->preparation()), &preparation);
    });
  }
  Join(&threads_);
  const Figures figures = Merged(workers);
  if (figures.errors.empty()) return absl::OkStatus();
  const auto& [code, message] = *figures.error_messages.begin();
  return base::MakeStatus(static_cast<absl::StatusCode>(code), "preparing the keys failed: " + message);
}

Window Crew::WindowOf(const ThreadShare& share, int64_t start_ns, bool until_stopped) const {
  const uint64_t count = share.count;
  const uint64_t index = share.index;
  Window window;
  if (until_stopped) {
    window.stop = &stop_;
  } else if (options_.requests != 0) {
    window = WindowOfRequests(options_.requests / count + (index < options_.requests % count ? 1 : 0));
  } else {
    window.end_ns = measure_ns_ + options_.duration.count();
  }
  window.measure_ns = measure_ns_;
  window.pace = pace_;
  if (options_.rate > 0) {
    const double interval_ns = kNsPerSecond / options_.rate;
    window.interval_ns = interval_ns * static_cast<double>(count);
    window.first_ns = start_ns + static_cast<int64_t>(interval_ns * static_cast<double>(index));
  }
  return window;
}

int64_t Crew::Start(bool until_stopped) {
  stop_ = false;
  const int64_t start_ns = MonotonicNs();
  measure_ns_ = start_ns + options_.warm_up.count();
  for (size_t i = 0; i < workers_.size(); ++i) {
    threads_.emplace_back([worker = workers_[i].get(), window = WindowOf(shares_[i], start_ns, until_stopped),
                           scenario = scenarios_[i].get()] { worker->Run(window, scenario); });
  }
  return measure_ns_;
}

void Crew::Stop() {
  stop_ = true;
  Wake();
}

void Crew::Wake() {
  for (const auto& worker : workers_) worker->Wake();
}

LoadFigures Crew::Finish() {
  LoadFigures load;
  {
    Progress progress(options_.scenario, &live_count_);
    Join(&threads_);
  }
  load.figures = Merged(workers_);
  if (load.figures.last_reply_ns > measure_ns_) {
    load.elapsed_s = static_cast<double>(load.figures.last_reply_ns - measure_ns_) / kNsPerSecond;
  }
  return load;
}

Counters Crew::counters() const {
  Counters counters;
  for (const auto& scenario : scenarios_) scenario->AddCounters(&counters);
  return counters;
}

}  // namespace quorate::bench
