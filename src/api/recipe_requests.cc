#include "src/api/recipe_requests.h"

#include "quorate/base/check.h"

namespace quorate::api {

std::string PrefixEnd(std::string prefix) {
  QUORATE_CHECK(!prefix.empty() && prefix.back() != '\xff');
  ++prefix.back();
  return prefix;
}

etcdserverpb::RangeRequest OldestKey(const std::string& prefix) {
  etcdserverpb::RangeRequest range;
  range.set_key(prefix);
  range.set_range_end(PrefixEnd(prefix));
  range.set_limit(1);
  range.set_sort_target(etcdserverpb::RangeRequest::CREATE);
  range.set_sort_order(etcdserverpb::RangeRequest::ASCEND);
  return range;
}

etcdserverpb::TxnRequest WhileKeyIsOf(const std::string& key, int64_t create_revision) {
  etcdserverpb::TxnRequest txn;
  etcdserverpb::Compare* compare = txn.add_compare();
  compare->set_key(key);
  compare->set_target(etcdserverpb::Compare::CREATE);
  compare->set_create_revision(create_revision);
  return txn;
}

void SetPut(const std::string& key, const std::string& value, int64_t lease, etcdserverpb::RequestOp* operation) {
  etcdserverpb::PutRequest* put = operation->mutable_request_put();
  put->set_key(key);
  put->set_value(value);
  put->set_lease(lease);
}

}  // namespace quorate::api
