#include "src/bench/scenario.h"

#include "quorate/base/check.h"
#include "src/bench/errand.h"
#include "src/bench/scenarios.h"

namespace quorate::bench {
namespace {

struct Entry {
  const char* name;
  std::unique_ptr<Scenario> (*make)(const Options&, const ThreadShare&);
  ScenarioTraits traits = {};
};

uint64_t EveryKey(const Options& options) { return options.keys; }
uint64_t EveryLease(const Options& options) { return options.leases; }

constexpr Entry kScenarios[] = {
    {"put", MakePut},
    {"get", MakeGet},
    {"txn", MakeTxn},
    {"mixed", MakeMixed},
    {"list", MakeList},
    {"load", MakeLoad, {.requests = EveryKey}},
    {"page", MakeOverwrite, {.make_errand = MakePages}},
    {"watch", MakeTimedPut, {.watched = true}},
    {"lease-grant", MakeLeaseGrant},
    {"lease-keepalive", MakeLeaseKeepAlive},
    {"lease-revoke", MakeLeaseRevoke, {.requests = EveryLease}},
    {"compact", MakeOverwrite, {.make_errand = MakeCompactions}},
    {"defrag", MakeOverwrite, {.make_errand = MakeDefragmentation}},
    {"snapshot", MakeOverwrite, {.make_errand = MakeSnapshot}},
};

const Entry* Find(const std::string& name) {
  for (const Entry& entry : kScenarios) {
    if (name == entry.name) return &entry;
  }
  return nullptr;
}

}  // namespace

bool IsScenario(const std::string& name) { return Find(name) != nullptr; }

const ScenarioTraits& TraitsOf(const std::string& name) {
  const Entry* entry = Find(name);
  QUORATE_CHECK(entry != nullptr) << "the command line lets only known scenarios through";
  return entry->traits;
}

std::string ScenarioNames() {
  std::string names;
  for (const Entry& entry : kScenarios) names += (names.empty() ? "" : ", ") + std::string(entry.name);
  return names;
}

std::unique_ptr<Scenario> MakeScenario(const std::string& name, const Options& options, const ThreadShare& share) {
  const Entry* entry = Find(name);
  QUORATE_CHECK(entry != nullptr) << "the command line lets only known scenarios through";
  return entry->make(options, share);
}

}  // namespace quorate::bench
