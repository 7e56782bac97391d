#include "src/bench/data.h"
#include "src/bench/scenarios.h"

namespace quorate::bench {
namespace {

class Load : public Scenario {
 public:
  Load(const Options& options, const ThreadShare& share)
      : data_(options, options.seed + share.index), keys_(options, share) {}

  std::string_view Next(size_t, std::string* message) override {
    AppendPut(&data_, keys_[next_++ % keys_.size()], message);
    return kPutPath;
  }

 private:
  Data data_;
  const KeyShare keys_;
  uint64_t next_ = 0;
};

}  // namespace

std::unique_ptr<Scenario> MakeLoad(const Options& options, const ThreadShare& share) {
  return std::make_unique<Load>(options, share);
}

}  // namespace quorate::bench
