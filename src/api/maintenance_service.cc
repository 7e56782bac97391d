#include <algorithm>
#include <chrono>

#include "quorate/base/errors.h"
#include "src/api/downgrade.h"
#include "src/api/member_service.h"
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

// Observes how long a scope took.
template <typename Histogram>
class Timed {
 public:
  explicit Timed(Histogram& histogram) : histogram_(histogram) {}
  ~Timed() { histogram_.Observe(std::chrono::steady_clock::now() - start_); }

 private:
  Histogram& histogram_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

absl::StatusOr<etcdserverpb::HashKVResponse> HashKV(ServiceContext& context,
                                                    const etcdserverpb::HashKVRequest& request) {
  const Timed timed(context.statistics.hash_by_revision);
  QUORATE_ASSIGN_OR_RETURN(const mvcc::HashResult hash, context.replica->store().HashKV(request.revision()));
  etcdserverpb::HashKVResponse response;
  *response.mutable_header() = HeaderAt(context, hash.revision);
  response.set_hash(hash.hash);
  response.set_compact_revision(hash.compact_revision);
  response.set_hash_revision(hash.hash_revision);
  return response;
}

absl::StatusOr<etcdserverpb::HashResponse> Hash(ServiceContext& context) {
  const Timed timed(context.statistics.hash);
  QUORATE_ASSIGN_OR_RETURN(const uint32_t hash, context.replica->store().Hash());
  etcdserverpb::HashResponse response;
  *response.mutable_header() = HeaderNow(context);
  response.set_hash(hash);
  return response;
}

absl::Status UnknownMethod() { return base::MakeStatus(absl::StatusCode::kUnknown, "etcdserver: unknown method"); }

// Listing too goes through the log: the list is that of the moment it was asked for, on whichever member.
void Alarm(ServiceContext& context, const rpc::CallContext& call_context, std::string_view message,
           rpc::UnaryCall call) {
  etcdserverpb::AlarmRequest request;
  if (!request.ParseFromArray(message.data(), static_cast<int>(message.size()))) {
    return std::move(call).Fail(Malformed());
  }
  if (absl::Status status = context.Admit(call_context, call.loop_index()); !status.ok()) {
    return std::move(call).Fail(std::move(status));
  }
  // etcd logs such a request, too, and stops at it.
  if (!etcdserverpb::AlarmRequest::AlarmAction_IsValid(request.action())) return std::move(call).Fail(UnknownMethod());
  context.loop(call.loop_index()).proposer.Add(replica::CommandType::kAlarm, message, std::move(call));
}

void Defragment(ServiceContext& context, const rpc::CallContext& call_context, std::string_view message,
                rpc::UnaryCall call) {
  etcdserverpb::DefragmentRequest request;
  absl::Status status = request.ParseFromArray(message.data(), static_cast<int>(message.size()))
                            ? context.Admit(call_context, call.loop_index())
                            : Malformed();
  if (!status.ok()) return std::move(call).Fail(std::move(status));
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

StoreSize SizeOf(const ServiceContext& context) {
  const auto logical = static_cast<int64_t>(context.replica->store().logical_bytes());
  const auto on_disk = static_cast<int64_t>(context.replica->database().Size().on_disk_bytes);
  // What is not flushed yet lies in the log alone, and tables are compressed: the store is never smaller than its data.
  return {.bytes = std::max(on_disk, logical), .in_use_bytes = logical};
}

void RegisterMaintenance(ServiceContext* context, rpc::Registry& registry) {
  RegisterDowngrade(context, registry);
  // Asking the store for its size walks its list of files: not on the loop.
  AddUnary<etcdserverpb::StatusRequest>(context, registry, "/etcdserverpb.Maintenance/Status", Serving::kOnPool,
                                        [context](const auto&) { return Status(*context); });
  AddUnary<etcdserverpb::HashKVRequest>(context, registry, "/etcdserverpb.Maintenance/HashKV", Serving::kOnPool,
                                        [context](const auto& request) { return HashKV(*context, request); });
  AddUnary<etcdserverpb::HashRequest>(context, registry, "/etcdserverpb.Maintenance/Hash", Serving::kOnPool,
                                      [context](const auto&) { return Hash(*context); });
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

void RegisterAuth(ServiceContext* context, rpc::Registry& registry) {
  AddUnary<etcdserverpb::AuthStatusRequest>(context, registry, "/etcdserverpb.Auth/AuthStatus", Serving::kOnLoop,
                                            [context](const auto&) -> absl::StatusOr<etcdserverpb::AuthStatusResponse> {
                                              etcdserverpb::AuthStatusResponse response;
                                              *response.mutable_header() = HeaderNow(*context);
                                              response.set_enabled(false);
                                              response.set_authrevision(1);
                                              return response;
                                            });
}

}  // namespace quorate::api
