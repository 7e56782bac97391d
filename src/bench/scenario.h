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

  // How many requests Prepare() is to write before the first Next(): keys to read later, for example.
  virtual uint64_t preparation() const { return 0; }
  // As Next(), for those.
  virtual std::string_view Prepare(size_t slot, std::string* message) { return Next(slot, message); }

  // Appends the next request of the slot to *message and returns the method's path, which lives for ever.
  virtual std::string_view Next(size_t slot, std::string* message) = 0;
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

bool IsScenario(const std::string& name);
// "put, get, …"
std::string ScenarioNames();
std::unique_ptr<Scenario> MakeScenario(const std::string& name, const Options& options, const ThreadShare& share);

}  // namespace quorate::bench
