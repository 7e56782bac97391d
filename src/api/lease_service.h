#pragma once

// etcdserverpb.Lease. Handlers run on event loops.

#include <string_view>
#include <vector>

#include "quorate/rpc/registry.h"
#include "src/api/patience.h"
#include "src/api/service_context.h"
#include "src/api/shared_read.h"

namespace quorate::api {

class LeaseService {
 public:
  explicit LeaseService(ServiceContext* context);
  void Register(rpc::Registry& registry);

 private:
  // Who waits for the list of all leases.
  struct Lister {
    rpc::UnaryCall call;
    Patience patience;
  };

  void Grant(const rpc::CallContext& context, std::string_view message, rpc::UnaryCall call);
  void Revoke(const rpc::CallContext& context, std::string_view message, rpc::UnaryCall call);
  void TimeToLive(const rpc::CallContext& context, std::string_view message, rpc::UnaryCall call);
  void List(const rpc::CallContext& context, std::string_view message, rpc::UnaryCall call);
  void AnswerListers(const absl::Status& ready, std::vector<Lister> listers);

  ServiceContext* context_;
  SharedRead<Lister> lists_;
};

}  // namespace quorate::api
