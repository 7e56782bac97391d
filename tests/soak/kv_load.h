#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <random>
#include <string>

#include "tests/soak/client.h"
#include "tests/soak/timeline.h"

namespace quorate::soak {

// What every thread of load has to do with.
struct Stage {
  Availability* availability;
  Findings* findings;
  Timeline* timeline;
  LeaseLedger* leases;
  uint64_t seed;
  std::atomic<uint64_t> calls = 0;
  std::atomic<uint64_t> unanswered = 0;
  std::atomic<uint64_t> watchers = 0;
  std::atomic<uint64_t> leases_ended = 0;
  std::atomic<uint64_t> locks = 0;
  std::atomic<uint64_t> snapshots = 0;
  // Up to where the history may be compacted, and must be: what was asked for, or the server may do, and what was
  // answered.
  std::atomic<int64_t> compacting = 0;
  std::atomic<int64_t> compacted = 0;
};

// Ids of operations, unique in the process.
uint64_t NextOperationId();

// Sends one write as a put, a deletion or a transaction, whichever it is, and has the answer checked. Of what was lost
// in an outage it makes sure, after it, that nothing comes of it any more. True when it was answered.
bool Execute(Stage& stage, Client& client, std::shared_ptr<const Operation> operation);

// Puts, deletions, transactions and ranges, one after another, over keys of its own, which nobody else deletes or puts
// alone, and keys that all share.
class KvLoad {
 public:
  KvLoad(Stage* stage, Pace* pace, int number);
  // Until the load ends.
  void Run();

 private:
  void Step();
  void Put();
  void DeleteSome();
  void Txn();
  void CompareAndPut();
  void Read();
  void ReadThePast();
  void ReadPaged();

  uint64_t Below(uint64_t bound) { return random_() % bound; }
  std::string OwnKey();
  std::string OwnKey(uint64_t number) const;
  std::string OwnEnd() const;
  std::string SharedKey();
  size_t ValueBytes();
  // So that many of them fit into a request.
  size_t PartBytes();
  std::shared_ptr<Operation> NewOperation();
  void AddPut(Operation& operation, const std::string& key, size_t value_bytes, etcdserverpb::RequestOp* op);

  Stage& stage_;
  Pace& pace_;
  const int number_;
  std::mt19937_64 random_;
  Client client_;
};

}  // namespace quorate::soak
