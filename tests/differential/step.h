#pragma once

#include <string>

#include "etcdserverpb/rpc.pb.h"

namespace quorate::testing {

// One request of a sequence. Only the message of its kind is set.
struct Step {
  enum class Kind { kRange, kRangeStream, kPut, kDeleteRange, kTxn, kCompact };

  Kind kind = Kind::kRange;
  // Of kRange and kRangeStream.
  etcdserverpb::RangeRequest range;
  etcdserverpb::PutRequest put;
  etcdserverpb::DeleteRangeRequest delete_range;
  etcdserverpb::TxnRequest txn;
  etcdserverpb::CompactionRequest compact;

  std::string DebugString() const;
};

}  // namespace quorate::testing
