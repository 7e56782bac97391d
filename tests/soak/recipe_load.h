#pragma once

#include <array>
#include <atomic>
#include <random>
#include <string>

#include "tests/soak/client.h"
#include "tests/soak/stage.h"

namespace quorate::soak {

// Who holds which lock and leads which election, as far as clients know.
inline constexpr int kRecipes = 2;
struct Holders {
  std::array<std::atomic<int>, kRecipes> locks = {};
  std::array<std::atomic<int>, kRecipes> elections = {};
};

// Takes locks and leads elections, and gives them up, with a lease that does not run out. Nobody else has what it has,
// over every outage.
class RecipeLoad {
 public:
  RecipeLoad(Stage* stage, Holders* holders, int number);
  // Until the load ends.
  void Run();

 private:
  bool HaveLease();
  // Gives up everything by giving up the lease.
  void DropLease();
  void Lock();
  void Lead();
  void Hold(std::atomic<int>& holders, const std::string& what);

  uint64_t Below(uint64_t bound) { return random_() % bound; }

  Stage& stage_;
  Holders& holders_;
  std::mt19937_64 random_;
  Client client_;
  int64_t lease_ = 0;
};

}  // namespace quorate::soak
