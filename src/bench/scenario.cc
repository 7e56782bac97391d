#include "src/bench/scenario.h"

#include "quorate/base/check.h"
#include "src/bench/scenarios.h"

namespace quorate::bench {
namespace {

struct Entry {
  const char* name;
  std::unique_ptr<Scenario> (*make)(const Options&, const ThreadShare&);
};

constexpr Entry kScenarios[] = {
    {"put", MakePut}, {"get", MakeGet}, {"txn", MakeTxn}, {"mixed", MakeMixed}, {"list", MakeList},
};

const Entry* Find(const std::string& name) {
  for (const Entry& entry : kScenarios) {
    if (name == entry.name) return &entry;
  }
  return nullptr;
}

}  // namespace

bool IsScenario(const std::string& name) { return Find(name) != nullptr; }

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
