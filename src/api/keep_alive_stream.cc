#include "src/api/keep_alive_stream.h"

#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "quorate/base/errors.h"
#include "quorate/base/wire.h"
#include "quorate/lease/request.h"
#include "src/api/parse.h"
#include "src/api/stream_handlers.h"

namespace quorate::api {
namespace {

namespace wire = base::wire;

// Field numbers of LeaseKeepAliveResponse.
constexpr uint32_t kId = 2;
constexpr uint32_t kTtl = 3;

class KeepAliveStream : public rpc::StreamHandler,
                        public LastingCall,
                        public std::enable_shared_from_this<KeepAliveStream> {
 public:
  KeepAliveStream(ServiceContext* service, rpc::Stream& stream)
      : service_(service), loop_(&service->loop(stream.loop_index())), stream_(&stream) {
    loop_->lasting_calls.Add(this);
  }

  void OnMessage(std::string_view message) override {
    if (stream_ == nullptr) return;
    lease::KeepAliveRequest request;
    if (!lease::Decode(message, &request)) return Finish(MalformedInStream());
    if (loop_->reads.CanReadNow()) return Renew(request.id);
    if (!BeginWaiting()) return;
    loop_->reads.AfterConfirmation([self = shared_from_this(), id = request.id](absl::Status status) {
      --self->waiting_;
      if (self->stream_ == nullptr) return;
      if (!status.ok()) return self->Finish(std::move(status));
      self->Renew(id);
      self->FinishIfDone();
    });
  }

  void OnHalfClose() override {
    half_closed_ = true;
    FinishIfDone();
  }
  void OnWritable() override {}  // the engine takes no more messages in while answers pile up
  void OnClose() override { Leave(); }

  void End(absl::Status status) override {
    if (stream_ != nullptr) Finish(std::move(status));
  }

 private:
  void Renew(int64_t id) {
    using Outcome = lease::Lessor::Renewal::Outcome;
    // The header is of before the renewal: a success must not name a revision at which the lease may be gone.
    std::string response = service_->header.Encode(service_->replica->store().revision(), service_->replica->term());
    wire::AppendInt64Field(&response, kId, id);
    const lease::Lessor::Renewal renewal = service_->replica->lessor().Renew(id);
    switch (renewal.outcome) {
      case Outcome::kRenewed:
        wire::AppendInt64Field(&response, kTtl, renewal.ttl_seconds);
        stream_->Write(base::Payload(std::move(response)));
        return;
      case Outcome::kNotFound:
        stream_->Write(base::Payload(std::move(response)));
        return;
      case Outcome::kExpired:
        return AnswerWhenRevoked(id, std::move(response));
      case Outcome::kNotLeading:
        return Finish(base::errors::LeaderChanged());
    }
  }

  // Renewals of a lease that has run out, answered together once it is revoked.
  struct Owed {
    std::string response;
    int answers = 0;
    uint64_t waiter = 0;  // at the lessor
  };

  void AnswerWhenRevoked(int64_t id, std::string response) {
    if (!BeginWaiting()) return;
    Owed& owed = owed_[id];
    owed.response = std::move(response);
    if (owed.answers++ > 0) return;
    const auto revoked = [weak = weak_from_this(), ref = stream_->ref(), id](absl::Status status) {
      ref.Post([weak, id, status](rpc::Stream&) {
        const auto self = weak.lock();
        if (self != nullptr && self->stream_ != nullptr) self->OnRevoked(id, status);
      });
    };
    const std::optional<uint64_t> waiter = service_->replica->lessor().WhenRevoked(id, revoked);
    if (waiter.has_value()) {
      owed.waiter = *waiter;
      return;
    }
    owed_.erase(id);
    Finish(base::errors::TooManyRequests());
  }

  void OnRevoked(int64_t id, const absl::Status& status) {
    const auto owed = owed_.extract(id);
    if (owed.empty()) return;
    waiting_ -= owed.mapped().answers;
    if (!status.ok()) return Finish(status);
    for (int i = 0; i < owed.mapped().answers; ++i) stream_->Write(base::Payload(owed.mapped().response));
    FinishIfDone();
  }

  bool BeginWaiting() {
    if (waiting_ < kWaitingRenewalsMax) {
      ++waiting_;
      return true;
    }
    Finish(base::errors::TooManyRequests());
    return false;
  }

  void FinishIfDone() {
    if (stream_ != nullptr && half_closed_ && waiting_ == 0) Finish(absl::OkStatus());
  }
  void Finish(absl::Status status) { Leave()->Finish(std::move(status)); }
  rpc::Stream* Leave() {
    if (stream_ != nullptr) loop_->lasting_calls.Remove(this);
    for (const auto& [id, owed] : std::exchange(owed_, {})) service_->replica->lessor().StopWaiting(id, owed.waiter);
    return std::exchange(stream_, nullptr);
  }

  ServiceContext* const service_;
  LoopContext* const loop_;
  rpc::Stream* stream_;  // null once finished or closed
  int waiting_ = 0;                         // renewals to be answered later
  std::unordered_map<int64_t, Owed> owed_;  // by lease
  bool half_closed_ = false;
};

}  // namespace

std::unique_ptr<rpc::StreamHandler> MakeKeepAliveStream(ServiceContext* service, const rpc::CallContext& context,
                                                        rpc::Stream& stream) {
  absl::Status admitted = service->AdmitLastingStream(context, stream.loop_index());
  if (!admitted.ok()) return RefuseStream(stream, std::move(admitted));
  return std::make_unique<SharedHandler>(std::make_shared<KeepAliveStream>(service, stream));
}

}  // namespace quorate::api
