#include "tests/differential/watch_generator.h"

#include <algorithm>
#include <limits>
#include <set>

namespace quorate::testing {
namespace {

using namespace std::string_literals;
namespace pb = etcdserverpb;

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
// Below "c/", for ranges that many keys are in.
constexpr uint64_t kSiblings = 40;
constexpr uint64_t kTxnOpsMax = 100;

const std::vector<std::string> kEdgeKeys = {"\0"s,    "\0\0"s, "a", "a\0"s,  "aa",       "b",
                                            "b\xff"s, "c",     "d", "\xff"s, "\xff\xff"s};

}  // namespace

std::string WatchGenerator::Key() {
  return Chance(40) ? kEdgeKeys[Below(kEdgeKeys.size())] : "c/" + std::to_string(Below(kSiblings));
}

Step WatchGenerator::Write(const std::vector<int64_t>& leases) {
  Step step;
  const uint64_t dice = Below(100);
  if (dice < 60) {
    step.kind = Step::Kind::kPut;
    step.put = Put(Key(), leases);
  } else if (dice < 80) {
    step.kind = Step::Kind::kDeleteRange;
    step.delete_range.set_key(Key());
    if (Chance(30)) step.delete_range.set_range_end(Chance(15) ? "\0"s : Key());
  } else {
    step.kind = Step::Kind::kTxn;
    step.txn = Txn(leases);
  }
  return step;
}

Step WatchGenerator::LargeWrite(size_t value_bytes) {
  Step step;
  step.kind = Step::Kind::kPut;
  step.put.set_key(Key());
  step.put.set_value(std::string(value_bytes, static_cast<char>('a' + Below(26))));
  return step;
}

pb::PutRequest WatchGenerator::Put(const std::string& key, const std::vector<int64_t>& leases) {
  pb::PutRequest request;
  request.set_key(key);
  request.set_value(Chance(10) ? "" : "v" + std::to_string(Below(1000)));
  if (!leases.empty() && Chance(20)) request.set_lease(leases[Below(leases.size())]);
  return request;
}

pb::TxnRequest WatchGenerator::Txn(const std::vector<int64_t>& leases) {
  pb::TxnRequest request;
  std::set<std::string> used;
  for (uint64_t count = Chance(10) ? kTxnOpsMax : 1 + Below(6); count > 0; --count) {
    const std::string key = Key();
    // A key may be written once.
    if (!used.insert(key).second) continue;
    if (Chance(75)) {
      *request.add_success()->mutable_request_put() = Put(key, leases);
    } else {
      request.add_success()->mutable_request_delete_range()->set_key(key);
    }
  }
  return request;
}

Step WatchGenerator::Compact(int64_t compacted, int64_t revision) {
  Step step;
  step.kind = Step::Kind::kCompact;
  const int64_t ahead = std::max<int64_t>(revision - compacted, 1);
  step.compact.set_revision(Chance(20) ? revision
                                       : compacted + 1 + static_cast<int64_t>(Below(static_cast<uint64_t>(ahead))));
  // Otherwise what a watcher reads of the compacted revision itself depends on how far the removal is.
  step.compact.set_physical(true);
  return step;
}

pb::WatchCreateRequest WatchGenerator::Create(int64_t compacted, int64_t revision) {
  pb::WatchCreateRequest request;
  SetRange(&request);
  request.set_start_revision(StartRevision(compacted, revision));
  if (Chance(30)) request.add_filters(pb::WatchCreateRequest::NOPUT);
  if (Chance(20)) request.add_filters(pb::WatchCreateRequest::NODELETE);
  if (Chance(5)) request.add_filters(pb::WatchCreateRequest::NODELETE);
  if (Chance(3)) request.add_filters(static_cast<pb::WatchCreateRequest::FilterType>(2 + Below(5)));
  request.set_prev_kv(Chance(50));
  request.set_fragment(Chance(30));
  request.set_progress_notify(Chance(30));
  request.set_watch_id(WatchId());
  return request;
}

void WatchGenerator::SetRange(pb::WatchCreateRequest* request) {
  const uint64_t dice = Below(100);
  if (dice < 35) {
    request->set_key(Key());
  } else if (dice < 55) {
    request->set_key("c/");
    request->set_range_end("c0");
  } else if (dice < 65) {
    request->set_key(Key());
    request->set_range_end("\0"s);
  } else if (dice < 80) {
    // An empty key is the first there can be.
    request->set_key(Chance(50) ? "" : "\0"s);
    request->set_range_end("\0"s);
  } else {
    // As often empty as not.
    request->set_key(Key());
    request->set_range_end(Key());
  }
}

int64_t WatchGenerator::StartRevision(int64_t compacted, int64_t revision) {
  const uint64_t dice = Below(100);
  if (dice < 40) return 0;
  if (dice < 80) {
    const int64_t first = std::max<int64_t>(compacted - 2, 1);
    return first + static_cast<int64_t>(Below(static_cast<uint64_t>(revision - first + 1)));
  }
  if (dice < 95) return revision + 1 + static_cast<int64_t>(Below(20));
  constexpr int64_t kOdd[] = {-1, kMin, kMax, int64_t{1} << 40, 1};
  return kOdd[Below(std::size(kOdd))];
}

int64_t WatchGenerator::WatchId() {
  if (Chance(60)) return 0;
  if (Chance(85)) return 1 + static_cast<int64_t>(Below(12));
  // Not -1: etcd takes it as an id like others, and then nobody knows whose the answers to progress requests are.
  constexpr int64_t kOdd[] = {-2, kMin, kMax, int64_t{1} << 40};
  return kOdd[Below(std::size(kOdd))];
}

}  // namespace quorate::testing
