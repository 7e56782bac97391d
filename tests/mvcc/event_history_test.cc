#include "quorate/mvcc/event_history.h"

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/mvcc/store_testing.h"

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

// Five keys with values of 1,000 bytes, at revisions 2 to 6.
struct FiveKeys : TestStore {
  FiveKeys() {
    for (const char* key : {"a", "b", "c", "d", "e"}) PutKey(key, std::string(1000, 'v'));
  }
  EventsRead Read(int64_t first_revision, size_t previous_bytes_max, size_t bytes_max = SIZE_MAX) {
    return Must(store->ReadEvents({.first_revision = first_revision,
                                   .wants = [](std::string_view) { return true; },
                                   .with_previous = true,
                                   .previous_bytes_max = previous_bytes_max,
                                   .bytes_max = bytes_max,
                                   .walked_max = SIZE_MAX}));
  }
};

size_t PreviousFound(const EventsRead& read) {
  size_t found = 0;
  for (const base::Buffer& record : read.previous) found += record ? 1 : 0;
  return found;
}

TEST(EventHistoryTest, RevisionOfTooManyFormerValuesIsReadByItselfWithoutThem) {
  FiveKeys store;
  pb::DeleteRangeRequest all;
  all.set_key("a");
  all.set_range_end("z");
  ASSERT_TRUE(store.DeleteRange(all).ok());
  store.PutKey("a", "after");
  const EventsRead before = store.Read(2, 4000);
  EXPECT_EQ(before.events.size(), 5u);
  EXPECT_EQ(before.next_revision, 7);
  EXPECT_FALSE(before.previous_left_out);
  const EventsRead deletion = store.Read(7, 4000);
  EXPECT_EQ(deletion.events.size(), 5u);
  EXPECT_EQ(deletion.next_revision, 8);
  EXPECT_TRUE(deletion.previous_left_out);
  EXPECT_EQ(PreviousFound(deletion), 0u);
  const EventsRead with_former = store.Read(2, 6000);
  EXPECT_EQ(with_former.events.size(), 11u);
  EXPECT_EQ(with_former.next_revision, 9);
  EXPECT_EQ(PreviousFound(with_former), 5u);
}

TEST(EventHistoryTest, FormerValuesCountForWhatIsReadAtOnce) {
  FiveKeys store;
  for (const char* key : {"a", "b", "c", "d", "e"}) store.DeleteKey(key);
  const EventsRead read = store.Read(7, SIZE_MAX, 2000);
  EXPECT_EQ(read.events.size(), 2u);
  EXPECT_EQ(read.next_revision, 9);
  EXPECT_EQ(PreviousFound(read), 2u);
}

TEST(EventHistoryTest, CommitsTellWhatFormerValuesWeigh) {
  FiveKeys store;
  store.PutKey("a", "small");
  store.DeleteKey("b");
  ASSERT_EQ(store.events.size(), 7u);
  EXPECT_EQ(store.events[0].previous_bytes, 0u);
  for (const size_t i : {5u, 6u}) {
    EXPECT_GE(store.events[i].previous_bytes, 1000u);
    EXPECT_LT(store.events[i].previous_bytes, 1200u);
  }
  const EventsRead read = store.Read(7, SIZE_MAX);
  for (const size_t i : {0u, 1u}) EXPECT_EQ(read.events[i].previous_bytes, store.events[i + 5].previous_bytes);
}

}  // namespace
}  // namespace quorate::mvcc
