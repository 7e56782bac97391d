#pragma once

// One scrape of /metrics: families of samples, written as Prometheus text. One thread.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "quorate/base/latency_histogram.h"

namespace quorate::api {

class MetricsPage {
 public:
  using Labels = std::vector<std::pair<std::string, std::string>>;

  MetricsPage();
  ~MetricsPage();
  MetricsPage(const MetricsPage&) = delete;
  MetricsPage& operator=(const MetricsPage&) = delete;

  // Samples of one name may be added in any order; help is that of the first.
  void Counter(std::string_view name, std::string_view help, double value, Labels labels = {});
  void Gauge(std::string_view name, std::string_view help, double value, Labels labels = {});
  // `counts` has one number more than `bounds`: what fell in each bucket alone, the last one without a bound.
  void Histogram(std::string_view name, std::string_view help, const std::vector<double>& bounds,
                 const std::vector<uint64_t>& counts, double sum, Labels labels = {});
  template <size_t kBounds, int64_t kFirst>
  void Histogram(std::string_view name, std::string_view help, const base::LatencyHistogram<kBounds, kFirst>& histogram,
                 Labels labels = {}) {
    std::vector<double> bounds;
    std::vector<uint64_t> counts;
    for (size_t i = 0; i < kBounds; ++i) bounds.push_back(histogram.BoundSeconds(i));
    for (size_t i = 0; i <= kBounds; ++i) counts.push_back(histogram.bucket(i));
    Histogram(name, help, bounds, counts, histogram.seconds(), std::move(labels));
  }

  // All families, by name.
  std::string Text() const;

 private:
  struct Rep;
  std::unique_ptr<Rep> rep_;
};

}  // namespace quorate::api
