#include "tests/differential/generator.h"

#include <limits>

namespace quorate::testing {
namespace {

using namespace std::string_literals;
namespace pb = etcdserverpb;

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
constexpr int64_t kMin = std::numeric_limits<int64_t>::min();

constexpr int kTxnDepthMax = 3;
// The servers' default of --max-txn-ops.
constexpr int kTxnOpsMax = 128;
// Above the servers' default of --max-request-bytes, and above what gRPC lets through at all.
constexpr size_t kTooLargeForRaft = 1'600'000;
constexpr size_t kTooLargeForGrpc = 2'200'000;
// Of 100,000 steps, how many carry such a value.
constexpr int kHugePerHundredThousand = 50;

// Keys that end, start or contain what boundaries are made of.
const std::vector<std::string> kEdgeKeys = {"\0"s, "\0\0"s, "a",     "a\0"s,      "a\0b"s,
                                            "aa",  "ab",    "b",     "b\xff"s,    "c",
                                            "ca",  "z",     "\xff"s, "\xff\xff"s, "\xff\xff\xff\x01"s};

// Calls visit(RequestOp*) for every operation at every depth.
template <typename Visit>
void ForEachOperation(pb::TxnRequest* txn, const Visit& visit) {
  for (auto* branch : {txn->mutable_success(), txn->mutable_failure()}) {
    for (pb::RequestOp& operation : *branch) {
      visit(&operation);
      if (operation.has_request_txn()) ForEachOperation(operation.mutable_request_txn(), visit);
    }
  }
}

// etcd stops for good when a put that keeps the old value or lease finds that its own transaction has deleted the key.
// Its check for duplicate keys prevents that except where the delete is open-ended; those two never meet here.
void KeepEtcdAlive(pb::TxnRequest* txn) {
  bool open_ended = false;
  ForEachOperation(txn, [&](pb::RequestOp* operation) {
    open_ended |= operation->has_request_delete_range() && operation->request_delete_range().range_end() == "\0"s;
  });
  if (!open_ended) return;
  ForEachOperation(txn, [](pb::RequestOp* operation) {
    if (!operation->has_request_put()) return;
    operation->mutable_request_put()->clear_ignore_value();
    operation->mutable_request_put()->clear_ignore_lease();
  });
}

}  // namespace

Generator::Generator(uint64_t seed, Dialect dialect) : random_(seed), dialect_(dialect) { StartEpoch(); }

void Generator::StartEpoch() {
  keys_ = kEdgeKeys;
  many_keys_ = Chance(40);
  const int more = many_keys_ ? 3000 : static_cast<int>(Below(30));
  for (int i = 0; i < more; ++i) keys_.push_back("k/" + std::to_string(Below(10)) + "/" + std::to_string(i));
  clear_first_ = true;
}

Step Generator::Next() {
  Step step;
  if (clear_first_) {
    clear_first_ = false;
    step.kind = Step::Kind::kDeleteRange;
    step.delete_range.set_key("\0"s);
    step.delete_range.set_range_end("\0"s);
    return step;
  }
  const uint64_t dice = Below(1000);
  if (dice < 300) {
    step.kind = Step::Kind::kPut;
    step.put = Put(Key());
    if (Below(100'000) < kHugePerHundredThousand) {
      step.put.set_value(std::string(Chance(50) ? kTooLargeForRaft : kTooLargeForGrpc, 'x'));
    }
  } else if (dice < 590) {
    step.kind = Step::Kind::kRange;
    step.range = Range(false);
  } else if (dice < 640 && dialect_ == Dialect::kCurrent) {
    step.kind = Step::Kind::kRangeStream;
    step.range = Range(true);
  } else if (dice < 740) {
    step.kind = Step::Kind::kDeleteRange;
    step.delete_range = DeleteRange(Key());
  } else if (dice < 990) {
    step.kind = Step::Kind::kTxn;
    std::set<std::string> used;
    step.txn = many_keys_ && Chance(30) ? BulkPut() : Txn(0, &used);
    KeepEtcdAlive(&step.txn);
  } else {
    step.kind = Step::Kind::kCompact;
    step.compact = Compact();
  }
  return step;
}

std::string Generator::Key() { return Chance(1) ? "" : keys_[Below(keys_.size())]; }

std::string Generator::UnusedKey(std::set<std::string>* used) {
  std::string key = Key();
  for (int tries = 0; tries < 20 && used->contains(key) && !Chance(15); ++tries) key = Key();
  used->insert(key);
  return key;
}

std::string Generator::RangeEnd(const std::string& key) {
  switch (Below(8)) {
    case 0:
    case 1:
      return "\0"s;
    case 2:
      return key;
    case 3:
      return key + "\0"s;
    case 4:
      return "k0";
    case 5: {
      // The end of the prefix.
      std::string end = key;
      while (!end.empty() && end.back() == '\xff') end.pop_back();
      if (end.empty()) return "\0"s;
      end.back() = static_cast<char>(end.back() + 1);
      return end;
    }
    default:
      // As often before the key as after it.
      return keys_[Below(keys_.size())];
  }
}

std::string Generator::Value() {
  switch (Below(6)) {
    case 0:
      return "";
    case 1: {
      std::string value(Below(64), '\0');
      for (char& byte : value) byte = static_cast<char>(Below(256));
      return value;
    }
    case 2:
      return Chance(10) ? std::string(4096, static_cast<char>('a' + Below(26))) : "long";
    default:
      return "v" + std::to_string(Below(10));
  }
}

int64_t Generator::OddNumber() {
  constexpr int64_t kOdd[] = {-1, -2, kMin, kMax, kMax - 1, int64_t{1} << 40, std::numeric_limits<int32_t>::max(), 1};
  return kOdd[Below(std::size(kOdd))];
}

int64_t Generator::NearRevision() {
  if (Chance(50)) return revision_ - static_cast<int64_t>(Below(30));
  const int64_t first = compacted_ - 2;
  return first + static_cast<int64_t>(Below(static_cast<uint64_t>(revision_ - first + 3)));
}

int64_t Generator::Revision() {
  if (Chance(60)) return 0;
  return Chance(8) ? OddNumber() : NearRevision();
}

pb::RangeRequest Generator::Range(bool streamed) {
  pb::RangeRequest request;
  request.set_key(Key());
  if (Chance(75)) request.set_range_end(RangeEnd(request.key()));
  if (Chance(15)) {
    request.set_key("\0"s);
    request.set_range_end("\0"s);
  }
  if (Chance(40)) request.set_limit(Chance(10) ? OddNumber() : static_cast<int64_t>(Below(many_keys_ ? 600 : 12)));
  request.set_revision(Revision());
  request.set_serializable(Chance(30));
  request.set_keys_only(Chance(15));
  request.set_count_only(Chance(15));
  // RangeStream refuses these; now and then is enough.
  if (Chance(streamed ? 4 : 40)) {
    const bool invalid = dialect_ == Dialect::kCurrent && Chance(2);
    request.set_sort_order(static_cast<pb::RangeRequest::SortOrder>(invalid ? Below(10) : Below(3)));
    request.set_sort_target(static_cast<pb::RangeRequest::SortTarget>(invalid ? Below(10) : Below(5)));
    // A target without an order is left out of streams: etcd sorts each chunk by itself and goes on after the key that
    // happens to come last, so that long answers repeat keys and miss others.
    if (streamed && request.sort_order() == pb::RangeRequest::NONE) request.clear_sort_target();
  }
  if (Chance(streamed ? 4 : 25)) AddFilters(&request);
  return request;
}

void Generator::AddFilters(pb::RangeRequest* request) {
  const auto bound = [this] { return Chance(10) ? OddNumber() : NearRevision(); };
  if (Chance(40)) request->set_min_mod_revision(bound());
  if (Chance(40)) request->set_max_mod_revision(bound());
  if (Chance(40)) request->set_min_create_revision(bound());
  if (Chance(40)) request->set_max_create_revision(bound());
}

pb::PutRequest Generator::Put(const std::string& key) {
  pb::PutRequest request;
  request.set_key(key);
  request.set_value(Value());
  request.set_prev_kv(Chance(30));
  if (Chance(8)) {
    request.set_ignore_value(true);
    if (Chance(80)) request.clear_value();
  }
  if (Chance(8)) request.set_ignore_lease(true);
  // No lease is ever granted, so none of these exists.
  if (Chance(3)) request.set_lease(Chance(50) ? 12345 : OddNumber());
  return request;
}

pb::DeleteRangeRequest Generator::DeleteRange(const std::string& key) {
  pb::DeleteRangeRequest request;
  request.set_key(key);
  // Large ranges empty the store, so most deletes are of one key.
  if (Chance(25)) request.set_range_end(Chance(70) ? key + "\0"s : RangeEnd(key));
  request.set_prev_kv(Chance(50));
  return request;
}

pb::TxnRequest Generator::BulkPut() {
  pb::TxnRequest request;
  std::set<std::string> used;
  for (int i = 0; i < kTxnOpsMax; ++i) {
    const std::string& key = keys_[Below(keys_.size())];
    if (used.insert(key).second) *request.add_success()->mutable_request_put() = Put(key);
  }
  return request;
}

pb::TxnRequest Generator::Txn(int depth, std::set<std::string>* used) {
  pb::TxnRequest request;
  const auto count = [this](uint64_t usual) { return Chance(1) ? kTxnOpsMax - 1 + Below(4) : Below(usual); };
  for (uint64_t i = count(3); i > 0; --i) *request.add_compare() = Compare();
  // Only one branch runs, so both may use the same keys.
  std::set<std::string> used_by_failure = *used;
  for (uint64_t i = count(5); i > 0; --i) AddOperation(request.add_success(), depth, used);
  for (uint64_t i = count(5); i > 0; --i) AddOperation(request.add_failure(), depth, &used_by_failure);
  used->insert(used_by_failure.begin(), used_by_failure.end());
  return request;
}

void Generator::AddOperation(pb::RequestOp* operation, int depth, std::set<std::string>* used) {
  const uint64_t dice = Below(100);
  if (dice < 35) {
    *operation->mutable_request_put() = Put(UnusedKey(used));
  } else if (dice < 65) {
    *operation->mutable_request_range() = Range(false);
  } else if (dice < 80) {
    *operation->mutable_request_delete_range() = DeleteRange(UnusedKey(used));
  } else if (dice < 99 && depth < kTxnDepthMax) {
    *operation->mutable_request_txn() = Txn(depth + 1, used);
  } else if (Chance(20)) {
    // An operation that is none.
    operation->Clear();
  } else {
    *operation->mutable_request_range() = Range(false);
  }
}

pb::Compare Generator::Compare() {
  pb::Compare compare;
  const bool invalid = dialect_ == Dialect::kCurrent && Chance(1);
  compare.set_result(static_cast<pb::Compare::CompareResult>(invalid ? Below(9) : Below(4)));
  compare.set_target(static_cast<pb::Compare::CompareTarget>(invalid ? Below(9) : Below(5)));
  compare.set_key(Key());
  if (Chance(20)) compare.set_range_end(RangeEnd(compare.key()));
  // Now and then the value of another target, or none.
  const int target = Chance(5) ? static_cast<int>(Below(6)) : static_cast<int>(compare.target());
  switch (target) {
    case pb::Compare::VERSION:
      compare.set_version(Chance(5) ? OddNumber() : static_cast<int64_t>(Below(4)));
      break;
    case pb::Compare::CREATE:
      compare.set_create_revision(Chance(20) ? 0 : NearRevision());
      break;
    case pb::Compare::MOD:
      compare.set_mod_revision(Chance(20) ? 0 : NearRevision());
      break;
    case pb::Compare::VALUE:
      compare.set_value(Value());
      break;
    case pb::Compare::LEASE:
      compare.set_lease(Chance(70) ? 0 : OddNumber());
      break;
    default:
      break;
  }
  return compare;
}

pb::CompactionRequest Generator::Compact() {
  pb::CompactionRequest request;
  if (Chance(15)) {
    request.set_revision(OddNumber());
  } else if (Chance(20)) {
    request.set_revision(compacted_ + static_cast<int64_t>(Below(3)) - 1);
  } else if (Chance(10)) {
    request.set_revision(revision_ + static_cast<int64_t>(Below(3)) - 1);
  } else {
    request.set_revision(revision_ - static_cast<int64_t>(Below(200)));
  }
  // The reference takes its time over these.
  request.set_physical(Chance(20));
  return request;
}

}  // namespace quorate::testing
