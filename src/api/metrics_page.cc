#include "src/api/metrics_page.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <limits>
#include <map>

namespace quorate::api {

struct MetricsPage::Rep {
  prometheus::ClientMetric& Add(prometheus::MetricType type, std::string_view name, std::string_view help,
                                Labels labels) {
    prometheus::MetricFamily& family = families[std::string(name)];
    if (family.metric.empty()) {
      family.name = name;
      family.help = help;
      family.type = type;
    }
    prometheus::ClientMetric& metric = family.metric.emplace_back();
    for (auto& [label, value] : labels) metric.label.push_back({std::move(label), std::move(value)});
    return metric;
  }

  std::map<std::string, prometheus::MetricFamily> families;
};

MetricsPage::MetricsPage() : rep_(std::make_unique<Rep>()) {}
MetricsPage::~MetricsPage() = default;

void MetricsPage::Counter(std::string_view name, std::string_view help, double value, Labels labels) {
  rep_->Add(prometheus::MetricType::Counter, name, help, std::move(labels)).counter.value = value;
}

void MetricsPage::Gauge(std::string_view name, std::string_view help, double value, Labels labels) {
  rep_->Add(prometheus::MetricType::Gauge, name, help, std::move(labels)).gauge.value = value;
}

void MetricsPage::Histogram(std::string_view name, std::string_view help, const std::vector<double>& bounds,
                            const std::vector<uint64_t>& counts, double sum, Labels labels) {
  auto& histogram = rep_->Add(prometheus::MetricType::Histogram, name, help, std::move(labels)).histogram;
  uint64_t cumulative = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    cumulative += counts[i];
    const double bound = i < bounds.size() ? bounds[i] : std::numeric_limits<double>::infinity();
    histogram.bucket.push_back({cumulative, bound});
  }
  histogram.sample_count = cumulative;
  histogram.sample_sum = sum;
}

std::string MetricsPage::Text() const {
  std::vector<prometheus::MetricFamily> families;
  families.reserve(rep_->families.size());
  for (const auto& [name, family] : rep_->families) families.push_back(family);
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace quorate::api
