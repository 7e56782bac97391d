// grpc.health.v1.Health, as load balancers and probes ask for it.

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "grpc/health/v1/health.pb.h"
#include "quorate/base/mutex.h"
#include "quorate/rpc/parse.h"
#include "src/rpc/loop.h"
#include "src/rpc/registry.h"

namespace quorate::rpc {
namespace {

using ::grpc::health::v1::HealthCheckRequest;
using ::grpc::health::v1::HealthCheckResponse;
using ::grpc::health::v1::HealthListRequest;
using ::grpc::health::v1::HealthListResponse;

// How soon a watcher hears of a change.
constexpr int64_t kWatchIntervalMs = 500;

base::Payload Encode(HealthCheckResponse::ServingStatus status) {
  HealthCheckResponse response;
  response.set_status(status);
  return base::Payload(response.SerializeAsString());
}

absl::Status Malformed() {
  return base::MakeStatus(absl::StatusCode::kInternal, "grpc: error unmarshalling request: malformed message");
}

class HealthWatch;

// Those of one loop who watch the server as a whole. However many they are, one look tells whether there is anything
// that they have to hear of. Loop thread only.
class Watches {
 public:
  using Place = std::list<HealthWatch*>::iterator;

  Watches(const std::function<bool()>* is_serving, Loop* loop) : is_serving_(is_serving), loop_(loop), timer_(this) {}

  // Tells it how things stand, and from then on of each change.
  Place Add(HealthWatch* watch);
  void Remove(Place place) { watches_.erase(place); }

 private:
  void Look();

  const std::function<bool()>* const is_serving_;
  Loop* const loop_;
  MemberTimer<Watches, &Watches::Look> timer_;  // while anyone watches
  std::list<HealthWatch*> watches_;
  HealthCheckResponse::ServingStatus told_ = HealthCheckResponse::UNKNOWN;
};

// What is known, as with etcd: the server as a whole.
class Health {
 public:
  explicit Health(std::function<bool()> is_serving) : is_serving_(std::move(is_serving)) {}

  static bool Knows(const std::string& service) { return service.empty(); }
  HealthCheckResponse::ServingStatus Status() const { return StatusOf(is_serving_); }
  static HealthCheckResponse::ServingStatus StatusOf(const std::function<bool()>& is_serving) {
    return is_serving() ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING;
  }
  Watches* WatchesOf(Loop* loop) {
    base::MutexLock lock(&mutex_);
    std::unique_ptr<Watches>& watches = watches_[loop];
    if (watches == nullptr) watches = std::make_unique<Watches>(&is_serving_, loop);
    return watches.get();
  }

 private:
  const std::function<bool()> is_serving_;
  base::Mutex mutex_;  // guards the table; what it points to is its loop's
  absl::flat_hash_map<Loop*, std::unique_ptr<Watches>> watches_ ABSL_GUARDED_BY(mutex_);
};

class HealthWatch final : public StreamHandler {
 public:
  HealthWatch(std::shared_ptr<Health> health, Stream& stream) : health_(std::move(health)), stream_(&stream) {}

  void OnMessage(std::string_view message) override {
    HealthCheckRequest request;
    if (absl::Status parsed = ParseMessage(message, &request, Malformed); !parsed.ok()) {
      stream_->Finish(std::move(parsed));
    } else if (!Health::Knows(request.service())) {
      Tell(HealthCheckResponse::SERVICE_UNKNOWN);  // as it stays
    } else {
      watches_ = health_->WatchesOf(stream_->ref().loop);
      place_ = watches_->Add(this);
    }
  }
  void OnHalfClose() override {}
  void OnWritable() override {}
  void OnClose() override {
    if (watches_ != nullptr) watches_->Remove(place_);
  }

  void Tell(HealthCheckResponse::ServingStatus status) { stream_->Write(Encode(status)); }

 private:
  const std::shared_ptr<Health> health_;
  Stream* const stream_;
  Watches* watches_ = nullptr;  // where it is one of them
  Watches::Place place_;
};

Watches::Place Watches::Add(HealthWatch* watch) {
  Look();  // so that all know of the same
  watch->Tell(told_);
  if (!timer_.scheduled()) loop_->timers().Schedule(&timer_, loop_->now_ms() + kWatchIntervalMs);
  return watches_.insert(watches_.end(), watch);
}

void Watches::Look() {
  const auto now = Health::StatusOf(*is_serving_);
  if (now != std::exchange(told_, now)) {
    for (HealthWatch* watch : watches_) watch->Tell(now);
  }
  if (!watches_.empty()) loop_->timers().Schedule(&timer_, loop_->now_ms() + kWatchIntervalMs);
}

}  // namespace

void Registry::AddHealth(std::function<bool()> is_serving) {
  const auto health = std::make_shared<Health>(std::move(is_serving));
  AddUnary("/grpc.health.v1.Health/Check", [health](const CallContext&, std::string_view message, UnaryCall call) {
    HealthCheckRequest request;
    if (absl::Status parsed = ParseMessage(message, &request, Malformed); !parsed.ok()) {
      std::move(call).Fail(std::move(parsed));
    } else if (!Health::Knows(request.service())) {
      std::move(call).Fail(base::MakeStatus(absl::StatusCode::kNotFound, "unknown service"));
    } else {
      std::move(call).Reply(Encode(health->Status()));
    }
  });
  AddUnary("/grpc.health.v1.Health/List", [health](const CallContext&, std::string_view message, UnaryCall call) {
    HealthListRequest request;
    if (absl::Status parsed = ParseMessage(message, &request, Malformed); !parsed.ok()) {
      return std::move(call).Fail(std::move(parsed));
    }
    HealthListResponse response;
    (*response.mutable_statuses())[""].set_status(health->Status());
    std::move(call).Reply(base::Payload(response.SerializeAsString()));
  });
  AddStream("/grpc.health.v1.Health/Watch", StreamKind::kServerStream,
            [health](const CallContext&, Stream& stream) { return std::make_unique<HealthWatch>(health, stream); });
}

}  // namespace quorate::rpc
