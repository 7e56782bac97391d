// ProposalQueue, PendingGroups, ReadGate and ApplyQueue: who waits for what.

#include <gtest/gtest.h>

#include <thread>

#include "src/replica/apply_queue.h"
#include "src/replica/bounds.h"
#include "src/replica/pending_groups.h"
#include "src/replica/proposal_queue.h"
#include "src/replica/read_gate.h"

namespace quorate::replica {
namespace {

using std::chrono::nanoseconds;

class Recording : public BatchCompletion {
 public:
  explicit Recording(std::vector<std::string>* heard) : heard_(heard) {}
  void Complete(size_t index, absl::StatusOr<mvcc::Answer> answer, uint64_t term) override {
    heard_->push_back(std::to_string(index) + "@" + std::to_string(term) + " " +
                      std::string(base::MessageOf(answer.status())));
  }

 private:
  std::vector<std::string>* heard_;
};

WaitingGroup GroupOf(std::vector<std::string>* heard, size_t commands) {
  WaitingGroup group;
  group.push_back({std::make_unique<Recording>(heard), commands});
  return group;
}

TEST(PendingGroups, TakesEachGroupOnce) {
  std::vector<std::string> heard;
  PendingGroups pending;
  for (uint64_t group : {5, 6, 7}) {
    ASSERT_TRUE(pending.admission().Admit(2, 10));
    pending.Add(group, GroupOf(&heard, 2), 2, 10, nanoseconds(100 + group));
  }
  EXPECT_EQ(pending.admission().commands(), 6u);
  EXPECT_EQ(pending.Take(6, nanoseconds(0)).size(), 1u);
  EXPECT_TRUE(pending.Take(6, nanoseconds(0)).empty());
  EXPECT_EQ(pending.Take(5, nanoseconds(0)).size(), 1u);
  EXPECT_TRUE(pending.Take(4, nanoseconds(0)).empty());
  EXPECT_EQ(pending.Take(7, nanoseconds(0)).size(), 1u);
  EXPECT_EQ(pending.admission().commands(), 0u);
}

TEST(PendingGroups, ExpiresByDeadlineAndAnswersEveryCommand) {
  std::vector<std::string> heard;
  PendingGroups pending;
  ASSERT_TRUE(pending.admission().Admit(4, 10));
  pending.Add(1, GroupOf(&heard, 2), 2, 5, nanoseconds(100));
  pending.Add(2, GroupOf(&heard, 2), 2, 5, nanoseconds(200));
  EXPECT_TRUE(pending.TakeExpired(nanoseconds(99)).empty());
  std::vector<WaitingGroup> expired = pending.TakeExpired(nanoseconds(100));
  ASSERT_EQ(expired.size(), 1u);
  FailGroup(std::move(expired[0]), absl::UnavailableError("late"), 3);
  EXPECT_EQ(heard, (std::vector<std::string>{"0@3 late", "1@3 late"}));
  EXPECT_TRUE(pending.Take(1, nanoseconds(0)).empty());
  EXPECT_FALSE(pending.Take(2, nanoseconds(0)).empty());
}

TEST(PendingGroups, WhatTookTooLongKeepsItsRoomUntilItIsExecuted) {
  std::vector<std::string> heard;
  PendingGroups pending;
  ASSERT_TRUE(pending.admission().Admit(2, 10));
  pending.Add(1, GroupOf(&heard, 2), 2, 10, nanoseconds(100));
  EXPECT_EQ(pending.EarliestDeadline(), nanoseconds(100));
  EXPECT_EQ(pending.TakeExpired(nanoseconds(100)).size(), 1u);
  EXPECT_EQ(pending.EarliestDeadline(), std::nullopt);
  EXPECT_TRUE(pending.TakeExpired(nanoseconds(100)).empty());
  EXPECT_EQ(pending.admission().bytes(), 10u) << "the entry is still in memory";
  EXPECT_TRUE(pending.Take(1, nanoseconds(0)).empty());
  EXPECT_EQ(pending.admission().bytes(), 0u);
}

TEST(ProposalQueue, GivesOutWhatTookTooLongAndNothingTwice) {
  ProposalQueue queue;
  for (int64_t deadline : {100, 200, 300}) {
    ProposalBatch batch;
    batch.commands.Add(CommandType::kPut, std::to_string(deadline));
    ASSERT_TRUE(queue.PushProposal(batch, nanoseconds(deadline)));
  }
  EXPECT_EQ(queue.EarliestDeadline(), nanoseconds(100));
  EXPECT_EQ(queue.TakeExpired(nanoseconds(200)).size(), 2u);
  EXPECT_EQ(queue.EarliestDeadline(), nanoseconds(300));
  EXPECT_EQ(queue.Take(nanoseconds(0)).proposals.size(), 1u);
  EXPECT_EQ(queue.EarliestDeadline(), std::nullopt);
  EXPECT_TRUE(queue.TakeProposals().empty());
}

TEST(PendingGroups, RefusesAboveTheBoundButNotABatchAlone) {
  PendingGroups pending;
  EXPECT_TRUE(pending.admission().Admit(kPendingCommandsMax + 1, 1)) << "alone it must be let in";
  EXPECT_FALSE(pending.admission().Admit(1, 1));
  pending.admission().Release(kPendingCommandsMax + 1, 1);
  EXPECT_TRUE(pending.admission().Admit(kPendingCommandsMax - 1, 1));
  EXPECT_TRUE(pending.admission().Admit(1, 1));
  EXPECT_FALSE(pending.admission().Admit(1, 1));
  EXPECT_EQ(pending.admission().commands(), kPendingCommandsMax);
}

TEST(ReadGate, ServesAtOnceWhatIsExecutedAndHoldsTheRest) {
  ReadGate gate;
  gate.Applied(5);
  std::vector<int> served;
  gate.WhenApplied(5, [&](absl::Status status) { served.push_back(status.ok() ? 5 : -5); });
  gate.WhenApplied(7, [&](absl::Status status) { served.push_back(status.ok() ? 7 : -7); });
  gate.WhenApplied(6, [&](absl::Status status) { served.push_back(status.ok() ? 6 : -6); });
  EXPECT_EQ(served, (std::vector<int>{5}));
  gate.Applied(6);
  EXPECT_EQ(served, (std::vector<int>{5, 6}));
  gate.FailAll(absl::UnavailableError("gone"));
  EXPECT_EQ(served, (std::vector<int>{5, 6, -7}));
}

TEST(ReadGate, NoWaiterIsForgottenWhenExecutionRaces) {
  ReadGate gate;
  constexpr int kReads = 20'000;
  std::atomic<int> served{0};
  std::thread applying([&] {
    for (raft::Index index = 1; index <= kReads; ++index) gate.Applied(index);
  });
  for (raft::Index index = 1; index <= kReads; ++index) gate.WhenApplied(index, [&](absl::Status) { ++served; });
  applying.join();
  EXPECT_EQ(served.load(), kReads);
}

TEST(ApplyQueue, OneExecutesAtATimeInOrder) {
  ApplyQueue queue;
  std::vector<raft::Index> executed;  // unguarded on purpose: the sanitizer sees two executing at once
  std::thread applying([&] {
    while (true) {
      ApplyQueue::Taken taken = queue.Take();
      if (taken.none()) return;
      for (const raft::Entry& entry : taken.entries) executed.push_back(entry.index);
      queue.Done();
    }
  });
  for (raft::Index index = 1; index <= 20'000; ++index) {
    if (index % 3 != 0 && queue.TryBeginInline()) {
      executed.push_back(index);
      queue.Done();
    } else {
      raft::Entry entry;
      entry.index = index;
      queue.Push({entry});
    }
  }
  queue.Close();
  applying.join();
  ASSERT_EQ(executed.size(), 20'000u);
  for (size_t i = 0; i < executed.size(); ++i) ASSERT_EQ(executed[i], i + 1);
}

TEST(ApplyQueue, WhatIsHandedOverComesBeforeWhatWasPushedSince) {
  ApplyQueue queue;
  ASSERT_TRUE(queue.TryBeginInline());
  raft::Entry entry;
  entry.index = 2;
  queue.Push({entry});
  queue.HandOver();
  ApplyQueue::Taken first = queue.Take();
  EXPECT_TRUE(first.handed_over);
  EXPECT_TRUE(first.entries.empty());
  EXPECT_FALSE(queue.TryBeginInline()) << "the apply thread executes";
  queue.Done();
  ApplyQueue::Taken second = queue.Take();
  EXPECT_FALSE(second.handed_over);
  ASSERT_EQ(second.entries.size(), 1u);
  EXPECT_EQ(second.entries[0].index, 2u);
}

}  // namespace
}  // namespace quorate::replica
