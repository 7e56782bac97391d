#include "src/api/lease_service.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "quorate/base/errors.h"
#include "quorate/base/wire.h"
#include "quorate/lease/request.h"
#include "src/api/keep_alive_stream.h"
#include "src/api/lease_description.h"
#include "src/api/unary_bytes.h"

namespace quorate::api {
namespace {

namespace wire = base::wire;

// What a lease's keys may be long together in one answer: as much as a list's records.
constexpr uint64_t kKeysBytesMax = uint64_t{1} << 30;
// Of LeaseLeasesResponse, and of the LeaseStatus in it.
constexpr uint32_t kLeases = 2;
constexpr uint32_t kLeaseId = 1;

// Who share a list of leases: its bytes are shared, too, and what each answer costs is little.
constexpr size_t kListSharedMax = 1024;

void ReplyNow(const ServiceContext& service, base::Payload body, rpc::UnaryCall call) {
  std::move(call).ReplyIfRoom(
      service.header.Prepend(service.replica->store().revision(), service.replica->term(), std::move(body)));
}

// A LeaseLeasesResponse without its header.
base::Payload EncodeList(const std::vector<int64_t>& leases) {
  base::Payload list;
  std::string status;
  for (const int64_t lease : leases) {
    const auto id = static_cast<uint64_t>(lease);
    status.clear();
    wire::AppendBytesPrefix(&status, kLeases, 1 + wire::VarintSize(id));
    wire::AppendVarintField(&status, kLeaseId, id);
    list.Append(status);
  }
  return list;
}

}  // namespace

LeaseService::LeaseService(ServiceContext* context)
    : context_(context),
      lists_(
          kListSharedMax,
          [context](ReaderPool::Task task) { context->readers.SubmitRead(std::move(task), /*bytes=*/0); },
          [this](const absl::Status& ready, std::vector<Lister> listers) {
            AnswerListers(ready, std::move(listers));
          }) {}

void LeaseService::Register(rpc::Registry& registry) {
  AddUnaryBytes(registry, "/etcdserverpb.Lease/LeaseGrant", this, &LeaseService::Grant);
  AddUnaryBytes(registry, "/etcdserverpb.Lease/LeaseRevoke", this, &LeaseService::Revoke);
  AddUnaryBytes(registry, "/etcdserverpb.Lease/LeaseTimeToLive", this, &LeaseService::TimeToLive);
  AddUnaryBytes(registry, "/etcdserverpb.Lease/LeaseLeases", this, &LeaseService::List);
  registry.AddStream("/etcdserverpb.Lease/LeaseKeepAlive", rpc::Registry::StreamKind::kBidirectional,
                     [this](const rpc::CallContext& context, rpc::Stream& stream) {
                       return MakeKeepAliveStream(context_, context, stream);
                     });
}

void LeaseService::Grant(const rpc::CallContext& context, std::string_view message, rpc::UnaryCall call) {
  lease::GrantRequest request;
  if (!context_->Begin(context, lease::Decode(message, &request), call)) return;
  if (!context_->quota.Admits(kLeaseBytes)) return context_->quota.Refuse(std::move(call));
  // What depends on this member's clock and configuration is settled before the lease is proposed.
  if (request.id == 0) request.id = context_->lease_ids->Next();
  request.ttl = std::max(request.ttl, context_->replica->lessor().ttl_min_seconds());
  Proposer& proposer = context_->loop(call.loop_index()).proposer;
  proposer.Add(context, replica::CommandType::kLeaseGrant, lease::Encode(request), std::move(call), {.is_short = true});
}

void LeaseService::Revoke(const rpc::CallContext& context, std::string_view message, rpc::UnaryCall call) {
  lease::RevokeRequest request;
  if (!context_->Begin(context, lease::Decode(message, &request), call)) return;
  Proposer& proposer = context_->loop(call.loop_index()).proposer;
  proposer.Add(context, replica::CommandType::kLeaseRevoke, message, std::move(call));
}

void LeaseService::TimeToLive(const rpc::CallContext& context, std::string_view message, rpc::UnaryCall call) {
  lease::TimeToLiveRequest request;
  if (!context_->Begin(context, lease::Decode(message, &request), call)) return;
  Patience patience(call, context.deadline);
  const uint64_t connection = call.connection();
  auto waiting = std::make_shared<rpc::UnaryCall>(std::move(call));
  auto serve = [context = context_, request, patience, waiting](absl::Status status) {
    status = patience.Check(std::move(status));
    if (!status.ok()) return std::move(*waiting).Fail(std::move(status));
    absl::StatusOr<base::Payload> described =
        DescribeLease(*context->replica, request, kKeysBytesMax, [&patience] { return patience.is_over(); });
    if (!described.ok()) return std::move(*waiting).Fail(std::move(described).status());
    auto body = std::make_shared<base::Payload>(*std::move(described));
    const bool accepted = context->replica->leases().WhenPublished([context, body, waiting](absl::Status published) {
      if (!published.ok()) return std::move(*waiting).Fail(std::move(published));
      // Who leads no longer knows no times.
      if (!context->replica->lessor().leading()) return std::move(*waiting).Fail(base::errors::LeaderChanged());
      ReplyNow(*context, std::move(*body), std::move(*waiting));
    });
    if (!accepted) std::move(*waiting).Fail(base::errors::TooManyRequests());
  };
  context_->ConfirmThenRun(true, std::move(serve), /*bytes=*/0, connection);
}

void LeaseService::List(const rpc::CallContext& context, std::string_view message, rpc::UnaryCall call) {
  lease::LeasesRequest request;
  if (!context_->Begin(context, lease::Decode(message, &request), call)) return;
  // A member's own list, as in etcd: not confirmed. On the pool, since there may be a million.
  Patience patience(call, context.deadline);
  lists_.Add({std::move(call), std::move(patience)});
}

void LeaseService::AnswerListers(const absl::Status& ready, std::vector<Lister> listers) {
  std::optional<base::Payload> list;  // made for the first who waits still
  for (Lister& lister : listers) {
    absl::Status status = lister.patience.Check(ready);
    if (!status.ok()) {
      std::move(lister.call).Fail(std::move(status));
      continue;
    }
    if (!list.has_value()) list = EncodeList(context_->replica->lessor().List());
    ReplyNow(*context_, *list, std::move(lister.call));
  }
}

}  // namespace quorate::api
