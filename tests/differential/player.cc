#include "tests/differential/player.h"

#include <gtest/gtest.h>

#include <chrono>

namespace quorate::testing {
namespace {

constexpr size_t kShownBytesMax = 20'000;

}  // namespace

Player::Player(const std::string& binary, std::vector<std::string> flags)
    : process_({.binary = binary, .directory = directory_.path(), .flags = std::move(flags)}) {}

void Player::Start() {
  const absl::Status started = process_.Start();
  ASSERT_TRUE(started.ok()) << base::MessageOf(started);
  seat_ = std::make_unique<Seat>(process_.address());
  caller_ = std::make_unique<Caller>(process_.address());
}

void Player::Restart(bool kill) {
  if (kill) {
    process_.Kill();
  } else {
    ASSERT_TRUE(process_.Terminate().has_value()) << process_.LogTail();
  }
  Start();
}

std::string Player::Obituary() {
  return process_.WaitForExit(std::chrono::milliseconds(0)) ? "its server has stopped: " + process_.LogTail() : "";
}

std::string Shown(const std::string& text) {
  return text.size() <= kShownBytesMax ? text : text.substr(0, kShownBytesMax) + "…";
}

}  // namespace quorate::testing
