#include "tests/soak/operation.h"

#include <algorithm>
#include <charconv>
#include <random>

namespace quorate::soak {
namespace {

namespace pb = etcdserverpb;

constexpr std::string_view kBeforeId = "op:";
constexpr char kBehindId = ';';

template <typename Number>
bool Compares(pb::Compare::CompareResult how, Number is, Number wanted) {
  switch (how) {
    case pb::Compare::GREATER:
      return is > wanted;
    case pb::Compare::LESS:
      return is < wanted;
    case pb::Compare::NOT_EQUAL:
      return is != wanted;
    default:
      return is == wanted;
  }
}

bool Holds(const Model& model, const pb::Compare& compare, int64_t base) {
  const KeyState* state = model.At(compare.key(), base);
  const KeyState is = state == nullptr ? KeyState() : *state;
  switch (compare.target()) {
    case pb::Compare::VERSION:
      return Compares(compare.result(), is.version, compare.version());
    case pb::Compare::CREATE:
      return Compares(compare.result(), is.created, compare.create_revision());
    case pb::Compare::MOD:
      return Compares(compare.result(), is.modified, compare.mod_revision());
    case pb::Compare::LEASE:
      return Compares(compare.result(), is.lease, compare.lease());
    default:
      // Equal or not is all that can be told of marks.
      if (state == nullptr) return false;
      return (is.value == ValueMark::Of(compare.value())) == (compare.result() == pb::Compare::EQUAL);
  }
}

std::string CheckBefore(const Model& model, const std::string& key, const mvccpb::KeyValue* told, int64_t base) {
  const KeyState* state = model.At(key, base);
  if (state == nullptr) return told == nullptr ? "" : "a former value of " + key + ", which was not there";
  if (told == nullptr) return "no former value of " + key;
  return Differ(*told, *state, true);
}

std::string CheckDeletion(const Model& model, const pb::DeleteRangeRequest& request,
                          const pb::DeleteRangeResponse& response, int64_t base) {
  std::string fault;
  int64_t count = 0;
  model.ForEach(request.key(), request.range_end(), base, [&](const std::string& key, const KeyState& state) {
    const int at = static_cast<int>(count++);
    if (!request.prev_kv() || !fault.empty()) return;
    if (at >= response.prev_kvs_size() || response.prev_kvs(at).key() != key) {
      fault = "the former " + key + " is not told";
    } else {
      fault = Differ(response.prev_kvs(at), state, true);
    }
  });
  if (fault.empty() && response.deleted() != count) {
    fault = "deleted " + std::to_string(response.deleted()) + " of " + std::to_string(count) + " keys";
  }
  return fault;
}

}  // namespace

std::string ValueOf(uint64_t id, size_t bytes) {
  std::string value = std::string(kBeforeId) + std::to_string(id) + kBehindId;
  std::mt19937_64 random(id);
  while (value.size() < bytes) {
    const uint64_t number = random();
    value.append(reinterpret_cast<const char*>(&number), sizeof(number));
  }
  return value;
}

std::optional<uint64_t> OperationOf(const std::string& value) {
  if (!value.starts_with(kBeforeId)) return std::nullopt;
  uint64_t id = 0;
  const char* end = value.data() + value.size();
  const auto [behind, error] = std::from_chars(value.data() + kBeforeId.size(), end, id);
  if (error != std::errc() || behind == end || *behind != kBehindId) return std::nullopt;
  return id;
}

Change ChangeOf(const mvccpb::Event& event) {
  if (event.type() == mvccpb::Event::DELETE) return {.key = event.kv().key(), .deleted = true};
  return {.key = event.kv().key(), .lease = event.kv().lease(), .value = ValueMark::Of(event.kv().value())};
}

bool Succeeds(const Model& model, const pb::TxnRequest& txn, int64_t base) {
  return std::all_of(txn.compare().begin(), txn.compare().end(),
                     [&](const pb::Compare& compare) { return Holds(model, compare, base); });
}

std::vector<Change> Evaluate(const Model& model, const pb::TxnRequest& txn, int64_t base) {
  std::vector<Change> changes;
  for (const pb::RequestOp& op : Succeeds(model, txn, base) ? txn.success() : txn.failure()) {
    if (op.has_request_put()) {
      const pb::PutRequest& put = op.request_put();
      changes.push_back({.key = put.key(), .lease = put.lease(), .value = ValueMark::Of(put.value())});
    } else if (op.has_request_delete_range()) {
      const pb::DeleteRangeRequest& deletion = op.request_delete_range();
      model.ForEach(deletion.key(), deletion.range_end(), base,
                    [&](const std::string& key, const KeyState&) { changes.push_back({.key = key, .deleted = true}); });
    }
  }
  std::sort(changes.begin(), changes.end(), [](const Change& a, const Change& b) { return a.key < b.key; });
  return changes;
}

std::string CheckRange(const Model& model, const pb::RangeRequest& request, const pb::RangeResponse& response,
                       int64_t revision) {
  std::vector<std::pair<std::string, const KeyState*>> expected;
  model.ForEach(request.key(), request.range_end(), revision,
                [&](const std::string& key, const KeyState& state) { expected.emplace_back(key, &state); });
  if (response.count() != static_cast<int64_t>(expected.size())) {
    return "counts " + std::to_string(response.count()) + " keys, there are " + std::to_string(expected.size());
  }
  if (request.sort_order() == pb::RangeRequest::DESCEND) std::reverse(expected.begin(), expected.end());
  const bool cut = request.limit() > 0 && static_cast<size_t>(request.limit()) < expected.size();
  if (cut) expected.resize(static_cast<size_t>(request.limit()));
  if (request.count_only()) expected.clear();
  if (!request.count_only() && response.more() != cut) return cut ? "does not say that there is more" : "says more";
  if (response.kvs_size() != static_cast<int>(expected.size())) {
    return std::to_string(response.kvs_size()) + " keys of " + std::to_string(expected.size());
  }
  for (int i = 0; i < response.kvs_size(); ++i) {
    const auto& [key, state] = expected[static_cast<size_t>(i)];
    if (response.kvs(i).key() != key) return "has " + response.kvs(i).key() + " in place of " + key;
    if (std::string fault = Differ(response.kvs(i), *state, !request.keys_only()); !fault.empty()) return fault;
  }
  return "";
}

std::string CheckResponse(const Model& model, const pb::TxnRequest& txn, const pb::TxnResponse& response,
                          int64_t base) {
  if (response.succeeded() != Succeeds(model, txn, base)) {
    return response.succeeded() ? "succeeds and should not" : "should succeed";
  }
  const auto& ops = response.succeeded() ? txn.success() : txn.failure();
  if (response.responses_size() != ops.size()) return "answers another number of operations";
  for (int i = 0; i < ops.size(); ++i) {
    const pb::ResponseOp& told = response.responses(i);
    std::string fault;
    if (ops[i].has_request_range()) {
      fault = CheckRange(model, ops[i].request_range(), told.response_range(), base);
    } else if (ops[i].has_request_delete_range()) {
      fault = CheckDeletion(model, ops[i].request_delete_range(), told.response_delete_range(), base);
    } else if (ops[i].request_put().prev_kv()) {
      const pb::PutResponse& put = told.response_put();
      fault = CheckBefore(model, ops[i].request_put().key(), put.has_prev_kv() ? &put.prev_kv() : nullptr, base);
    }
    if (!fault.empty()) return fault;
  }
  return "";
}

}  // namespace quorate::soak
