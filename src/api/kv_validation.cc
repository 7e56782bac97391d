#include "src/api/kv_validation.h"

#include <algorithm>

#include "quorate/base/errors.h"
#include "src/api/duplicate_keys.h"

namespace quorate::api {
namespace {

using base::errors::DuplicateKey;
using base::errors::EmptyKey;
using base::errors::InvalidSortOption;
using base::errors::KeyNotFound;
using base::errors::LeaseProvided;
using base::errors::TooManyOps;
using base::errors::ValueProvided;

bool IsNamed(mvcc::SortOrder order) { return order >= mvcc::SortOrder::kNone && order <= mvcc::SortOrder::kDescend; }
bool IsNamed(mvcc::SortTarget target) { return target >= mvcc::SortTarget::kKey && target <= mvcc::SortTarget::kValue; }

absl::Status CheckTxnShape(const mvcc::TxnRequest& request, int64_t ops_max);

struct CheckOp {
  int64_t ops_max;

  absl::Status operator()(const mvcc::RangeRequest& request) const { return CheckRange(request); }
  absl::Status operator()(const mvcc::PutRequest& request) const { return CheckPut(request); }
  absl::Status operator()(const mvcc::DeleteRangeRequest& request) const { return CheckDeleteRange(request); }
  absl::Status operator()(const mvcc::TxnRequest& request) const { return CheckTxnShape(request, ops_max); }
  absl::Status operator()(std::monostate) const { return KeyNotFound(); }
};

absl::Status CheckTxnShape(const mvcc::TxnRequest& request, int64_t ops_max) {
  const auto ops =
      static_cast<int64_t>(std::max({request.compare.size(), request.success.size(), request.failure.size()}));
  if (ops > ops_max) return TooManyOps();
  for (const mvcc::Compare& compare : request.compare) {
    if (compare.key.empty()) return EmptyKey();
  }
  for (const auto* branch : {&request.success, &request.failure}) {
    for (const mvcc::RequestOp& op : *branch) {
      QUORATE_RETURN_IF_ERROR(std::visit(CheckOp{ops_max - ops}, op.request));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckRange(const mvcc::RangeRequest& request) {
  if (request.key.empty()) return EmptyKey();
  if (!IsNamed(request.sort_order) || !IsNamed(request.sort_target)) return InvalidSortOption();
  return absl::OkStatus();
}

absl::Status CheckRangeStream(const mvcc::RangeRequest& request) {
  QUORATE_RETURN_IF_ERROR(CheckRange(request));
  if (!request.is_in_key_order()) {
    return base::MakeStatus(absl::StatusCode::kUnimplemented, "RangeStream does not support custom sort orders");
  }
  if (request.has_revision_filters()) {
    return base::MakeStatus(absl::StatusCode::kUnimplemented, "RangeStream does not support revision filters");
  }
  return absl::OkStatus();
}

absl::Status CheckPut(const mvcc::PutRequest& request) {
  if (request.key.empty()) return EmptyKey();
  if (request.ignore_value && !request.value.empty()) return ValueProvided();
  if (request.ignore_lease && request.lease != 0) return LeaseProvided();
  return absl::OkStatus();
}

absl::Status CheckDeleteRange(const mvcc::DeleteRangeRequest& request) {
  return request.key.empty() ? EmptyKey() : absl::OkStatus();
}

absl::Status CheckTxn(const mvcc::TxnRequest& request, uint32_t ops_max) {
  QUORATE_RETURN_IF_ERROR(CheckTxnShape(request, ops_max));
  if (WritesKeyTwice(request.success) || WritesKeyTwice(request.failure)) return DuplicateKey();
  return absl::OkStatus();
}

bool IsSerializable(const mvcc::TxnRequest& request) {
  for (const auto* branch : {&request.success, &request.failure}) {
    for (const mvcc::RequestOp& op : *branch) {
      const auto* range = std::get_if<mvcc::RangeRequest>(&op.request);
      if (range == nullptr || !range->serializable) return false;
    }
  }
  return true;
}

}  // namespace quorate::api
