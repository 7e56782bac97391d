#include "src/mvcc/txn_counts.h"

#include <algorithm>
#include <variant>

namespace quorate::mvcc {
namespace {

// The operations of the branches taken; `checks`: looks for former values before anything is changed.
struct BranchCounts {
  uint64_t checks = 0;
  uint64_t ranges = 0;
  uint64_t puts = 0;
  uint64_t deletes = 0;
};

void CountBranch(const TxnRequest& request, const TxnPath& path, size_t* at, BranchCounts* counts) {
  for (const RequestOp& operation : Branch(request, path[(*at)++])) {
    if (std::holds_alternative<RangeRequest>(operation.request)) {
      ++counts->ranges;
    } else if (const auto* put = std::get_if<PutRequest>(&operation.request)) {
      ++counts->puts;
      counts->checks += LooksBack(*put);
      counts->ranges += LooksBack(*put);
    } else if (const auto* deletion = std::get_if<DeleteRangeRequest>(&operation.request)) {
      ++counts->deletes;
      counts->ranges += deletion->prev_kv;
    } else if (const auto* nested = std::get_if<TxnRequest>(&operation.request)) {
      CountBranch(*nested, path, at, counts);
    }
  }
}

// What etcd takes for read-only: it looks into no nested transaction.
bool IsOnlyRanges(const TxnRequest& request) {
  const auto is_range = [](const RequestOp& operation) {
    return std::holds_alternative<RangeRequest>(operation.request);
  };
  return std::all_of(request.success.begin(), request.success.end(), is_range) &&
         std::all_of(request.failure.begin(), request.failure.end(), is_range);
}

}  // namespace

// One that may write is two transactions to etcd's store: it is checked in the first.
void CountOperations(const TxnRequest& request, const TxnPath& path, uint64_t comparisons, OperationCounts* counts) {
  BranchCounts branch;
  size_t at = 0;
  CountBranch(request, path, &at, &branch);
  if (IsOnlyRanges(request)) return counts->Add(comparisons + branch.ranges, 0, 0);
  counts->Add(comparisons + branch.checks, 0, 0);
  counts->Add(branch.ranges, branch.puts, branch.deletes);
}

}  // namespace quorate::mvcc
