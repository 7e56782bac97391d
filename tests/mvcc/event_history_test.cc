#include "quorate/mvcc/event_history.h"

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace quorate::mvcc {
namespace {

// Changes as commits tell of them, and beside each what ResolvePrevious should make of it.
class Changes {
 public:
  // `key` must outlive this.
  void Add(int64_t revision, std::string_view key, bool deleted = false) {
    if (revision != revision_) sub_ = 0;
    revision_ = revision;
    Event event;
    event.revision = {revision, sub_++};
    event.key = key;
    event.deleted = deleted;
    KeyState& state = keys_[key];
    event.previous = state.live;
    events.push_back(event);
    if (state.changed != revision) state.before = state.live;
    state.changed = revision;
    state.live = deleted ? Revision() : event.revision;
    // One that was not there in between names none itself, and hears of none.
    expected.push_back(event.previous.main == revision ? state.before : event.previous);
  }

  std::vector<Event> events;
  std::vector<Revision> expected;

 private:
  struct KeyState {
    Revision live;    // its newest record; main 0 once deleted
    Revision before;  // the transaction that changed it last
    int64_t changed = 0;
  };
  std::map<std::string_view, KeyState> keys_;
  int64_t revision_ = 0;
  int64_t sub_ = 0;
};

void ExpectResolved(Changes changes) {
  ResolvePrevious(&changes.events);
  for (size_t i = 0; i < changes.events.size(); ++i) {
    ASSERT_EQ(changes.events[i].previous, changes.expected[i]) << "event " << i;
  }
}

TEST(EventHistoryTest, FormerValuesAreThoseBeforeTheTransaction) {
  Changes changes;
  changes.Add(2, "a");
  changes.Add(3, "a", /*deleted=*/true);
  changes.Add(3, "b");
  changes.Add(3, "a");
  changes.Add(3, "a", /*deleted=*/true);
  changes.Add(3, "b", /*deleted=*/true);
  changes.Add(4, "a");
  EXPECT_EQ(changes.expected[4], (Revision{2, 0}));
  EXPECT_EQ(changes.expected[5], Revision());
  ExpectResolved(std::move(changes));
}

TEST(EventHistoryTest, AnyTransactionsAreResolved) {
  const std::vector<std::string> keys = {"a", "b", "c", "d", "e"};
  for (uint32_t seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    Changes changes;
    for (int64_t revision = 2; revision < 10; ++revision) {
      for (uint32_t left = random() % 8; left > 0; --left) {
        changes.Add(revision, keys[random() % keys.size()], /*deleted=*/random() % 2 == 0);
      }
    }
    ExpectResolved(std::move(changes));
  }
}

// Minutes, where each key is sought from the beginning.
TEST(EventHistoryTest, ManyKeysChangedTwiceInOneTransactionAreNotSoughtOneByOne) {
  constexpr size_t kKeys = 300'000;
  std::vector<std::string> keys;
  for (size_t i = 0; i < kKeys; ++i) keys.push_back("key" + std::to_string(i));
  Changes changes;
  for (const std::string& key : keys) changes.Add(2, key);
  for (const std::string& key : keys) changes.Add(3, key);
  for (const std::string& key : keys) changes.Add(3, key, /*deleted=*/true);
  const auto begun = std::chrono::steady_clock::now();
  ExpectResolved(std::move(changes));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(20));
}

}  // namespace
}  // namespace quorate::mvcc
