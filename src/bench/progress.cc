#include "src/bench/progress.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>

namespace quorate::bench {
namespace {

constexpr std::chrono::seconds kEvery(1);
constexpr char kEraseLine[] = "\r\x1b[K";

}  // namespace

Progress::Progress(std::string name, const std::atomic<uint64_t>* count) : name_(std::move(name)), count_(count) {
  if (isatty(STDERR_FILENO) == 1) thread_ = std::thread([this] { Show(); });
}

Progress::~Progress() {
  if (!thread_.joinable()) return;
  {
    base::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  thread_.join();
  std::fputs(kEraseLine, stderr);
}

void Progress::Show() {
  const auto stopping = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stopping_; };
  base::MutexLock lock(&mutex_);
  uint64_t before = count_->load();
  for (int seconds = 1; !mutex_.AwaitFor(stopping, kEvery); ++seconds) {
    const uint64_t now = count_->load();
    std::fprintf(stderr, "%s%s  %d s  %lu answers  %lu/s", kEraseLine, name_.c_str(), seconds,
                 static_cast<unsigned long>(now), static_cast<unsigned long>(now - before));
    before = now;
  }
}

}  // namespace quorate::bench
