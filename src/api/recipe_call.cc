#include "src/api/recipe_call.h"

#include <cinttypes>
#include <cstdio>

#include "src/api/stream_handlers.h"

namespace quorate::api {
namespace {

// The engine owns its handlers alone; a call is also known to those who answer it.
class Handler : public rpc::StreamHandler {
 public:
  explicit Handler(std::shared_ptr<RecipeCall> call) : call_(std::move(call)) {}
  void OnMessage(std::string_view message) override { call_->Begin(message); }
  void OnHalfClose() override {}
  void OnWritable() override {}
  void OnClose() override { call_->OnClose(); }

 private:
  std::shared_ptr<RecipeCall> call_;
};

}  // namespace

absl::Status Unknown(std::string_view text) { return base::MakeStatus(absl::StatusCode::kUnknown, text); }
absl::Status Unknown(const absl::Status& status) { return Unknown(base::MessageOf(status)); }

void WithLease(ServiceContext* context, int loop_index, int64_t lease, LocalDone<int64_t> done) {
  if (lease != 0) return done(lease);
  LocalGrant(context, loop_index, kSessionTtlSeconds, std::move(done));
}

std::string KeyOfLease(const std::string& prefix, int64_t lease) {
  const bool negative = lease < 0;
  char hex[18];
  std::snprintf(hex, sizeof hex, "%s%" PRIx64, negative ? "-" : "",
                negative ? -static_cast<uint64_t>(lease) : static_cast<uint64_t>(lease));
  return prefix + hex;
}

RecipeCall::RecipeCall(ServiceContext* service, rpc::Stream& stream)
    : service_(service), loop_index_(stream.loop_index()), stream_(&stream) {
  service_->loop(loop_index_).lasting_calls.Add(this);
}

rpc::Stream* RecipeCall::Leave() {
  if (stream_ != nullptr) service_->loop(loop_index_).lasting_calls.Remove(this);
  return std::exchange(stream_, nullptr);
}

void RecipeCall::OnClose() {
  if (Leave() != nullptr) OnGone();
}

void RecipeCall::End(absl::Status status) {
  rpc::Stream* stream = Leave();
  if (stream == nullptr) return;
  stream->Finish(std::move(status));
  OnGone();
}

void RecipeCall::Fail(const absl::Status& status) {
  if (rpc::Stream* stream = Leave()) stream->Finish(Unknown(status));
}

rpc::StreamFactory RecipeFactory(ServiceContext* service,
                                 std::shared_ptr<RecipeCall> (*make)(ServiceContext*, rpc::Stream&)) {
  return [service, make](const rpc::CallContext& context, rpc::Stream& stream) -> std::unique_ptr<rpc::StreamHandler> {
    absl::Status admitted = service->AdmitLasting(context, stream.loop_index());
    if (!admitted.ok()) return RefuseStream(stream, std::move(admitted));
    return std::make_unique<Handler>(make(service, stream));
  };
}

}  // namespace quorate::api
