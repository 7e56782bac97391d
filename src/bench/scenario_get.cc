#include "src/bench/data.h"
#include "src/bench/scenarios.h"

namespace quorate::bench {
namespace {

class Get : public PreloadedScenario {
 public:
  using PreloadedScenario::PreloadedScenario;

  std::string_view Next(size_t, std::string* message) override {
    AppendGet(data_, data_.RandomKey(), options_.serializable, message);
    return kRangePath;
  }
};

}  // namespace

std::unique_ptr<Scenario> MakeGet(const Options& options, const ThreadShare& share) {
  return std::make_unique<Get>(options, share);
}

}  // namespace quorate::bench
