#pragma once

// Constructors of all scenarios, one file each.

#include <memory>

#include "src/bench/scenario.h"

namespace quorate::bench {

// Puts random keys.
std::unique_ptr<Scenario> MakePut(const Options& options, const ThreadShare& share);
// The same, after every key was put once.
std::unique_ptr<Scenario> MakeOverwrite(const Options& options, const ThreadShare& share);
// Reads random keys, one each time.
std::unique_ptr<Scenario> MakeGet(const Options& options, const ThreadShare& share);
// Updates random keys as Kubernetes does: compare the mod revision last seen, put, else get.
std::unique_ptr<Scenario> MakeTxn(const Options& options, const ThreadShare& share);
// Reads and puts in the share asked for.
std::unique_ptr<Scenario> MakeMixed(const Options& options, const ThreadShare& share);
// Reads `limit` keys of the prefix in one answer.
std::unique_ptr<Scenario> MakeList(const Options& options, const ThreadShare& share);
// Puts each key once, in order.
std::unique_ptr<Scenario> MakeLoad(const Options& options, const ThreadShare& share);
// Puts random keys with the moment of sending in the value.
std::unique_ptr<Scenario> MakeTimedPut(const Options& options, const ThreadShare& share);
// Grants leases; keeps one alive for each request in flight; revokes leases with keys.
std::unique_ptr<Scenario> MakeLeaseGrant(const Options& options, const ThreadShare& share);
std::unique_ptr<Scenario> MakeLeaseKeepAlive(const Options& options, const ThreadShare& share);
std::unique_ptr<Scenario> MakeLeaseRevoke(const Options& options, const ThreadShare& share);

}  // namespace quorate::bench
