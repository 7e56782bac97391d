#include "src/bench/data.h"
#include "src/bench/scenarios.h"

namespace quorate::bench {
namespace {

class Mixed : public PreloadedScenario {
 public:
  using PreloadedScenario::PreloadedScenario;

  std::string_view Next(size_t, std::string* message) override {
    const uint64_t key = data_.RandomKey();
    if (data_.random().Unit() < options_.read_share) {
      ++reads_;
      AppendGet(data_, key, options_.serializable, message);
      return kRangePath;
    }
    ++writes_;
    AppendPut(&data_, key, message);
    return kPutPath;
  }

  void AddCounters(Counters* counters) const override {
    (*counters)["reads"] += reads_;
    (*counters)["writes"] += writes_;
  }

 private:
  uint64_t reads_ = 0;
  uint64_t writes_ = 0;
};

}  // namespace

std::unique_ptr<Scenario> MakeMixed(const Options& options, const ThreadShare& share) {
  return std::make_unique<Mixed>(options, share);
}

}  // namespace quorate::bench
