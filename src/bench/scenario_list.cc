#include "quorate/base/wire.h"
#include "src/bench/data.h"
#include "src/bench/scenarios.h"

namespace quorate::bench {
namespace {

namespace wire = base::wire;

// Field numbers of etcdserverpb.RangeRequest and RangeResponse.
constexpr uint32_t kRangeKey = 1;
constexpr uint32_t kRangeEnd = 2;
constexpr uint32_t kRangeLimit = 3;
constexpr uint32_t kRangeSerializable = 7;
constexpr uint32_t kResponseKvs = 2;

class List : public PreloadedScenario {
 public:
  using PreloadedScenario::PreloadedScenario;

  // A limited list starts at a random key, so that not one page of keys is read again and again.
  std::string_view Next(size_t, std::string* message) override {
    const bool all = options_.limit == 0 || options_.limit >= options_.keys;
    data_.AppendKeyField(message, kRangeKey, all ? 0 : data_.random().Below(options_.keys - options_.limit + 1));
    data_.AppendKeyField(message, kRangeEnd, options_.keys);
    wire::AppendInt64Field(message, kRangeLimit, static_cast<int64_t>(options_.limit));
    wire::AppendBoolField(message, kRangeSerializable, options_.serializable);
    return kRangePath;
  }

  void OnReply(size_t, std::string_view message) override {
    wire::Reader reader(message);
    while (reader.Next()) {
      if (reader.field() == kResponseKvs) ++keys_;
    }
    bytes_ += message.size();
  }

  void AddCounters(Counters* counters) const override {
    (*counters)["keys"] += keys_;
    (*counters)["bytes"] += bytes_;
  }

 private:
  uint64_t keys_ = 0;
  uint64_t bytes_ = 0;
};

}  // namespace

std::unique_ptr<Scenario> MakeList(const Options& options, const ThreadShare& share) {
  return std::make_unique<List>(options, share);
}

}  // namespace quorate::bench
