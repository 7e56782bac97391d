#include <cstring>

#include "src/bench/audience.h"
#include "src/bench/data.h"
#include "src/bench/scenarios.h"
#include "src/bench/worker.h"

namespace quorate::bench {
namespace {

// Puts whose values begin with the moment they were sent.
class TimedPut : public Scenario {
 public:
  TimedPut(const Options& options, const ThreadShare& share)
      : options_(options), data_(options, options.seed + share.index) {}

  std::string_view Next(size_t, std::string* message) override {
    AppendPut(&data_, data_.RandomKey(), message);
    if (options_.value_size >= kTimestampBytes) {
      // The value is the last field.
      const int64_t now_ns = MonotonicNs();
      std::memcpy(message->data() + message->size() - options_.value_size, &now_ns, sizeof(now_ns));
    }
    return kPutPath;
  }

 private:
  const Options& options_;
  Data data_;
};

}  // namespace

std::unique_ptr<Scenario> MakeTimedPut(const Options& options, const ThreadShare& share) {
  return std::make_unique<TimedPut>(options, share);
}

}  // namespace quorate::bench
