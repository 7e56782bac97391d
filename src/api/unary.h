#pragma once

// The plain way to register a unary method: protobuf messages in and out. For what is asked rarely and changes nothing;
// KV reads bytes.

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "etcdserverpb/rpc.pb.h"
#include "quorate/rpc/registry.h"
#include "src/api/parse.h"
#include "src/api/patience.h"
#include "src/api/service_context.h"

namespace quorate::api {

inline etcdserverpb::ResponseHeader HeaderWithoutRevision(const ServiceContext& context) {
  etcdserverpb::ResponseHeader header;
  header.set_cluster_id(context.header.cluster_id());
  header.set_member_id(context.header.member_id());
  header.set_raft_term(context.replica->term());
  return header;
}

inline etcdserverpb::ResponseHeader HeaderAt(const ServiceContext& context, int64_t revision) {
  etcdserverpb::ResponseHeader header = HeaderWithoutRevision(context);
  header.set_revision(revision);
  return header;
}

inline etcdserverpb::ResponseHeader HeaderNow(const ServiceContext& context) {
  return HeaderAt(context, context.replica->store().revision());
}

// How a method is served: at once on the loop, on the pool, or on the pool after a confirmation when `linearizable`
// says so of the request.
enum class Serving { kOnLoop, kOnPool };

// `handle` is absl::StatusOr<Response>(const Request&), called on the thread that `serving` says.
template <typename Request, typename Handle>
void AddUnary(ServiceContext* context, rpc::Registry& registry, std::string method, Serving serving, Handle handle,
              bool (*linearizable)(const Request&) = nullptr) {
  registry.AddUnary(std::move(method),
                    [context, serving, handle, linearizable](const rpc::CallContext& call_context,
                                                             std::string_view message, rpc::UnaryCall call) {
                      auto request = std::make_shared<Request>();
                      if (!context->Begin(call_context, Parse(message, request.get()), call)) return;
                      Patience patience(call, call_context.deadline);
                      const uint64_t connection = call.connection();
                      auto serve = [handle, request, patience, call = std::move(call)](absl::Status ready) mutable {
                        ready = patience.Check(std::move(ready));
                        if (!ready.ok()) return std::move(call).Fail(std::move(ready));
                        auto response = handle(*request);
                        if (!response.ok()) return std::move(call).Fail(std::move(response).status());
                        std::move(call).ReplyIfRoom(base::Payload(response->SerializeAsString()));
                      };
                      if (serving == Serving::kOnLoop) return serve(absl::OkStatus());
                      context->ConfirmThenRun(linearizable != nullptr && linearizable(*request), std::move(serve),
                                              /*bytes=*/0, connection);
                    });
}

}  // namespace quorate::api
