#include "quorate/base/this_thread.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <thread>

namespace quorate::base {
namespace {

std::string NameOfThisThread() {
  std::ifstream file("/proc/thread-self/comm");
  std::string name;
  std::getline(file, name);
  return name;
}

TEST(ThisThreadTest, ANameIsCutToWhatTheKernelKeeps) {
  std::thread([] {
    NameThisThread("rpc-loop-1");
    EXPECT_EQ(NameOfThisThread(), "rpc-loop-1");
    NameThisThread("a name that is too long");
    EXPECT_EQ(NameOfThisThread(), "a name that is ");
  }).join();
}

TEST(ThisThreadTest, ShortTurnsChangeNeitherPolicyNorNiceness) {
  std::thread([] {
    StandBack(3);
    const int niceness = getpriority(PRIO_PROCESS, 0);
    TakeShortTurns();
    EXPECT_EQ(sched_getscheduler(0), SCHED_OTHER);
    EXPECT_EQ(getpriority(PRIO_PROCESS, 0), niceness);
  }).join();
}

TEST(ThisThreadTest, StandsBackAndNeverComesForward) {
  const int own = getpriority(PRIO_PROCESS, 0);
  std::thread([own] {
    StandBack(7);
    EXPECT_EQ(getpriority(PRIO_PROCESS, 0), std::max(own, 7));
    StandBack(2);
    EXPECT_EQ(getpriority(PRIO_PROCESS, 0), std::max(own, 7));
  }).join();
}

}  // namespace
}  // namespace quorate::base
