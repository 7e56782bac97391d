#include "src/mvcc/view_gate.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace quorate::mvcc {
namespace {

TEST(ViewGateTest, WaitsForThoseWhoCameBeforeAndForNoOthers) {
  ViewGate gate;
  const ViewGate::Ticket before = gate.Enter();
  gate.StartWaiting();
  EXPECT_FALSE(gate.Drained());
  const ViewGate::Ticket after = gate.Enter();
  gate.Leave(before);
  EXPECT_TRUE(gate.Drained());
  gate.StartWaiting();
  EXPECT_FALSE(gate.Drained());
  gate.Leave(after);
  EXPECT_TRUE(gate.Drained());
}

TEST(ViewGateTest, ATicketMayBeGivenBackElsewhere) {
  ViewGate gate;
  const ViewGate::Ticket ticket = gate.Enter();
  std::thread([&] { gate.Leave(ticket); }).join();
  gate.StartWaiting();
  EXPECT_TRUE(gate.Drained());
}

// What the store does with it: `removed` must never pass what a reader inside has seen as the limit.
TEST(ViewGateTest, NothingIsTakenFromUnderAReader) {
  ViewGate gate;
  std::atomic<int64_t> limit = 0;
  std::atomic<int64_t> removed = 0;
  std::atomic<bool> stop = false;
  std::vector<std::thread> readers;
  for (int n = 0; n < 3; ++n) {
    readers.emplace_back([&] {
      while (!stop) {
        const ViewGate::Ticket ticket = gate.Enter();
        const int64_t mine = limit;
        for (int i = 0; i < 10; ++i) ASSERT_LE(removed, mine);
        gate.Leave(ticket);
      }
    });
  }
  for (int round = 1; round <= 2000; ++round) {
    limit = round;
    gate.StartWaiting();
    while (!gate.Drained()) std::this_thread::yield();
    removed = round;
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
}

}  // namespace
}  // namespace quorate::mvcc
