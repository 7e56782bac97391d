#pragma once

// etcdserverpb.KV. Handlers run on event loops.

#include <memory>
#include <string_view>

#include "quorate/rpc/registry.h"
#include "src/api/service_context.h"

namespace quorate::api {

class KvService {
 public:
  explicit KvService(ServiceContext* context) : context_(context) {}
  void Register(rpc::Registry& registry);

 private:
  void Range(const rpc::CallContext& context, std::string_view message, rpc::UnaryCall call);
  void Put(const rpc::CallContext& context, std::string_view message, rpc::UnaryCall call);
  void DeleteRange(const rpc::CallContext& context, std::string_view message, rpc::UnaryCall call);
  void Txn(const rpc::CallContext& context, std::string_view message, rpc::UnaryCall call);
  void Compact(const rpc::CallContext& context, std::string_view message, rpc::UnaryCall call);

  ServiceContext* context_;
};

}  // namespace quorate::api
