#pragma once

// etcdserverpb.Lease. Handlers run on event loops.

#include <string_view>

#include "quorate/rpc/server.h"
#include "src/api/service_context.h"

namespace quorate::api {

class LeaseService {
 public:
  explicit LeaseService(ServiceContext* context) : context_(context) {}
  void Register(rpc::Registry& registry);

 private:
  void Grant(const rpc::CallContext& context, std::string_view message, rpc::UnaryCall call);
  void Revoke(const rpc::CallContext& context, std::string_view message, rpc::UnaryCall call);
  void TimeToLive(const rpc::CallContext& context, std::string_view message, rpc::UnaryCall call);
  void List(const rpc::CallContext& context, std::string_view message, rpc::UnaryCall call);

  ServiceContext* context_;
};

}  // namespace quorate::api
