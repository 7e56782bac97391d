#include "src/api/short_writes.h"

#include <algorithm>
#include <variant>
#include <vector>

namespace quorate::api {
namespace {

struct IsShortOperation {
  bool operator()(std::monostate) const { return true; }
  bool operator()(const mvcc::RangeRequest& request) const {
    return request.range_end.empty() && request.revision == 0;
  }
  bool operator()(const mvcc::PutRequest& request) const { return true; }
  bool operator()(const mvcc::DeleteRangeRequest& request) const { return IsShort(request); }
  bool operator()(const mvcc::TxnRequest& request) const { return false; }
};

bool AreShort(const std::vector<mvcc::RequestOp>& operations) {
  return std::all_of(operations.begin(), operations.end(), [](const mvcc::RequestOp& operation) {
    return std::visit(IsShortOperation(), operation.request);
  });
}

}  // namespace

bool IsShort(const mvcc::PutRequest&, uint64_t kept_bytes) { return kept_bytes <= kShortKeptBytesMax; }

bool IsShort(const mvcc::DeleteRangeRequest& request) { return request.range_end.empty(); }

bool IsShort(const mvcc::TxnRequest& request, uint64_t kept_bytes) {
  if (kept_bytes > kShortKeptBytesMax) return false;
  if (request.compare.size() + request.success.size() + request.failure.size() > kShortTxnOperationsMax) return false;
  const bool compares_single_keys = std::all_of(request.compare.begin(), request.compare.end(),
                                                [](const mvcc::Compare& compare) { return compare.range_end.empty(); });
  return compares_single_keys && AreShort(request.success) && AreShort(request.failure);
}

}  // namespace quorate::api
