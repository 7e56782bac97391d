#pragma once

// How the calling thread shows and behaves beside others on a processor.

#include <chrono>
#include <cstdint>
#include <string>

namespace quorate::base {

// As `top -H` and a debugger show it; what is beyond 15 bytes is cut off.
void NameThisThread(const std::string& name);

// From now on this thread runs at once when it wakes, even where another is in the midst of its own slice of time, and
// in return gives the processor up sooner. For threads that others wait for and that work in short pieces: without it,
// a thread that wakes may wait for the scheduler's tick, 4 ms, behind whoever just began. Linux 6.12 and later
// (sched_setattr(2), sched_runtime); elsewhere nothing changes.
void TakeShortTurns();

// How often this thread has stood still so far, for a disk, a lock or whatever else; not counted is having to wait for
// a processor. Costs a system call.
uint64_t TimesWaited();

// How long this thread has worked so far; not counted is while it stood still or others had its processor. Costs a
// system call.
std::chrono::nanoseconds TimeWorked();

// Raises this thread's niceness to that, where the process was not put there or further already. Everybody may.
void StandBack(int niceness);

}  // namespace quorate::base
