#include "src/api/kv_service.h"

#include <algorithm>
#include <utility>

#include "quorate/base/errors.h"
#include "quorate/mvcc/request.h"
#include "quorate/mvcc/store.h"
#include "src/api/kv_reads.h"
#include "src/api/kv_validation.h"
#include "src/api/range_stream.h"
#include "src/api/short_writes.h"
#include "src/api/unary_bytes.h"

namespace quorate::api {
namespace {

// False when the status is not OK: the call is then answered with it.
bool Passes(absl::Status status, rpc::UnaryCall& call) {
  if (status.ok()) return true;
  std::move(call).Fail(std::move(status));
  return false;
}

bool KeepsValues(const mvcc::PutRequest& request) { return request.ignore_value; }
bool KeepsValues(const mvcc::TxnRequest& request) {
  const auto keeps = [](const mvcc::RequestOp& operation) {
    const auto* put = std::get_if<mvcc::PutRequest>(&operation.request);
    const auto* txn = std::get_if<mvcc::TxnRequest>(&operation.request);
    return (put != nullptr && KeepsValues(*put)) || (txn != nullptr && KeepsValues(*txn));
  };
  return std::any_of(request.success.begin(), request.success.end(), keeps) ||
         std::any_of(request.failure.begin(), request.failure.end(), keeps);
}

// Most keep none, and cost no look into the store.
template <typename Request>
uint64_t KeptBytes(ServiceContext& service, const Request& request, const rpc::UnaryCall& call) {
  return KeepsValues(request) ? service.loop(call.loop_index()).reads.View().KeptBytes(request) : 0;
}

// The quota is asked before the request is looked at more closely.
bool Fits(ServiceContext& service, uint64_t added_bytes, rpc::UnaryCall& call) {
  if (service.quota.Admits(added_bytes)) return true;
  service.quota.Refuse(std::move(call));
  return false;
}

// The same for what it keeps, of a request that is in order.
bool KeptFit(ServiceContext& service, uint64_t added_bytes, uint64_t kept_bytes, rpc::UnaryCall& call) {
  if (kept_bytes == 0) return true;
  if (kept_bytes > Proposer::kKeptBytesPendingMax) {
    std::move(call).Fail(base::errors::TooManyRequests());
    return false;
  }
  return Fits(service, added_bytes + kept_bytes, call);
}

}  // namespace

void KvService::Register(rpc::Registry& registry) {
  AddUnaryBytes(registry, "/etcdserverpb.KV/Range", this, &KvService::Range);
  AddUnaryBytes(registry, "/etcdserverpb.KV/Put", this, &KvService::Put);
  AddUnaryBytes(registry, "/etcdserverpb.KV/DeleteRange", this, &KvService::DeleteRange);
  AddUnaryBytes(registry, "/etcdserverpb.KV/Txn", this, &KvService::Txn);
  AddUnaryBytes(registry, "/etcdserverpb.KV/Compact", this, &KvService::Compact);
  registry.AddStream("/etcdserverpb.KV/RangeStream", rpc::Registry::StreamKind::kServerStream,
                     [this](const rpc::CallContext& context, rpc::Stream& stream) {
                       return MakeRangeStream(context_, context, stream);
                     });
}

void KvService::Range(const rpc::CallContext& context, std::string_view message, rpc::UnaryCall call) {
  mvcc::RangeRequest request;
  if (!context_->Begin(context, mvcc::Decode(message, &request), call) || !Passes(CheckRange(request), call)) return;
  ReadRange(*context_, request, message, {std::move(call), context.deadline, context.connection_calls});
}

void KvService::Put(const rpc::CallContext& context, std::string_view message, rpc::UnaryCall call) {
  mvcc::PutRequest request;
  if (!context_->Begin(context, mvcc::Decode(message, &request), call)) return;
  const uint64_t added_bytes = AddedBytes(request);
  if (!Fits(*context_, added_bytes, call) || !Passes(CheckPut(request), call)) return;
  const uint64_t kept_bytes = KeptBytes(*context_, request, call);
  if (!KeptFit(*context_, added_bytes, kept_bytes, call)) return;
  Proposer& proposer = context_->loop(call.loop_index()).proposer;
  proposer.Add(context, replica::CommandType::kPut, message, std::move(call),
               {.kept_bytes = kept_bytes, .is_short = IsShort(request, kept_bytes)});
}

void KvService::DeleteRange(const rpc::CallContext& context, std::string_view message, rpc::UnaryCall call) {
  mvcc::DeleteRangeRequest request;
  if (!context_->Begin(context, mvcc::Decode(message, &request), call)) return;
  if (!Passes(CheckDeleteRange(request), call)) return;
  Proposer& proposer = context_->loop(call.loop_index()).proposer;
  proposer.Add(context, replica::CommandType::kDeleteRange, message, std::move(call), {.is_short = IsShort(request)});
}

void KvService::Txn(const rpc::CallContext& context, std::string_view message, rpc::UnaryCall call) {
  mvcc::TxnRequest request;
  const uint32_t ops_max = context_->options.max_txn_ops;
  if (!context_->Begin(context, mvcc::Decode(message, &request, ops_max), call)) return;
  const uint64_t added_bytes = AddedBytes(request);
  if (!Fits(*context_, added_bytes, call) || !Passes(CheckTxn(request, ops_max), call)) return;
  if (mvcc::IsReadOnly(request)) {
    return ReadTxn(*context_, request, message, {std::move(call), context.deadline, context.connection_calls});
  }
  ProposalTraits traits{.kept_bytes = KeptBytes(*context_, request, call)};
  if (!KeptFit(*context_, added_bytes, traits.kept_bytes, call)) return;
  traits.is_short = IsShort(request, traits.kept_bytes);
  LoopContext& loop = context_->loop(call.loop_index());
  if (!traits.is_short) {
    // Before it is logged, for it is executed in front of all others.
    const mvcc::ReadView& view = loop.reads.View();
    const uint64_t cost_max = view.TxnCostMax();
    traits.cost = view.TxnCost(request, cost_max);
    if (traits.cost > cost_max) return std::move(call).Fail(base::errors::TooManyRequests());
  }
  loop.proposer.Add(context, replica::CommandType::kTxn, message, std::move(call), traits);
}

void KvService::Compact(const rpc::CallContext& context, std::string_view message, rpc::UnaryCall call) {
  mvcc::CompactionRequest request;
  if (!context_->Begin(context, mvcc::Decode(message, &request), call)) return;
  Proposer& proposer = context_->loop(call.loop_index()).proposer;
  const int64_t garbage_until = request.physical ? request.revision : 0;
  proposer.Add(context, replica::CommandType::kCompact, message, std::move(call), {.garbage_until = garbage_until});
}

}  // namespace quorate::api
