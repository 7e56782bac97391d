#pragma once

// Random sequences of KV requests, odd arguments included on purpose: empty keys, ranges that end before they start,
// negative and enormous numbers, enumerators that do not exist, revisions of the past, the future and the compacted.
// The same seed and the same observed revisions give the same sequence.

#include <algorithm>
#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/differential/step.h"

namespace quorate::testing {

// What the reference understands.
enum class Dialect {
  kCurrent,
  // Debian's etcd 3.4: without RangeStream, and without what later versions check or answer differently.
  kOld,
};

class Generator {
 public:
  Generator(uint64_t seed, Dialect dialect);

  Step Next();

  // The revision of the last answer, and the revision of a compaction that succeeded: requests aim near them.
  void ObserveRevision(int64_t revision) { revision_ = revision; }
  void ObserveCompaction(int64_t revision) { compacted_ = std::clamp(revision, compacted_, revision_); }

  // From now on other keys, few or many of them; the first steps delete all that is there.
  void StartEpoch();

 private:
  uint64_t Below(uint64_t bound) { return random_() % bound; }
  bool Chance(int percent) { return Below(100) < static_cast<uint64_t>(percent); }

  std::string Key();
  // In nine of ten cases a key not in *used; adds what it returns.
  std::string UnusedKey(std::set<std::string>* used);
  std::string RangeEnd(const std::string& key);
  std::string Value();
  int64_t Revision();
  int64_t NearRevision();
  int64_t OddNumber();

  etcdserverpb::RangeRequest Range(bool streamed);
  void AddFilters(etcdserverpb::RangeRequest* request);
  etcdserverpb::PutRequest Put(const std::string& key);
  etcdserverpb::DeleteRangeRequest DeleteRange(const std::string& key);
  etcdserverpb::TxnRequest Txn(int depth, std::set<std::string>* used);
  etcdserverpb::TxnRequest BulkPut();
  etcdserverpb::Compare Compare();
  void AddOperation(etcdserverpb::RequestOp* operation, int depth, std::set<std::string>* used);
  etcdserverpb::CompactionRequest Compact();

  std::mt19937_64 random_;
  const Dialect dialect_;
  std::vector<std::string> keys_;
  bool many_keys_ = false;
  bool clear_first_ = false;
  int64_t revision_ = 1;
  int64_t compacted_ = 0;
};

}  // namespace quorate::testing
