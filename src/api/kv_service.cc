#include "src/api/kv_service.h"

#include <utility>

#include "quorate/base/errors.h"
#include "quorate/mvcc/request.h"
#include "quorate/mvcc/store.h"
#include "src/api/kv_reads.h"
#include "src/api/kv_validation.h"
#include "src/api/range_stream.h"

namespace quorate::api {
namespace {

// The common beginning of every handler, in etcd's order: decode, admit, check.
template <typename Request, typename Check>
bool Begin(ServiceContext& service, const rpc::CallContext& context, std::string_view message, rpc::UnaryCall& call,
           Request* request, Check&& check) {
  absl::Status status;
  if (!mvcc::Decode(message, request)) {
    status = Malformed();
  } else {
    status = service.Admit(context, call.loop_index());
    if (status.ok()) status = check(*request);
  }
  if (status.ok()) return true;
  std::move(call).Fail(std::move(status));
  return false;
}

}  // namespace

void KvService::Register(rpc::Registry& registry) {
  const auto add = [&](std::string method,
                       void (KvService::*handler)(const rpc::CallContext&, std::string_view, rpc::UnaryCall)) {
    registry.AddUnary("/etcdserverpb.KV/" + method,
                      [this, handler](const rpc::CallContext& context, std::string_view message, rpc::UnaryCall call) {
                        (this->*handler)(context, message, std::move(call));
                      });
  };
  add("Range", &KvService::Range);
  add("Put", &KvService::Put);
  add("DeleteRange", &KvService::DeleteRange);
  add("Txn", &KvService::Txn);
  add("Compact", &KvService::Compact);
  registry.AddStream("/etcdserverpb.KV/RangeStream", rpc::Registry::StreamKind::kServerStream,
                     [this](const rpc::CallContext& context, rpc::Stream& stream) {
                       return MakeRangeStream(context_, context, stream);
                     });
}

void KvService::Range(const rpc::CallContext& context, std::string_view message, rpc::UnaryCall call) {
  mvcc::RangeRequest request;
  if (!Begin(*context_, context, message, call, &request, CheckRange)) return;
  ReadRange(*context_, request, message, {std::move(call), context.deadline});
}

void KvService::Put(const rpc::CallContext& context, std::string_view message, rpc::UnaryCall call) {
  mvcc::PutRequest request;
  if (!Begin(*context_, context, message, call, &request, CheckPut)) return;
  Proposer& proposer = context_->loop(call.loop_index()).proposer;
  proposer.Add(replica::CommandType::kPut, message, std::move(call));
}

void KvService::DeleteRange(const rpc::CallContext& context, std::string_view message, rpc::UnaryCall call) {
  mvcc::DeleteRangeRequest request;
  if (!Begin(*context_, context, message, call, &request, CheckDeleteRange)) return;
  Proposer& proposer = context_->loop(call.loop_index()).proposer;
  proposer.Add(replica::CommandType::kDeleteRange, message, std::move(call));
}

void KvService::Txn(const rpc::CallContext& context, std::string_view message, rpc::UnaryCall call) {
  mvcc::TxnRequest request;
  const auto check = [this](const mvcc::TxnRequest& txn) { return CheckTxn(txn, context_->options.max_txn_ops); };
  if (!Begin(*context_, context, message, call, &request, check)) return;
  if (mvcc::IsReadOnly(request)) return ReadTxn(*context_, request, message, {std::move(call), context.deadline});
  Proposer& proposer = context_->loop(call.loop_index()).proposer;
  proposer.Add(replica::CommandType::kTxn, message, std::move(call));
}

void KvService::Compact(const rpc::CallContext& context, std::string_view message, rpc::UnaryCall call) {
  mvcc::CompactionRequest request;
  const auto check = [](const mvcc::CompactionRequest&) { return absl::OkStatus(); };
  if (!Begin(*context_, context, message, call, &request, check)) return;
  Proposer& proposer = context_->loop(call.loop_index()).proposer;
  proposer.Add(replica::CommandType::kCompact, message, std::move(call), request.physical ? request.revision : 0);
}

}  // namespace quorate::api
