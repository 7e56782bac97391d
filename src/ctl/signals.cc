#include "src/ctl/signals.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <utility>

#include "quorate/base/check.h"

namespace quorate::ctl {
namespace {

constexpr std::array<int, 2> kWatched = {SIGINT, SIGTERM};

// Where the handler writes what it got; -1 while nobody watches.
std::atomic<int> write_end = -1;
std::array<struct sigaction, kWatched.size()> former_actions;
std::atomic<bool> takes_every = false;

void RestoreFormerActions() {
  for (size_t i = 0; i < kWatched.size(); ++i) sigaction(kWatched[i], &former_actions[i], nullptr);
}

// Only what POSIX allows in a handler: changes of actions, and one write.
void OnSignal(int number, siginfo_t* info, void*) {
  int saved_errno = errno;
  if (!takes_every.load()) RestoreFormerActions();
  Signal signal{number, info->si_code == SI_USER || info->si_code == SI_QUEUE};
  if (write(write_end.load(), &signal, sizeof(signal)) < 0) {
    // The pipe is full of signals nobody has looked at yet: one more says nothing new.
  }
  errno = saved_errno;
}

}  // namespace

SignalWatch::SignalWatch(std::function<void(const Signal&)> on_signal, Takes takes) : on_signal_(std::move(on_signal)) {
  std::array<int, 2> ends = {-1, -1};
  QUORATE_CHECK(pipe2(ends.data(), O_CLOEXEC) == 0) << "no pipe for signals";
  QUORATE_CHECK(fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0) << "no pipe for signals";
  QUORATE_CHECK(write_end.exchange(ends[1]) == -1) << "signals are watched already";
  read_end_ = ends[0];
  thread_ = std::thread([this] { Serve(read_end_); });
  struct sigaction action = {};
  action.sa_sigaction = OnSignal;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  takes_every.store(takes == Takes::kEvery);
  for (size_t i = 0; i < kWatched.size(); ++i) sigaction(kWatched[i], nullptr, &former_actions[i]);
  for (int number : kWatched) sigaction(number, &action, nullptr);
}

SignalWatch::~SignalWatch() {
  RestoreFormerActions();
  close(write_end.exchange(-1));
  thread_.join();
  close(read_end_);
}

void SignalWatch::Serve(int signals) {
  Signal signal;
  while (true) {
    ssize_t got = read(signals, &signal, sizeof(signal));
    if (got == 0) return;
    if (got == sizeof(signal)) on_signal_(signal);
  }
}

}  // namespace quorate::ctl
