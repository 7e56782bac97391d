#pragma once

#include <chrono>
#include <map>
#include <random>
#include <string>

#include "tests/soak/client.h"
#include "tests/soak/stage.h"

namespace quorate::soak {

// Leases that are granted, given keys, and then kept alive for a while or not, revoked or left to run out, or deprived
// of a key before that. All end, in their time, and take what keys they have along.
class LeaseLoad {
 public:
  LeaseLoad(Stage* stage, Pace* pace, int number);
  // Until the load ends.
  void Run();

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Lease {
    std::chrono::seconds ttl{0};
    int renewals_left = 0;
    bool revoke = false;
    bool detach = false;  // a key first
    Time next;            // when to do the next of it
    bool has_keys = false;
  };
  void Grant();
  void PutKeys(int64_t id, Lease* lease);
  void DetachKey(int64_t id, Lease* lease);
  void Act(int64_t id, Lease* lease);
  void KeepAlive(int64_t id, Lease* lease);
  // True once it is certain.
  bool Revoke(int64_t id);
  // True when the lease is over and nothing is left of it.
  bool CheckEnd(int64_t id, const Lease& lease);
  // The list has what must be there.
  void CheckList();

  uint64_t Below(uint64_t bound) { return random_() % bound; }
  std::string Key(int64_t id, uint64_t number) const;

  Stage& stage_;
  Pace& pace_;
  const int number_;
  std::mt19937_64 random_;
  Client client_;
  std::map<int64_t, Lease> leases_;
  int64_t next_id_;
};

}  // namespace quorate::soak
