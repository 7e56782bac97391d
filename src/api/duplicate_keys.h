#pragma once

// The rule that one transaction writes a key once: a put of a key that the same execution may also put or delete is
// refused.

#include <vector>

#include "quorate/mvcc/request.h"

namespace quorate::api {

// Whether the operations of one branch, those of nested transactions included, put a key twice or put a key that lies
// in a deleted range. The two branches of a nested transaction exclude each other and may write the same keys; deleted
// ranges may overlap each other. As in etcd, a range that ends at "\0" (all keys from the first on) is taken by its
// bytes, so that no key lies in it.
bool WritesKeyTwice(const std::vector<mvcc::RequestOp>& ops);

}  // namespace quorate::api
