#include "src/api/lasting_unary.h"

#include <utility>

#include "quorate/base/errors.h"
#include "src/api/stream_handlers.h"

namespace quorate::api {

LastingUnary::LastingUnary(ServiceContext* service, rpc::Stream& stream)
    : service_(service), loop_index_(stream.loop_index()), connection_(stream.ref().connection), stream_(&stream) {
  service_->loop(loop_index_).lasting_calls.Add(this);
}

rpc::Stream* LastingUnary::Leave() {
  if (stream_ != nullptr) service_->loop(loop_index_).lasting_calls.Remove(this);
  return std::exchange(stream_, nullptr);
}

void LastingUnary::OnMessage(std::string_view message) {
  if (!Keep(static_cast<int64_t>(kRequestCopies * message.size()))) return Finish(base::errors::TooManyRequests());
  Begin(message);
}

void LastingUnary::OnClose() {
  if (Leave() != nullptr) OnGone();
}

void LastingUnary::End(absl::Status status) {
  if (gone()) return;
  Finish(std::move(status));
  OnGone();
}

void LastingUnary::Finish(absl::Status status) {
  if (rpc::Stream* stream = Leave()) stream->Finish(std::move(status));
}

void LastingUnary::ReplyIfRoom(base::Payload response) {
  if (gone()) return;
  if (!stream_->HasRoom(response.size())) return Finish(base::errors::TooManyRequests());
  stream_->Write(std::move(response));
  Finish(absl::OkStatus());
}

rpc::StreamFactory LastingFactory(ServiceContext* service,
                                  std::shared_ptr<LastingUnary> (*make)(ServiceContext*, rpc::Stream&)) {
  return [service, make](const rpc::CallContext& context, rpc::Stream& stream) -> std::unique_ptr<rpc::StreamHandler> {
    absl::Status admitted = service->AdmitLasting(context, stream.loop_index());
    if (!admitted.ok()) return RefuseStream(stream, std::move(admitted));
    return std::make_unique<SharedHandler>(make(service, stream));
  };
}

}  // namespace quorate::api
