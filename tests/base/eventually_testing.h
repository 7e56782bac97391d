#pragma once

#include <chrono>
#include <thread>

namespace quorate::base {

// Asks again and again until it holds. False after the patience, so that a test that waits in vain says what for.
template <typename Condition>
bool Eventually(const Condition& holds, std::chrono::milliseconds patience = std::chrono::seconds(60)) {
  constexpr std::chrono::milliseconds kPollEvery{5};
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(kPollEvery);
  }
  return true;
}

}  // namespace quorate::base
