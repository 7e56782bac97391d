#include "tests/soak/resources.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <sstream>

#include "tests/base/files_testing.h"
#include "tests/e2e/http_get.h"
#include "tests/e2e/program.h"

namespace quorate::soak {
namespace {

constexpr int64_t kMiB = 1 << 20;
// What may be more in the last quarter than in the second: allocators and RocksDB's files breathe.
constexpr double kGrowthMax = 0.10;
constexpr int64_t kGrowthBytesMax = 24 * kMiB;
constexpr int64_t kGrowthDescriptorsMax = 12;
constexpr size_t kSamplesMin = 8;
// Gauges of memory that fills up to bounds of its own, or waits to be flushed.
constexpr const char* kCaches[] = {"quorate_value_cache_bytes", "quorate_rocksdb_block_cache_bytes",
                                   "quorate_rocksdb_memtable_bytes", "quorate_watch_window_bytes"};

// The number behind "<name> " or "<name>:" at the beginning of a line.
int64_t NumberOf(const std::string& text, const std::string& name) {
  const size_t at = text.find("\n" + name);
  if (at == std::string::npos) return 0;
  return static_cast<int64_t>(std::strtod(text.c_str() + at + 1 + name.size() + 1, nullptr));
}

int64_t MedianOf(std::vector<int64_t> numbers) {
  const auto middle = numbers.begin() + static_cast<ptrdiff_t>(numbers.size() / 2);
  std::nth_element(numbers.begin(), middle, numbers.end());
  return *middle;
}

// The medians of the second and the last quarter.
struct Medians {
  int64_t second = 0;
  int64_t last = 0;
};
Medians MediansOf(const std::vector<ResourceSample>& samples,
                  const std::function<int64_t(const ResourceSample&)>& number) {
  std::vector<int64_t> quarters[4];
  for (size_t i = 0; i < samples.size(); ++i) quarters[4 * i / samples.size()].push_back(number(samples[i]));
  return {MedianOf(quarters[1]), MedianOf(quarters[3])};
}

void CheckQuarters(const std::string& which, const std::vector<ResourceSample>& samples, Flatness* flatness) {
  if (samples.size() < kSamplesMin) return;
  const auto check = [&](const std::string& what, const std::string& unit, Medians medians, int64_t more, int64_t in) {
    flatness->medians += which + ", " + what + ": median " + std::to_string(medians.second / in) + unit +
                         " in the second quarter, " + std::to_string(medians.last / in) + unit + " in the last\n";
    if (static_cast<double>(medians.last) >
        static_cast<double>(medians.second) * (1 + kGrowthMax) + static_cast<double>(more)) {
      flatness->faults += what + " grow over " + which + "; ";
    }
  };
  check("bytes outside of caches", " MiB",
        MediansOf(samples, [](const ResourceSample& sample) { return sample.own_bytes(); }), kGrowthBytesMax, kMiB);
  check("descriptors", "", MediansOf(samples, [](const ResourceSample& sample) { return sample.descriptors; }),
        kGrowthDescriptorsMax, 1);
}

}  // namespace

ResourceSample TakeSample(pid_t pid, const std::string& address, const std::string& data_directory) {
  const std::filesystem::path process = "/proc/" + std::to_string(pid);
  const std::string status = base::ReadFile(process / "status");
  const std::string metrics = testing::HttpGet(address, "/metrics");
  ResourceSample sample;
  sample.resident_bytes = NumberOf(status, "VmRSS") * 1024;
  sample.threads = NumberOf(status, "Threads");
  for (const char* name : kCaches) sample.cache_bytes += NumberOf(metrics, name);
  std::error_code ignored;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(process / "fd", ignored)) {
    ++sample.descriptors;
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator(data_directory, ignored)) {
    // Files go while they are listed.
    std::error_code gone;
    const uintmax_t size = entry.is_regular_file(gone) ? entry.file_size(gone) : 0;
    if (!gone) sample.disk_bytes += static_cast<int64_t>(size);
  }
  return sample;
}

Flatness CheckFlat(const std::vector<ResourceSample>& samples, std::chrono::milliseconds warm_up) {
  std::chrono::milliseconds oldest{0};  // of the lives before the last
  for (const ResourceSample& sample : samples) {
    if (sample.life != samples.back().life) oldest = std::max(oldest, sample.age);
  }
  std::vector<ResourceSample> alike;
  std::vector<ResourceSample> last;
  for (const ResourceSample& sample : samples) {
    if (sample.age < warm_up) continue;
    if (sample.age <= oldest) alike.push_back(sample);
    if (sample.life == samples.back().life) last.push_back(sample);
  }
  Flatness flatness;
  CheckQuarters("all lives", alike, &flatness);
  CheckQuarters("the last life", last, &flatness);
  return flatness;
}

std::string TableOf(const std::vector<ResourceSample>& samples, size_t rows) {
  std::ostringstream table;
  table << "| second | life | of age | resident | outside of caches | descriptors | threads | disk |\n"
        << "|--:|--:|--:|--:|--:|--:|--:|--:|\n";
  const size_t every = std::max<size_t>(1, (samples.size() + rows - 1) / rows);
  for (size_t i = every - 1; i < samples.size(); i += every) {
    const ResourceSample& sample = samples[i];
    table << "| " << sample.at.count() / 1000 << " | " << sample.life << " | " << sample.age.count() / 1000 << " s | "
          << sample.resident_bytes / kMiB << " MiB | " << sample.own_bytes() / kMiB << " MiB | " << sample.descriptors
          << " | " << sample.threads << " | " << sample.disk_bytes / kMiB << " MiB |\n";
  }
  return table.str();
}

}  // namespace quorate::soak
