// grpc.health.v1.Health, as load balancers and probes ask for it.

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "grpc/health/v1/health.pb.h"
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

// What is known, as with etcd: the server as a whole.
struct Health {
  std::function<bool()> is_serving;

  static bool Knows(const std::string& service) { return service.empty(); }
  HealthCheckResponse::ServingStatus Status() const {
    return is_serving() ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING;
  }
};

class HealthWatch final : public StreamHandler {
 public:
  HealthWatch(std::shared_ptr<const Health> health, Stream& stream)
      : health_(std::move(health)), stream_(&stream), timer_(this) {}

  void OnMessage(std::string_view message) override {
    HealthCheckRequest request;
    if (!request.ParseFromArray(message.data(), static_cast<int>(message.size()))) {
      stream_->Finish(Malformed());
      return;
    }
    known_ = Health::Knows(request.service());
    Look();
  }
  void OnHalfClose() override {}
  void OnWritable() override {}
  void OnClose() override {}

 private:
  void Look() {
    const auto now = known_ ? health_->Status() : HealthCheckResponse::SERVICE_UNKNOWN;
    if (now != std::exchange(told_, now)) stream_->Write(Encode(now));
    Loop* const loop = stream_->ref().loop;
    loop->timers().Schedule(&timer_, loop->now_ms() + kWatchIntervalMs);
  }

  const std::shared_ptr<const Health> health_;
  Stream* const stream_;
  MemberTimer<HealthWatch, &HealthWatch::Look> timer_;
  bool known_ = false;
  HealthCheckResponse::ServingStatus told_ = HealthCheckResponse::UNKNOWN;
};

}  // namespace

void Registry::AddHealth(std::function<bool()> is_serving) {
  const auto health = std::make_shared<Health>(Health{std::move(is_serving)});
  AddUnary("/grpc.health.v1.Health/Check", [health](const CallContext&, std::string_view message, UnaryCall call) {
    HealthCheckRequest request;
    if (!request.ParseFromArray(message.data(), static_cast<int>(message.size()))) {
      std::move(call).Fail(Malformed());
    } else if (!Health::Knows(request.service())) {
      std::move(call).Fail(base::MakeStatus(absl::StatusCode::kNotFound, "unknown service"));
    } else {
      std::move(call).Reply(Encode(health->Status()));
    }
  });
  AddUnary("/grpc.health.v1.Health/List", [health](const CallContext&, std::string_view message, UnaryCall call) {
    if (!HealthListRequest().ParseFromArray(message.data(), static_cast<int>(message.size()))) {
      return std::move(call).Fail(Malformed());
    }
    HealthListResponse response;
    (*response.mutable_statuses())[""].set_status(health->Status());
    std::move(call).Reply(base::Payload(response.SerializeAsString()));
  });
  AddStream("/grpc.health.v1.Health/Watch", StreamKind::kServerStream,
            [health](const CallContext&, Stream& stream) { return std::make_unique<HealthWatch>(health, stream); });
}

}  // namespace quorate::rpc
