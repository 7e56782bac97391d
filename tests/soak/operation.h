#pragma once

// A write as it was asked for, and what the model says it does. Puts and deletions of their own are transactions of one
// operation here, so that there is one rule for all.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "etcdserverpb/rpc.pb.h"
#include "tests/soak/model.h"

namespace quorate::soak {

struct Operation {
  // Every value put has it, so that an event names its operation.
  uint64_t id = 0;
  // Whoever sends it has no other one under way.
  int owner = 0;
  etcdserverpb::TxnRequest txn;
};

// Values of operation `id`: text that names it, then bytes that follow from it.
std::string ValueOf(uint64_t id, size_t bytes);
// The operation that a value names.
std::optional<uint64_t> OperationOf(const std::string& value);

// A change of one key.
struct Change {
  std::string key;
  bool deleted = false;
  int64_t lease = 0;
  ValueMark value = {};
  bool operator==(const Change&) const = default;
};
Change ChangeOf(const mvccpb::Event& event);

// Which branch a transaction takes when the store is as at `base`, and what it changes, by key. The ranges and
// deletions of a branch come before its puts.
bool Succeeds(const Model& model, const etcdserverpb::TxnRequest& txn, int64_t base);
std::vector<Change> Evaluate(const Model& model, const etcdserverpb::TxnRequest& txn, int64_t base);

// What is wrong with the answer, or nothing.
std::string CheckResponse(const Model& model, const etcdserverpb::TxnRequest& txn,
                          const etcdserverpb::TxnResponse& response, int64_t base);
std::string CheckRange(const Model& model, const etcdserverpb::RangeRequest& request,
                       const etcdserverpb::RangeResponse& response, int64_t revision);

}  // namespace quorate::soak
