#include "tests/differential/canonical.h"

#include <algorithm>
#include <tuple>

namespace quorate::testing {
namespace {

namespace pb = etcdserverpb;
using mvccpb::KeyValue;

// Go's sort keeps equal elements in place up to this many.
constexpr int64_t kStableMax = 12;

void CanonicalHeader(pb::ResponseHeader* header) {
  if (header->cluster_id() != 0) header->set_cluster_id(1);
  if (header->member_id() != 0) header->set_member_id(1);
  if (header->raft_term() != 0) header->set_raft_term(1);
}

bool Tied(pb::RangeRequest::SortTarget target, const KeyValue& a, const KeyValue& b) {
  switch (target) {
    case pb::RangeRequest::VERSION:
      return a.version() == b.version();
    case pb::RangeRequest::CREATE:
      return a.create_revision() == b.create_revision();
    case pb::RangeRequest::MOD:
      return a.mod_revision() == b.mod_revision();
    case pb::RangeRequest::VALUE:
      // keys_only takes the values away after the sort: then nothing tells the order.
      return a.value() == b.value();
    default:
      return false;
  }
}

// Leaves what a sort compares.
KeyValue SortFieldsOnly(pb::RangeRequest::SortTarget target, const KeyValue& kv) {
  KeyValue only;
  switch (target) {
    case pb::RangeRequest::VERSION:
      only.set_version(kv.version());
      break;
    case pb::RangeRequest::CREATE:
      only.set_create_revision(kv.create_revision());
      break;
    case pb::RangeRequest::MOD:
      only.set_mod_revision(kv.mod_revision());
      break;
    default:
      only.set_value(kv.value());
      break;
  }
  return only;
}

void CanonicalRange(const pb::RangeRequest& request, pb::RangeResponse* response) {
  if (request.sort_target() == pb::RangeRequest::KEY || response->count() <= kStableMax) return;
  auto* kvs = response->mutable_kvs();
  for (auto first = kvs->begin(); first != kvs->end();) {
    auto last =
        std::find_if(first, kvs->end(), [&](const KeyValue& kv) { return !Tied(request.sort_target(), *first, kv); });
    if (last == kvs->end() && response->more()) {
      for (; first != last; ++first) *first = SortFieldsOnly(request.sort_target(), *first);
    } else {
      std::sort(first, last, [](const KeyValue& a, const KeyValue& b) { return a.key() < b.key(); });
    }
    first = last;
  }
}

void CanonicalTxn(const pb::TxnRequest& request, pb::TxnResponse* response) {
  if (response->has_header()) CanonicalHeader(response->mutable_header());
  const auto& operations = response->succeeded() ? request.success() : request.failure();
  const int count = std::min(operations.size(), response->responses_size());
  for (int i = 0; i < count; ++i) {
    pb::ResponseOp* answer = response->mutable_responses(i);
    if (answer->has_response_range()) {
      CanonicalRange(operations[i].request_range(), answer->mutable_response_range());
    } else if (answer->has_response_txn()) {
      CanonicalTxn(operations[i].request_txn(), answer->mutable_response_txn());
    }
  }
}

template <typename Response>
std::string Text(Response response) {
  if (response.has_header()) CanonicalHeader(response.mutable_header());
  return response.DebugString();
}

}  // namespace

std::string Canonical(const Step& step, const Answer& answer) {
  if (answer.code != 0) return "error " + std::to_string(answer.code) + " '" + answer.message + "'\n";
  switch (step.kind) {
    case Step::Kind::kRange:
    case Step::Kind::kRangeStream: {
      pb::RangeResponse response = answer.range;
      CanonicalRange(step.range, &response);
      return answer.malformed + Text(response);
    }
    case Step::Kind::kPut:
      return Text(answer.put);
    case Step::Kind::kDeleteRange:
      return Text(answer.delete_range);
    case Step::Kind::kTxn: {
      pb::TxnResponse response = answer.txn;
      CanonicalTxn(step.txn, &response);
      return Text(response);
    }
    case Step::Kind::kCompact:
      return Text(answer.compact);
  }
  return "";
}

std::string Step::DebugString() const {
  switch (kind) {
    case Kind::kRange:
      return "Range {\n" + range.DebugString() + "}";
    case Kind::kRangeStream:
      return "RangeStream {\n" + range.DebugString() + "}";
    case Kind::kPut:
      return "Put {\n" + put.DebugString() + "}";
    case Kind::kDeleteRange:
      return "DeleteRange {\n" + delete_range.DebugString() + "}";
    case Kind::kTxn:
      return "Txn {\n" + txn.DebugString() + "}";
    case Kind::kCompact:
      return "Compact {\n" + compact.DebugString() + "}";
  }
  return "";
}

}  // namespace quorate::testing
