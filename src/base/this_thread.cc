#include "quorate/base/this_thread.h"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <ctime>

namespace quorate::base {
namespace {

// The kernel's struct sched_attr as of its first version; C libraries know it only lately.
struct SchedulingAttributes {
  uint32_t size;
  uint32_t policy;
  uint64_t flags;
  int32_t nice;
  uint32_t priority;
  uint64_t runtime_ns;
  uint64_t deadline_ns;
  uint64_t period_ns;
};

// The kernel takes 0.1 to 100 ms; its own is 0.7 to 3 ms, by the number of processors.
constexpr uint64_t kShortTurnNs = 200'000;

}  // namespace

void NameThisThread(const std::string& name) {
  constexpr size_t kBytesMax = 15;
  ::pthread_setname_np(::pthread_self(), name.substr(0, kBytesMax).c_str());
}

void TakeShortTurns() {
  SchedulingAttributes attributes = {};
  if (::syscall(SYS_sched_getattr, 0, &attributes, sizeof(attributes), 0) != 0) return;
  constexpr uint32_t kOrdinaryPolicy = 0;
  if (attributes.policy != kOrdinaryPolicy) return;  // somebody has put it there
  attributes.runtime_ns = kShortTurnNs;
  (void)::syscall(SYS_sched_setattr, 0, &attributes, 0);
}

uint64_t TimesWaited() {
  rusage usage = {};
  (void)::getrusage(RUSAGE_THREAD, &usage);
  return static_cast<uint64_t>(usage.ru_nvcsw);
}

std::chrono::nanoseconds TimeWorked() {
  timespec time = {};
  (void)::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

void StandBack(int niceness) {
  if (niceness <= ::getpriority(PRIO_PROCESS, 0)) return;
  (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), niceness);  // Linux counts it by thread
}

}  // namespace quorate::base
