#include "src/bench/data.h"
#include "src/bench/scenarios.h"

namespace quorate::bench {
namespace {

class Put : public Scenario {
 public:
  Put(const Options& options, const ThreadShare& share) : data_(options, options.seed + share.index) {}

  std::string_view Next(size_t, std::string* message) override {
    AppendPut(&data_, data_.RandomKey(), message);
    return kPutPath;
  }

 private:
  Data data_;
};

class Overwrite : public PreloadedScenario {
 public:
  using PreloadedScenario::PreloadedScenario;

  std::string_view Next(size_t, std::string* message) override {
    AppendPut(&data_, data_.RandomKey(), message);
    return kPutPath;
  }
};

}  // namespace

std::unique_ptr<Scenario> MakePut(const Options& options, const ThreadShare& share) {
  return std::make_unique<Put>(options, share);
}
std::unique_ptr<Scenario> MakeOverwrite(const Options& options, const ThreadShare& share) {
  return std::make_unique<Overwrite>(options, share);
}

}  // namespace quorate::bench
