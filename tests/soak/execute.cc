#include "tests/soak/execute.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <vector>

namespace quorate::soak {
namespace {

// As the answer to a transaction of one operation.
pb::TxnResponse AsTxn(const pb::PutResponse& response) {
  pb::TxnResponse txn;
  *txn.mutable_header() = response.header();
  txn.set_succeeded(true);
  *txn.add_responses()->mutable_response_put() = response;
  return txn;
}
pb::TxnResponse AsTxn(const pb::DeleteRangeResponse& response) {
  pb::TxnResponse txn;
  *txn.mutable_header() = response.header();
  txn.set_succeeded(true);
  *txn.add_responses()->mutable_response_delete_range() = response;
  return txn;
}

template <typename Response>
Reply<pb::TxnResponse> AsTxn(const Reply<Response>& reply) {
  return {.status = reply.status, .response = AsTxn(reply.response), .outage = reply.outage};
}

// Whether the lease of what it puts may be over by now.
bool MayLackLease(Stage& stage, const pb::TxnRequest& txn, const grpc::Status& status) {
  if (status.error_code() != grpc::StatusCode::NOT_FOUND) return false;
  const int64_t lease = txn.success(0).request_put().lease();
  const std::vector<int64_t> certain = stage.leases->Certain(std::chrono::steady_clock::now());
  return lease != 0 && std::find(certain.begin(), certain.end(), lease) == certain.end();
}

Reply<pb::TxnResponse> Send(Client& client, const pb::TxnRequest& txn) {
  if (txn.compare().empty() && txn.success_size() == 1) {
    const pb::RequestOp& op = txn.success(0);
    if (op.has_request_put()) return AsTxn(client.Try(&pb::KV::Stub::Put, op.request_put()));
    if (op.has_request_delete_range()) {
      return AsTxn(client.Try(&pb::KV::Stub::DeleteRange, op.request_delete_range()));
    }
  }
  return client.Try(&pb::KV::Stub::Txn, txn);
}

}  // namespace

uint64_t NextOperationId() {
  static std::atomic<uint64_t> next = 1;
  return next++;
}

bool Execute(Stage& stage, Client& client, std::shared_ptr<const Operation> operation) {
  if (!client.Ready()) return false;
  const int64_t told = stage.timeline->Begin(operation);
  const Reply<pb::TxnResponse> reply = Send(client, operation->txn);
  ++stage.calls;
  if (reply.ok()) {
    stage.timeline->Finish(*operation, told, reply.response);
    return true;
  }
  ++stage.unanswered;
  if (!reply.outage && !MayLackLease(stage, operation->txn, reply.status)) {
    client.Blame("an operation", operation->txn.ShortDebugString(), reply.status);
  }
  pb::RangeRequest read;
  read.set_key("a read after an outage");
  while (client.Ready()) {
    const auto current = client.Call(&pb::KV::Stub::Range, read);
    if (!current.ok()) continue;
    stage.timeline->Abandon(*operation, current.response.header().revision());
    break;
  }
  return false;
}

}  // namespace quorate::soak
