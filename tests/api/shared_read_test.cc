#include "src/api/shared_read.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <utility>
#include <vector>

#include "quorate/base/errors.h"

namespace quorate::api {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class SharedReadTest : public testing::Test {
 protected:
  static constexpr size_t kSharedMax = 4;

  void Ask(int first, int last) {
    for (int asker = first; asker <= last; ++asker) read_.Add(asker);
  }
  // What waits longest on the pool; whom it served.
  std::vector<int> Run(const absl::Status& status = absl::OkStatus()) {
    served_.clear();
    ReaderPool::Task task = std::move(tasks_.front());
    tasks_.pop_front();
    task(status);
    return served_;
  }

  std::deque<ReaderPool::Task> tasks_;
  std::vector<int> served_;
  absl::Status told_;
  std::function<void()> meanwhile_ = [] {};
  SharedRead<int> read_{kSharedMax, [this](ReaderPool::Task task) { tasks_.push_back(std::move(task)); },
                        [this](const absl::Status& status, const std::vector<int>& askers) {
                          told_ = status;
                          served_ = askers;
                          meanwhile_();
                        }};
};

TEST_F(SharedReadTest, ThoseWhoAskBeforeItIsBegunShareIt) {
  Ask(1, 3);
  EXPECT_EQ(tasks_.size(), 1u);
  EXPECT_THAT(Run(), ElementsAre(1, 2, 3));
  EXPECT_THAT(tasks_, IsEmpty());
  Ask(4, 4);
  EXPECT_THAT(Run(), ElementsAre(4));
}

TEST_F(SharedReadTest, WhoAsksMeanwhileWaitsForTheNextWhichBeginsAfterIt) {
  Ask(1, 1);
  meanwhile_ = [this, asked = false]() mutable {
    if (std::exchange(asked, true)) return;
    Ask(2, 3);
    EXPECT_THAT(tasks_, IsEmpty());
  };
  EXPECT_THAT(Run(), ElementsAre(1));
  ASSERT_EQ(tasks_.size(), 1u);
  EXPECT_THAT(Run(), ElementsAre(2, 3));
  EXPECT_THAT(tasks_, IsEmpty());
}

TEST_F(SharedReadTest, SoManyShareItAndTheRestTheNext) {
  Ask(1, 2 * kSharedMax + 1);
  EXPECT_THAT(Run(), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(Run(), ElementsAre(5, 6, 7, 8));
  EXPECT_THAT(Run(), ElementsAre(9));
  EXPECT_THAT(tasks_, IsEmpty());
}

TEST_F(SharedReadTest, ARefusalIsForAllWhoWait) {
  Ask(1, 2 * kSharedMax + 1);
  EXPECT_EQ(Run(base::errors::TooManyRequests()).size(), 2 * kSharedMax + 1);
  EXPECT_EQ(told_, base::errors::TooManyRequests());
  EXPECT_THAT(tasks_, IsEmpty());
}

}  // namespace
}  // namespace quorate::api
