#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/base/files_testing.h"
#include "tests/e2e/caller.h"
#include "tests/e2e/server_process.h"
#include "tests/seeded/seeded.h"

namespace quorate::testing {

// How often a test of faults repeats: --rounds=<n>.
int Rounds();

// Chances of one seed.
class Dice {
 public:
  explicit Dice(uint64_t seed) : random_(seed) {}
  int Below(int bound) { return static_cast<int>(random_() % static_cast<uint64_t>(bound)); }
  uint64_t Seed() { return random_(); }
  std::mt19937_64& random() { return random_; }
  // Up to so long, so that what comes next comes at any moment of what goes on meanwhile.
  void Dawdle(std::chrono::microseconds longest) {
    std::this_thread::sleep_for(std::chrono::microseconds(Below(static_cast<int>(longest.count()) + 1)));
  }

 private:
  std::mt19937_64 random_;
};

// A server that is killed again and again on the same data, and a client of it.
class FaultTest : public ::testing::Test {
 protected:
  explicit FaultTest(std::vector<std::string> flags = {});
  void SetUp() override;

  // kill -9 unless it is dead, then up to two starts that are cut short, then one that is not; fails the test when the
  // server does not start. The client is a new one.
  void KillAndStartAgain();

  const base::TemporaryDirectory directory_;
  ServerProcess server_;
  std::unique_ptr<Caller> caller_;
  Dice dice_{Seed()};
};

}  // namespace quorate::testing
