#pragma once

#include <string>

#include "etcdserverpb/rpc.pb.h"
#include "src/api/local_calls.h"

namespace quorate::api {

// Asks for the oldest key of an election: its leader's.
inline etcdserverpb::RangeRequest LeaderRange(const std::string& name) {
  etcdserverpb::RangeRequest range;
  range.set_key(name + "/");
  range.set_range_end(PrefixEnd(range.key()));
  range.set_limit(1);
  range.set_sort_target(etcdserverpb::RangeRequest::CREATE);
  range.set_sort_order(etcdserverpb::RangeRequest::ASCEND);
  return range;
}

}  // namespace quorate::api
