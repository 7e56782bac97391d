#pragma once

// A scenario decides what is sent: the next request of each slot, and what to learn from its answer. One object per
// thread. A new scenario is a class in a file of its own and a line in scenario.cc.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "src/bench/options.h"

namespace quorate::bench {

// Figures of a scenario beside latency and throughput, by name: "conflicts", "keys".
using Counters = std::map<std::string, uint64_t>;

class Scenario {
 public:
  virtual ~Scenario() = default;

  // How many requests Prepare() is to write before the first Next(): keys to read later, for example. Asked again when
  // all these are answered, until it says 0.
  virtual uint64_t preparation() const { return 0; }
  // As Next(), for those.
  virtual std::string_view Prepare(size_t slot, std::string* message) { return Next(slot, message); }

  // Appends the next request of the slot to *message and returns the method's path, which lives for ever.
  virtual std::string_view Next(size_t slot, std::string* message) = 0;
  // Whether a slot's requests are messages of one call that stays open.
  virtual bool keeps_streams() const { return false; }
  // The answer to the slot's last request, when it succeeded.
  virtual void OnReply(size_t slot, std::string_view message) {}
  virtual void AddCounters(Counters* counters) const {}
};

// The part of a run that one thread has.
struct ThreadShare {
  int index = 0;
  int count = 1;
  // Slots are numbered from 0 to this.
  size_t slots = 1;
};

class Errand;

// What belongs to a scenario beside its requests.
struct ScenarioTraits {
  // Watchers listen to what is put.
  bool watched = false;
  // Ends with the last of that many requests, without warm-up; null for a scenario that goes on for as long as asked.
  uint64_t (*requests)(const Options&) = nullptr;
  // Goes on once beside the load, or null.
  std::unique_ptr<Errand> (*make_errand)(const Options&) = nullptr;
};

bool IsScenario(const std::string& name);
const ScenarioTraits& TraitsOf(const std::string& name);
// "put, get, …"
std::string ScenarioNames();
std::unique_ptr<Scenario> MakeScenario(const std::string& name, const Options& options, const ThreadShare& share);

}  // namespace quorate::bench
