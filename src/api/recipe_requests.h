#pragma once

// What locks and elections ask of the store: whose turn it is goes by create revision, among the keys of a prefix.

#include <cstdint>
#include <string>

#include "etcdserverpb/rpc.pb.h"

namespace quorate::api {

// The end of the range of all keys that begin with the prefix, whose last byte is not 0xff.
std::string PrefixEnd(std::string prefix);

// Asks for the oldest key of a prefix: its owner's.
etcdserverpb::RangeRequest OldestKey(const std::string& prefix);
// A transaction that takes place if the key is still the one of that create revision; 0: if there is none.
etcdserverpb::TxnRequest WhileKeyIsOf(const std::string& key, int64_t create_revision);
void SetPut(const std::string& key, const std::string& value, int64_t lease, etcdserverpb::RequestOp* operation);

}  // namespace quorate::api
