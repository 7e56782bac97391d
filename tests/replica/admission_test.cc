// Admission: how much may wait follows the pace at which it is served.

#include "src/replica/admission.h"

#include <gtest/gtest.h>

#include "src/replica/bounds.h"

namespace quorate::replica {
namespace {

using std::chrono::milliseconds;

// Keeps `waiting` commands of that size waiting while `per_step` are served each 10 ms.
void Serve(Admission* admission, size_t waiting, size_t per_step, size_t command_bytes, milliseconds from,
           milliseconds until) {
  ASSERT_TRUE(admission->Admit(waiting, waiting * command_bytes));
  for (milliseconds now = from; now < until; now += milliseconds(10)) {
    admission->Served(per_step, per_step * command_bytes, now);
  }
  admission->Release(waiting, waiting * command_bytes);
}

TEST(Admission, AtFullPaceTheBoundOfNumberCounts) {
  Admission admission;
  Serve(&admission, 50'000, 1000, 300, milliseconds(0), milliseconds(1000));  // 100,000 a second
  EXPECT_EQ(admission.commands_max(), kPendingCommandsMax);
}

TEST(Admission, SlowWorkMakesTheQueueShort) {
  Admission admission;
  Serve(&admission, 50'000, 100, 300, milliseconds(0), milliseconds(1000));  // 10,000 a second
  EXPECT_NEAR(static_cast<double>(admission.commands_max()), 15'000, 2000);
}

TEST(Admission, LargeCommandsAreJudgedByTheirBytes) {
  Admission admission;
  Serve(&admission, 400, 2, 512 << 10, milliseconds(0), milliseconds(2000));  // 100 MiB a second
  EXPECT_NEAR(static_cast<double>(admission.bytes_max()), 150 << 20, 4 << 20);
}

TEST(Admission, AStandstillLeavesRoomForTheLeast) {
  Admission admission;
  ASSERT_TRUE(admission.Admit(50'000, 1));
  admission.Served(0, 0, milliseconds(0));
  admission.Served(1, 1, milliseconds(3000));  // a sync that took three seconds
  admission.Release(50'000, 1);
  EXPECT_EQ(admission.commands_max(), kPendingCommandsMin);
}

TEST(Admission, FiftyClientsWithTwoPutsOfAMebibyteAreLetInHoweverSlowTheDisk) {
  Admission admission;
  Serve(&admission, 300, 1, 512 << 10, milliseconds(0), milliseconds(2000));
  EXPECT_GT(admission.bytes_max() / 10 * 9, size_t{100} << 20);
}

TEST(Admission, AnEmptyQueueForgetsTheSlowPace) {
  Admission admission;
  Serve(&admission, 50'000, 100, 300, milliseconds(0), milliseconds(1000));
  admission.Served(1, 300, milliseconds(1001));
  EXPECT_EQ(admission.commands_max(), kPendingCommandsMax);
}

}  // namespace
}  // namespace quorate::replica
