#include "src/api/maintenance_service.h"

#include "quorate/base/errors.h"
#include "src/api/downgrade.h"
#include "src/api/hash_service.h"
#include "src/api/store_size.h"
#include "src/api/unary.h"

namespace quorate::api {
namespace {

// As protobuf writes an AlarmMember as text.
std::string TextOf(const replica::Alarm& alarm) {
  std::string text;
  if (alarm.member != 0) text = "memberID:" + std::to_string(alarm.member) + " ";
  return text + "alarm:" + NameOf(alarm.type);
}

absl::StatusOr<etcdserverpb::StatusResponse> Status(const ServiceContext& context) {
  const replica::ReplicaStatus status = context.replica->status();
  const StoreSize size = SizeOf(context);
  etcdserverpb::StatusResponse response;
  *response.mutable_header() = HeaderNow(context);
  response.set_version(context.options.versions.server);
  response.set_storageversion(context.options.versions.storage);
  response.set_dbsize(size.bytes);
  response.set_dbsizeinuse(size.in_use_bytes);
  response.set_dbsizequota(context.quota.bytes());
  response.set_leader(status.leader);
  response.set_raftindex(status.commit_index);
  response.set_raftappliedindex(status.applied_index);
  response.set_raftterm(status.term);
  const membership::Cluster cluster = context.replica->cluster();
  response.mutable_downgradeinfo()->set_enabled(!cluster.downgrade_target.empty());
  response.mutable_downgradeinfo()->set_targetversion(cluster.downgrade_target);
  const membership::Member* self = cluster.Find(cluster.self);
  response.set_islearner(self != nullptr && self->learner);
  if (status.leader == 0) response.add_errors("etcdserver: no leader");
  for (const replica::Alarm& alarm : context.replica->alarms()) response.add_errors(TextOf(alarm));
  if (!status.trouble.ok()) response.add_errors(std::string(base::MessageOf(status.trouble)));
  return response;
}

// Listing too goes through the log: the list is that of the moment it was asked for, on whichever member.
void Alarm(ServiceContext& context, const rpc::CallContext& call_context, std::string_view message,
           rpc::UnaryCall call) {
  etcdserverpb::AlarmRequest request;
  if (!context.Begin(call_context, Parse(message, &request), call)) return;
  // etcd logs such a request, too, and stops at it.
  if (!etcdserverpb::AlarmRequest::AlarmAction_IsValid(request.action())) {
    return std::move(call).Fail(base::errors::UnknownMethod());
  }
  // Written anew: who executes it decodes it by its own rules, which what was not understood here might break.
  Proposer& proposer = context.loop(call.loop_index()).proposer;
  proposer.Add(call_context, replica::CommandType::kAlarm, request.SerializeAsString(), std::move(call));
}

void Defragment(ServiceContext& context, const rpc::CallContext& call_context, std::string_view message,
                rpc::UnaryCall call) {
  etcdserverpb::DefragmentRequest request;
  if (!context.Begin(call_context, Parse(message, &request), call)) return;
  context.defragmentation.Request(context.replica, [call = std::move(call)](absl::Status outcome) mutable {
    if (!outcome.ok()) return std::move(call).Fail(std::move(outcome));
    // Without a header, as in etcd.
    std::move(call).Reply({});
  });
}

// With one voter there is nobody else to lead.
absl::StatusOr<etcdserverpb::MoveLeaderResponse> MoveLeader(const ServiceContext& context,
                                                            const etcdserverpb::MoveLeaderRequest& request) {
  const replica::ReplicaStatus status = context.replica->status();
  if (status.leader != status.member_id) return base::errors::NotLeader();
  if (request.targetid() != status.member_id) return base::errors::BadLeaderTransferee();
  return etcdserverpb::MoveLeaderResponse();
}

}  // namespace

void RegisterMaintenance(ServiceContext* context, rpc::Registry& registry) {
  RegisterDowngrade(context, registry);
  RegisterHashes(context, registry);
  // Asking the store for its size walks its list of files: not on the loop.
  AddUnary<etcdserverpb::StatusRequest>(context, registry, "/etcdserverpb.Maintenance/Status", Serving::kOnPool,
                                        [context](const auto&) { return Status(*context); });
  AddUnary<etcdserverpb::MoveLeaderRequest>(context, registry, "/etcdserverpb.Maintenance/MoveLeader", Serving::kOnLoop,
                                            [context](const auto& request) { return MoveLeader(*context, request); });
  registry.AddUnary("/etcdserverpb.Maintenance/Alarm",
                    [context](const rpc::CallContext& call_context, std::string_view message, rpc::UnaryCall call) {
                      Alarm(*context, call_context, message, std::move(call));
                    });
  registry.AddUnary("/etcdserverpb.Maintenance/Defragment",
                    [context](const rpc::CallContext& call_context, std::string_view message, rpc::UnaryCall call) {
                      Defragment(*context, call_context, message, std::move(call));
                    });
}

}  // namespace quorate::api
