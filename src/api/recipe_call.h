#pragma once

// A unary call of a service that is built on keys, leases and watches: it takes as long as others take, hears when its
// client goes, and answers what went wrong as etcd's services do, whose client is a client of their own: with the text
// of the error, and the code UNKNOWN.

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "quorate/rpc/server.h"
#include "src/api/lasting_calls.h"
#include "src/api/local_calls.h"
#include "src/api/service_context.h"

namespace quorate::api {

// The TTL of a lease that is granted for a caller that names none, as etcd's sessions have it.
inline constexpr int64_t kSessionTtlSeconds = 60;

absl::Status Unknown(const absl::Status& status);
absl::Status Unknown(std::string_view text);

// The caller's lease, or a new one for 0.
void WithLease(ServiceContext* context, int loop_index, int64_t lease, LocalDone<int64_t> done);
// "<prefix><lease in hexadecimal>", as Go prints a signed number.
std::string KeyOfLease(const std::string& prefix, int64_t lease);

// Loop thread only.
class RecipeCall : public LastingCall, public std::enable_shared_from_this<RecipeCall> {
 public:
  RecipeCall(ServiceContext* service, rpc::Stream& stream);
  virtual ~RecipeCall() = default;

  // The request's bytes; once.
  virtual void Begin(std::string_view message) = 0;
  void OnClose();
  void End(absl::Status status) override;

 protected:
  // It is over before it was answered: stop waiting and clean up.
  virtual void OnGone() {}

  // Nobody waits for the answer any more.
  bool gone() const { return stream_ == nullptr; }
  template <typename Response>
  void Reply(const Response& response) {
    if (rpc::Stream* stream = Leave()) {
      stream->Write(base::Payload(response.SerializeAsString()));
      stream->Finish(absl::OkStatus());
    }
  }
  void Fail(const absl::Status& status);
  template <typename Request>
  bool Parse(std::string_view message, Request* request) {
    if (request->ParseFromArray(message.data(), static_cast<int>(message.size()))) return true;
    End(Malformed());
    return false;
  }
  template <typename Self>
  std::shared_ptr<Self> Share(Self* self) {
    return std::static_pointer_cast<Self>(self->shared_from_this());
  }

  ServiceContext* const service_;
  const int loop_index_;

 private:
  rpc::Stream* Leave();

  rpc::Stream* stream_;  // null once answered or closed
};

// Registers a unary method whose calls are each a Call(service, stream).
rpc::StreamFactory RecipeFactory(ServiceContext* service,
                                 std::shared_ptr<RecipeCall> (*make)(ServiceContext*, rpc::Stream&));
template <typename Call>
void AddRecipe(ServiceContext* service, rpc::Registry& registry, std::string method) {
  registry.AddStream(std::move(method), rpc::Registry::StreamKind::kUnary,
                     RecipeFactory(service, [](ServiceContext* context, rpc::Stream& stream) {
                       return std::shared_ptr<RecipeCall>(std::make_shared<Call>(context, stream));
                     }));
}

}  // namespace quorate::api
