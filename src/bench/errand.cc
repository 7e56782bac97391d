#include "src/bench/errand.h"

#include "quorate/base/wire.h"
#include "src/bench/data.h"
#include "src/bench/reply.h"
#include "src/bench/worker.h"

namespace quorate::bench {
namespace {

namespace wire = base::wire;

constexpr char kCompactPath[] = "/etcdserverpb.KV/Compact";
constexpr char kDefragmentPath[] = "/etcdserverpb.Maintenance/Defragment";
constexpr char kSnapshotPath[] = "/etcdserverpb.Maintenance/Snapshot";
// Field numbers of etcdserverpb.CompactionRequest, SnapshotResponse.
constexpr uint32_t kCompactRevision = 1;
constexpr uint32_t kSnapshotBlob = 3;

class Compactions : public Errand {
 public:
  explicit Compactions(const Options& options) : options_(options) {}

  absl::Status Run(Caller* caller, Stop* stop, ErrandFigures* figures) override {
    const Data data(options_, options_.seed);
    int64_t compacted = 0;
    while (!stop->WaitFor(options_.compact_every)) {
      std::string get;
      AppendGet(data, 0, false, &get);
      QUORATE_ASSIGN_OR_RETURN(const std::string newest, caller->Call(kRangePath, get));
      const int64_t revision = RevisionOf(newest) - static_cast<int64_t>(options_.compact_behind);
      if (revision <= compacted) continue;
      std::string compact;
      wire::AppendInt64Field(&compact, kCompactRevision, revision);
      const int64_t start = MonotonicNs();
      QUORATE_RETURN_IF_ERROR(caller->Call(kCompactPath, compact).status());
      figures->latency_ns.Record(MonotonicNs() - start);
      compacted = revision;
      ++figures->counters["compactions"];
    }
    return absl::OkStatus();
  }

 private:
  const Options& options_;
};

class Defragmentation : public Errand {
 public:
  explicit Defragmentation(const Options& options) : options_(options) {}

  absl::Status Run(Caller* caller, Stop* stop, ErrandFigures* figures) override {
    stop->WaitFor(options_.duration / 4);
    const int64_t start = MonotonicNs();
    QUORATE_RETURN_IF_ERROR(caller->Call(kDefragmentPath, "").status());
    figures->latency_ns.Record(MonotonicNs() - start);
    stop->Wait();
    return absl::OkStatus();
  }

 private:
  const Options& options_;
};

class Snapshot : public Errand, public MessageListener {
 public:
  absl::Status Run(Caller* caller, Stop*, ErrandFigures* figures) override {
    const int64_t start = MonotonicNs();
    QUORATE_RETURN_IF_ERROR(caller->Stream(kSnapshotPath, "", this));
    figures->latency_ns.Record(MonotonicNs() - start);
    figures->counters["bytes"] = bytes_;
    return absl::OkStatus();
  }

  void OnMessage(RequestSlot*, std::string_view message) override { bytes_ += BytesIn(message, kSnapshotBlob).size(); }

 private:
  uint64_t bytes_ = 0;
};

}  // namespace

void Stop::Set() {
  base::MutexLock lock(&mutex_);
  set_ = true;
}

bool Stop::WaitFor(std::chrono::nanoseconds time) {
  const auto set = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return set_; };
  base::MutexLock lock(&mutex_);
  return mutex_.AwaitFor(set, time);
}

void Stop::Wait() {
  const auto set = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return set_; };
  base::MutexLock lock(&mutex_);
  mutex_.Await(set);
}

std::unique_ptr<Errand> MakeCompactions(const Options& options) { return std::make_unique<Compactions>(options); }
std::unique_ptr<Errand> MakeDefragmentation(const Options& options) {
  return std::make_unique<Defragmentation>(options);
}
std::unique_ptr<Errand> MakeSnapshot(const Options&) { return std::make_unique<Snapshot>(); }

}  // namespace quorate::bench
