#include "src/server/events.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <thread>
#include <utility>

#include "quorate/base/check.h"
#include "quorate/base/this_thread.h"

namespace quorate::server {
namespace {

sigset_t StopSignals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

void Wake(int descriptor) {
  const uint64_t one = 1;
  while (write(descriptor, &one, sizeof one) < 0 && errno == EINTR) {
  }
}

}  // namespace

Events::Events() {
  const sigset_t set = StopSignals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  signals_ = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  QUORATE_CHECK(signals_ >= 0 && wake_ >= 0) << "no file descriptors left";
}

Events::~Events() {
  close(signals_);
  close(wake_);
}

void Events::TellReady() {
  {
    base::MutexLock lock(&mutex_);
    ready_ = true;
  }
  Wake(wake_);
}

void Events::TellFatal(const absl::Status& reason) {
  {
    base::MutexLock lock(&mutex_);
    if (!fatal_.has_value()) fatal_ = reason;
  }
  Wake(wake_);
}

std::optional<Events::Event> Events::TakeTold() {
  base::MutexLock lock(&mutex_);
  if (fatal_.has_value()) return Event{Event::Kind::kFatal, *std::exchange(fatal_, std::nullopt), 0};
  if (std::exchange(ready_, false)) return Event{Event::Kind::kReady, absl::OkStatus(), 0};
  return std::nullopt;
}

std::optional<absl::Status> Events::TakeFatal() {
  base::MutexLock lock(&mutex_);
  return std::exchange(fatal_, std::nullopt);
}

Events::Event Events::Wait() {
  while (true) {
    if (std::optional<Event> told = TakeTold()) return *std::move(told);
    signalfd_siginfo info;
    if (read(signals_, &info, sizeof info) == sizeof info) {
      return {Event::Kind::kSignal, absl::OkStatus(), static_cast<int>(info.ssi_signo)};
    }
    pollfd waited[] = {{signals_, POLLIN, 0}, {wake_, POLLIN, 0}};
    poll(waited, 2, -1);
    uint64_t count;
    while (read(wake_, &count, sizeof count) < 0 && errno == EINTR) {
    }
  }
}

void Events::ListenDuring(const std::function<void()>& work, const std::function<void(int signal)>& on_signal) {
  const int done = eventfd(0, EFD_CLOEXEC);
  QUORATE_CHECK(done >= 0) << "no file descriptors left";
  std::thread listener([this, done, &on_signal] {
    base::NameThisThread("signals");
    pollfd waited[] = {{signals_, POLLIN, 0}, {done, POLLIN, 0}};
    while (poll(waited, 2, -1) < 0) {
    }
    signalfd_siginfo info;
    // What comes when the work is done is for Wait.
    if (waited[1].revents != 0 || read(signals_, &info, sizeof info) != sizeof info) return;
    on_signal(static_cast<int>(info.ssi_signo));
  });
  work();
  Wake(done);
  listener.join();
  close(done);
}

void Events::LetSignalsKill() {
  const sigset_t set = StopSignals();
  std::signal(SIGTERM, SIG_DFL);
  std::signal(SIGINT, SIG_DFL);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace quorate::server
