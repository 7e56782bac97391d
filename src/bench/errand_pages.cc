#include <algorithm>

#include "quorate/base/wire.h"
#include "src/bench/data.h"
#include "src/bench/errand.h"
#include "src/bench/reply.h"
#include "src/bench/worker.h"

namespace quorate::bench {
namespace {

namespace wire = base::wire;

// Field numbers of etcdserverpb.RangeRequest, RangeResponse, mvccpb.KeyValue.
constexpr uint32_t kRangeKey = 1;
constexpr uint32_t kRangeEnd = 2;
constexpr uint32_t kRangeLimit = 3;
constexpr uint32_t kRangeRevision = 4;
constexpr uint32_t kRangeSerializable = 7;
constexpr uint32_t kResponseKvs = 2;
constexpr uint32_t kResponseMore = 3;
constexpr uint32_t kResponseCount = 4;
constexpr uint32_t kKvKey = 1;

// What one page says.
struct Page {
  uint64_t keys = 0;
  uint64_t count = 0;
  bool more = false;
  std::string last_key;

  explicit Page(std::string_view reply) {
    std::string_view last;
    wire::Reader reader(reply);
    while (reader.Next()) {
      if (reader.field() == kResponseKvs && reader.IsBytes()) {
        ++keys;
        last = reader.bytes();
      }
      if (reader.field() == kResponseMore) more = reader.boolean();
      if (reader.field() == kResponseCount) count = reader.varint();
    }
    last_key = BytesIn(last, kKvKey);
  }
};

class Pages : public Errand {
 public:
  explicit Pages(const Options& options) : options_(options), data_(options, options.seed) {}

  absl::Status Run(Caller* caller, Stop*, ErrandFigures* figures) override {
    std::string from = data_.KeyOf(0);
    std::vector<int64_t> times_ns;
    int64_t revision = 0;
    uint64_t keys = 0;
    uint64_t left = 0;
    for (bool more = true; more;) {
      const int64_t start = MonotonicNs();
      QUORATE_ASSIGN_OR_RETURN(const std::string reply, caller->Call(kRangePath, Request(from, revision)));
      times_ns.push_back(MonotonicNs() - start);
      if (revision == 0) revision = RevisionOf(reply);
      const Page page(reply);
      if (keys != 0 && page.count != left) {
        return base::MakeStatus(absl::StatusCode::kDataLoss, "a page counts " + std::to_string(page.count) +
                                                                 " keys where " + std::to_string(left) + " are left");
      }
      keys += page.keys;
      left = page.count - page.keys;
      more = page.more;
      from = page.last_key + '\0';
    }
    Count(times_ns, figures);
    figures->counters["keys"] = keys;
    return absl::OkStatus();
  }

 private:
  std::string Request(std::string_view from, int64_t revision) const {
    std::string message;
    wire::AppendBytesField(&message, kRangeKey, from);
    data_.AppendKeyField(&message, kRangeEnd, options_.keys);
    wire::AppendInt64Field(&message, kRangeLimit, static_cast<int64_t>(options_.limit));
    wire::AppendInt64Field(&message, kRangeRevision, revision);
    wire::AppendBoolField(&message, kRangeSerializable, options_.serializable);
    return message;
  }

  // The first and the last tenth apart: whether the time of a page depends on what lies behind it.
  static void Count(const std::vector<int64_t>& times_ns, ErrandFigures* figures) {
    constexpr int64_t kNsPerUs = 1000;
    Histogram first;
    Histogram last;
    const size_t tenth = std::max<size_t>(times_ns.size() / 10, 1);
    for (size_t i = 0; i < times_ns.size(); ++i) {
      figures->latency_ns.Record(times_ns[i]);
      if (i < tenth) first.Record(times_ns[i]);
      if (i >= times_ns.size() - tenth) last.Record(times_ns[i]);
    }
    figures->counters["pages"] = times_ns.size();
    figures->counters["first_tenth_p50_us"] = first.Percentile(50) / kNsPerUs;
    figures->counters["last_tenth_p50_us"] = last.Percentile(50) / kNsPerUs;
  }

  const Options& options_;
  const Data data_;
};

}  // namespace

std::unique_ptr<Errand> MakePages(const Options& options) { return std::make_unique<Pages>(options); }

}  // namespace quorate::bench
