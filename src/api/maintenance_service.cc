#include <algorithm>
#include <chrono>

#include "src/api/member_service.h"
#include "src/api/unary.h"

namespace quorate::api {
namespace {

absl::StatusOr<etcdserverpb::StatusResponse> Status(const ServiceContext& context) {
  const replica::ReplicaStatus status = context.replica->status();
  const StoreSize size = SizeOf(context);
  const int64_t quota = context.options.quota_backend_bytes;
  etcdserverpb::StatusResponse response;
  *response.mutable_header() = HeaderNow(context);
  response.set_version(context.options.versions.server);
  response.set_storageversion(context.options.versions.storage);
  response.set_dbsize(size.bytes);
  response.set_dbsizeinuse(size.in_use_bytes);
  response.set_dbsizequota(quota == 0 ? kDefaultQuotaBytes : quota);
  response.set_leader(status.leader);
  response.set_raftindex(status.commit_index);
  response.set_raftappliedindex(status.applied_index);
  response.set_raftterm(status.term);
  response.mutable_downgradeinfo()->set_enabled(false);
  const membership::Cluster cluster = context.replica->cluster();
  const membership::Member* self = cluster.Find(cluster.self);
  response.set_islearner(self != nullptr && self->learner);
  if (status.leader == 0) response.add_errors("etcdserver: no leader");
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

// No alarm can be raised yet, so none is listed and disarming finds none; raising one by hand is refused.
absl::StatusOr<etcdserverpb::AlarmResponse> Alarm(const ServiceContext& context,
                                                  const etcdserverpb::AlarmRequest& request) {
  if (request.action() == etcdserverpb::AlarmRequest::ACTIVATE) {
    return base::MakeStatus(absl::StatusCode::kUnimplemented, "quorate: raising an alarm is not supported");
  }
  etcdserverpb::AlarmResponse response;
  *response.mutable_header() = HeaderNow(context);
  return response;
}

}  // namespace

StoreSize SizeOf(const ServiceContext& context) {
  const auto logical = static_cast<int64_t>(context.replica->store().logical_bytes());
  const auto on_disk = static_cast<int64_t>(context.replica->database().Size().on_disk_bytes);
  // What is not flushed yet lies in the log alone, and tables are compressed: the store is never smaller than its data.
  return {.bytes = std::max(on_disk, logical), .in_use_bytes = logical};
}

void RegisterMaintenance(ServiceContext* context, rpc::Registry& registry) {
  // Asking the store for its size walks its list of files: not on the loop.
  AddUnary<etcdserverpb::StatusRequest>(context, registry, "/etcdserverpb.Maintenance/Status", Serving::kOnPool,
                                        [context](const auto&) { return Status(*context); });
  AddUnary<etcdserverpb::HashKVRequest>(context, registry, "/etcdserverpb.Maintenance/HashKV", Serving::kOnPool,
                                        [context](const auto& request) { return HashKV(*context, request); });
  AddUnary<etcdserverpb::HashRequest>(context, registry, "/etcdserverpb.Maintenance/Hash", Serving::kOnPool,
                                      [context](const auto&) { return Hash(*context); });
  AddUnary<etcdserverpb::AlarmRequest>(context, registry, "/etcdserverpb.Maintenance/Alarm", Serving::kOnLoop,
                                       [context](const auto& request) { return Alarm(*context, request); });
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
