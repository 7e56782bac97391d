#pragma once

// Random calls of Lease and Maintenance, and of KV where leases and alarms show. The same seed and the same observed
// answers give the same sequence.

#include <google/protobuf/message.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "etcdserverpb/rpc.pb.h"

namespace quorate::testing {

struct Call {
  // "Lease.LeaseGrant".
  std::string method;
  std::shared_ptr<const google::protobuf::Message> request;
};

// Names of what each server has its own number for. Calls carry the name; Symbols puts the number in its place.
constexpr int64_t kOwnMember = 0x5e00'0000'0000'0001;
// The first lease whose id the servers choose; the next one is one more.
constexpr int64_t kFirstGeneratedLease = 0x5d00'0000'0000'0001;

class CallGenerator {
 public:
  explicit CallGenerator(uint64_t seed) : random_(seed) {}

  Call Next();

  void ObserveRevision(int64_t revision) { revision_ = revision; }
  void ObserveCompaction(int64_t revision) {
    compacted_ = revision;
    compactions_.insert(revision);
  }
  // The answer to a grant that left the choice of the id to the server.
  void ObserveGeneratedLease(int64_t name) { leases_.push_back(name); }
  void ObserveAlarms(bool any) { alarmed_ = any; }

 private:
  uint64_t Below(uint64_t bound) { return random_() % bound; }
  bool Chance(int percent) { return Below(100) < static_cast<uint64_t>(percent); }
  std::string Key() { return std::string(1, static_cast<char>('a' + Below(8))); }
  int64_t Lease();
  // One whose id is the same at both servers: it becomes part of the key, and so of HashKV.
  int64_t ChosenLease();
  int64_t Revision();

  Call Grant();
  Call Revoke();
  Call Alarm();
  Call Downgrade();
  Call Write();
  Call Read();
  etcdserverpb::PutRequest Put();
  etcdserverpb::TxnRequest Txn();
  Call LeaseCall(uint64_t dice);
  Call MaintenanceCall(uint64_t dice);

  std::mt19937_64 random_;
  // What must come next, whatever the dice say.
  std::deque<Call> forced_;
  std::vector<int64_t> leases_;
  int64_t next_lease_ = 100;
  int64_t revision_ = 1;
  int64_t compacted_ = 0;
  // All of them: etcd remembers the hash it took at each, until it stops.
  std::set<int64_t> compactions_;
  bool alarmed_ = false;
};

}  // namespace quorate::testing
