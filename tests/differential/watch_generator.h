#pragma once

// Random writes and watch requests, odd ones included on purpose. The same seed and the same observed revisions give
// the same sequence.

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "tests/differential/step.h"

namespace quorate::testing {

class WatchGenerator {
 public:
  explicit WatchGenerator(uint64_t seed) : random_(seed) {}

  uint64_t Below(uint64_t bound) { return random_() % bound; }
  bool Chance(int percent) { return Below(100) < static_cast<uint64_t>(percent); }

  // A put, a deletion or a transaction. Some puts carry one of the leases.
  Step Write(const std::vector<int64_t>& leases);
  // A put of many bytes.
  Step LargeWrite(size_t value_bytes);
  Step Compact(int64_t compacted, int64_t revision);
  etcdserverpb::WatchCreateRequest Create(int64_t compacted, int64_t revision);

 private:
  std::string Key();
  etcdserverpb::PutRequest Put(const std::string& key, const std::vector<int64_t>& leases);
  etcdserverpb::TxnRequest Txn(const std::vector<int64_t>& leases);
  void SetRange(etcdserverpb::WatchCreateRequest* request);
  int64_t StartRevision(int64_t compacted, int64_t revision);
  int64_t WatchId();

  std::mt19937_64 random_;
};

}  // namespace quorate::testing
