#pragma once

// The way a transaction goes: which branch each of it and of those nested in it takes.

#include <vector>

#include "quorate/mvcc/request.h"

namespace quorate::mvcc {

// Whether each succeeds, outer before inner, in the order of the operations. Who walks the branches taken goes along it
// with a place of its own.
using TxnPath = std::vector<bool>;

inline const std::vector<RequestOp>& Branch(const TxnRequest& request, bool succeeded) {
  return succeeded ? request.success : request.failure;
}

}  // namespace quorate::mvcc
