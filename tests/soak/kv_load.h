#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string>

#include "tests/soak/client.h"
#include "tests/soak/operation.h"
#include "tests/soak/stage.h"

namespace quorate::soak {

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
