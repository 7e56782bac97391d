#pragma once

// A unary call that lasts as long as something takes, hears when its client goes, and ends when the server is to stop.

#include <memory>
#include <string>
#include <string_view>

#include "quorate/rpc/registry.h"
#include "src/api/lasting_calls.h"
#include "src/api/parse.h"
#include "src/api/service_context.h"

namespace quorate::api {

// What a call holds of its request, in multiples of it: a name is kept as such and in keys, and what is waited for in a
// range's begin and end, which those who look and watch for it keep once more.
inline constexpr size_t kRequestCopies = 6;

// Loop thread only.
class LastingUnary : public rpc::StreamHandler, public LastingCall, public std::enable_shared_from_this<LastingUnary> {
 public:
  LastingUnary(ServiceContext* service, rpc::Stream& stream);

  // The request's bytes; once. Ends the call when the server holds too much for its clients.
  void OnMessage(std::string_view message) override;
  void OnHalfClose() override {}
  void OnWritable() override {}
  void OnClose() override;
  void End(absl::Status status) override;

 protected:
  virtual void Begin(std::string_view message) = 0;
  // It is over before it was answered: stop waiting and clean up.
  virtual void OnGone() {}

  // Nobody waits for the answer any more.
  bool gone() const { return stream_ == nullptr; }
  // As rpc::Stream's; false once gone.
  bool Keep(int64_t bytes) { return !gone() && stream_->Keep(bytes); }
  // Not once gone.
  rpc::StreamRef ref() const { return stream_->ref(); }
  // Answers, and leaves; nothing when gone.
  void Finish(absl::Status status);
  // What was only read may be refused, with too many requests, when clients leave no room for it.
  void ReplyIfRoom(base::Payload response);
  // Not so what was done. It is no longer than what is kept of the request until the client has it.
  template <typename Response>
  void Reply(const Response& response) {
    if (gone()) return;
    stream_->Write(base::Payload(response.SerializeAsString()));
    Finish(absl::OkStatus());
  }
  template <typename Request>
  bool Parse(std::string_view message, Request* request) {
    absl::Status parsed = api::Parse(message, request);
    if (parsed.ok()) return true;
    Finish(std::move(parsed));
    return false;
  }
  template <typename Self>
  std::shared_ptr<Self> Share(Self* self) {
    return std::static_pointer_cast<Self>(self->shared_from_this());
  }

  ServiceContext* const service_;
  const int loop_index_;
  const uint64_t connection_;

 private:
  rpc::Stream* Leave();

  rpc::Stream* stream_;  // null once answered or closed
};

// Registers a unary method whose calls are each a Call(service, stream).
rpc::StreamFactory LastingFactory(ServiceContext* service,
                                  std::shared_ptr<LastingUnary> (*make)(ServiceContext*, rpc::Stream&));
template <typename Call>
void AddLasting(ServiceContext* service, rpc::Registry& registry, std::string method) {
  registry.AddStream(std::move(method), rpc::Registry::StreamKind::kUnary,
                     LastingFactory(service, [](ServiceContext* context, rpc::Stream& stream) {
                       return std::shared_ptr<LastingUnary>(std::make_shared<Call>(context, stream));
                     }));
}

}  // namespace quorate::api
