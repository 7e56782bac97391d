#include "quorate/mvcc/key_index.h"

#include <gtest/gtest.h>

#include <numeric>
#include <string>
#include <vector>

#include "tests/mvcc/key_range_testing.h"

namespace quorate::mvcc {
namespace {

KeyState StateAt(int64_t main) { return {{main, 0}, main, 1, 0}; }

std::string Name(int number) {
  std::string digits = std::to_string(number);
  return "/registry/pods/default/pod-" + std::string(7 - digits.size(), '0') + digits;
}

KeyRange RangeOf(std::string_view begin, std::string_view end) {
  KeyRange range;
  range.begin = begin;
  range.end = end;
  return range;
}

template <typename Index>
std::vector<std::string> KeysOf(const Index& index, const KeyRange& range = KeyRange::FromRequest("", {"\0", 1})) {
  std::vector<std::string> keys;
  index.Scan(range, [&](std::string_view key, const KeyState&) {
    keys.emplace_back(key);
    return true;
  });
  return keys;
}

// `count` keys, each put at a revision of its own, from 2 on; published once.
void Fill(KeyIndex* index, int count) {
  for (int i = 0; i < count; ++i) index->Put(Name(i * 7919 % count), StateAt(2 + i));
  index->Publish(1 + count);
}

TEST(KeyIndex, IsEmptyAtFirst) {
  KeyIndex index;
  const IndexView view = index.View();
  EXPECT_EQ(view.revision(), 0);
  EXPECT_EQ(view.size(), 0u);
  EXPECT_EQ(view.Count(EveryKey()), 0u);
  EXPECT_FALSE(view.Find("a"));
  EXPECT_TRUE(KeysOf(view).empty());
  EXPECT_FALSE(IndexView());
}

TEST(KeyIndex, KeepsEveryFieldOfAState) {
  KeyIndex index;
  const int64_t huge = int64_t{1} << 62;
  const std::vector<KeyState> states = {{{2, 0}, 2, 1, 0},       {{2, 9}, 2, 1, 0},         {{2, 0}, 1, 3, 77},
                                        {{2, 0}, 2, huge, 0},    {{2, 5}, 1, huge, -1},     {{2, 1}, 1, 4294967295, 8},
                                        {{2, 2}, 0, huge, huge}, {{2, 3}, 2, 4294967296, 0}};
  for (size_t i = 0; i < states.size(); ++i) index.Put("key" + std::to_string(i), states[i]);
  for (size_t i = 0; i < states.size(); ++i) {
    const std::optional<KeyState> found = index.Find("key" + std::to_string(i));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->modified, states[i].modified);
    EXPECT_EQ(found->created, states[i].created);
    EXPECT_EQ(found->version, states[i].version);
    EXPECT_EQ(found->lease, states[i].lease);
  }
}

TEST(KeyIndex, WriterSeesItsChangesAtOnceReadersAfterPublish) {
  KeyIndex index;
  index.Put("a", StateAt(2));
  EXPECT_TRUE(index.Find("a"));
  EXPECT_EQ(index.size(), 1u);
  EXPECT_EQ(index.Count(EveryKey()), 1u);
  EXPECT_FALSE(index.View().Find("a"));
  index.Publish(2);
  EXPECT_TRUE(index.View().Find("a"));
  EXPECT_EQ(index.View().revision(), 2);
}

TEST(KeyIndex, AViewShowsItsRevisionWhateverHappensLater) {
  KeyIndex index;
  Fill(&index, 5000);
  const IndexView before = index.View();
  for (int i = 0; i < 5000; i += 2) EXPECT_TRUE(index.Erase(Name(i), {6000, i}));
  for (int i = 1; i < 5000; i += 2) index.Put(Name(i), {{6001, i}, 2, 2, 0});
  index.Publish(6001);
  EXPECT_EQ(before.size(), 5000u);
  EXPECT_EQ(KeysOf(before).size(), 5000u);
  EXPECT_EQ(before.Find(Name(17))->version, 1);
  EXPECT_EQ(index.View().size(), 2500u);
  EXPECT_EQ(index.View().Find(Name(17))->version, 2);
}

TEST(KeyIndex, EraseTellsWhetherTheKeyWasThere) {
  KeyIndex index;
  index.Put("a", StateAt(2));
  EXPECT_FALSE(index.Erase("b", {3, 0}));
  EXPECT_TRUE(index.Erase("a", {3, 0}));
  EXPECT_FALSE(index.Erase("a", {3, 0}));
  EXPECT_EQ(index.size(), 0u);
}

TEST(KeyIndex, ShrinksToNothingAndGrowsAgain) {
  KeyIndex index;
  Fill(&index, 20000);
  for (int i = 0; i < 20000; ++i) ASSERT_TRUE(index.Erase(Name(i * 6007 % 20000), {30000, i})) << i;
  EXPECT_EQ(index.size(), 0u);
  EXPECT_TRUE(KeysOf(index).empty());
  index.Publish(30000);
  for (int i = 20000; i-- > 0;) index.Put(Name(i), StateAt(30001));
  index.Publish(30001);
  EXPECT_EQ(KeysOf(index.View()).size(), 20000u);
}

TEST(KeyIndex, CountsAndScansRanges) {
  KeyIndex index;
  Fill(&index, 10000);
  const IndexView view = index.View();
  for (const auto& [from, to] :
       std::vector<std::pair<int, int>>{{0, 10000}, {17, 4711}, {9998, 9999}, {5, 5}, {9, 3}}) {
    const std::string begin = Name(from), end = Name(to);
    const size_t expected = from < to ? static_cast<size_t>(to - from) : 0;
    EXPECT_EQ(view.Count(RangeOf(begin, end)), expected);
    EXPECT_EQ(KeysOf(view, RangeOf(begin, end)).size(), expected);
  }
  const std::string middle = Name(6000);
  EXPECT_EQ(view.Count(KeyRange::FromRequest(middle, {"\0", 1})), 4000u);
  EXPECT_EQ(view.Count(KeyRange::FromRequest(middle, "")), 1u);
  EXPECT_EQ(view.Count(KeyRange::FromRequest("none", "")), 0u);
  EXPECT_EQ(KeysOf(view, KeyRange::FromRequest(middle, "")), std::vector<std::string>{middle});
  EXPECT_EQ(view.Count(RangeOf("/registry/p", "/registry/q")), 10000u);
  EXPECT_EQ(view.Count(RangeOf("/registry/a", "/registry/b")), 0u);
  EXPECT_EQ(view.Count(RangeOf("zz", "zzz")), 0u);
}

TEST(KeyIndex, ScanStopsWhenTheVisitorSaysSo) {
  KeyIndex index;
  Fill(&index, 1000);
  int seen = 0;
  index.View().Scan(EveryKey(), [&](std::string_view key, const KeyState&) {
    EXPECT_EQ(key, Name(seen));
    return ++seen < 300;
  });
  EXPECT_EQ(seen, 300);
}

TEST(KeyIndex, OrdersKeysOfAnyBytesAndSizes) {
  KeyIndex index;
  std::vector<std::string> keys = {"", std::string(1, '\0'), std::string(2, '\0'), std::string(9, '\0'), "a"};
  keys.push_back(std::string("a\0", 2));
  keys.push_back(std::string("a\0\0\0\0\0\0\0\0\1", 10));
  keys.push_back("aaaaaaaa");
  keys.push_back("aaaaaaaa" + std::string(1, '\0'));
  keys.push_back("aaaaaaaab");
  for (const size_t size : {127, 128, 4096, 65535, 65536}) {
    keys.push_back(std::string(size, 'k'));
    keys.push_back(std::string(size, 'k') + '\xff');
  }
  keys.push_back("\x7f");
  keys.push_back("\x80");
  keys.push_back("\xff\xff\xff\xff\xff\xff\xff\xff\xff");
  for (size_t i = 0; i < keys.size(); ++i) index.Put(keys[i * 11 % keys.size()], StateAt(2));
  index.Publish(2);
  std::sort(keys.begin(), keys.end());
  EXPECT_EQ(KeysOf(index.View()), keys);
  for (const std::string& key : keys) EXPECT_TRUE(index.View().Find(key)) << key.size();
  // "\0" as a range's begin is a key like others: the empty key lies before it.
  EXPECT_EQ(index.View().Count(EveryKey()), keys.size() - 1);
}

TEST(KeyIndex, LoadsInParts) {
  for (const std::vector<int>& counts : {std::vector<int>{1, 1}, {0, 3000, 0, 57}, {56, 0, 1}, {0, 0}}) {
    KeyIndex index;
    index.BeginLoad(counts.size());
    // The last part first: each is filled by a thread of its own.
    int end = std::accumulate(counts.begin(), counts.end(), 0);
    const int all = end;
    for (size_t part = counts.size(); part-- > 0; end -= counts[part]) {
      for (int i = end - counts[part]; i < end; ++i) index.LoadAscending(Name(i), StateAt(2), part);
    }
    index.FinishLoad(500);
    EXPECT_EQ(index.View().Count(EveryKey()), static_cast<uint64_t>(all));
    for (int i = 0; i < all; ++i) ASSERT_TRUE(index.View().Find(Name(i))) << i;

    KeyIndex whole;
    for (int i = 0; i < all; ++i) whole.LoadAscending(Name(i), StateAt(2));
    whole.FinishLoad(500);
    EXPECT_EQ(KeysOf(index.View()), KeysOf(whole.View()));
  }
}

TEST(KeyIndex, LoadsAscendingKeys) {
  for (const int count : {0, 1, 2, 55, 56, 3000, 3025, 50000}) {
    KeyIndex index;
    for (int i = 0; i < count; ++i) index.LoadAscending(Name(i), StateAt(2 + i % 100));
    index.FinishLoad(500);
    const IndexView view = index.View();
    EXPECT_EQ(view.revision(), 500);
    EXPECT_EQ(view.size(), static_cast<uint64_t>(count));
    EXPECT_EQ(view.Count(EveryKey()), static_cast<uint64_t>(count));
    EXPECT_EQ(KeysOf(view).size(), static_cast<size_t>(count));
    for (int i = 0; i < count; i += 37) ASSERT_TRUE(view.Find(Name(i)));
    index.Put("new", StateAt(501));
    for (int i = 0; i < count; ++i) ASSERT_TRUE(index.Erase(Name(i), {501, i}));
    index.Publish(501);
    EXPECT_EQ(KeysOf(index.View()), std::vector<std::string>{"new"});
    EXPECT_EQ(view.Count(EveryKey()), static_cast<uint64_t>(count));
    EXPECT_FALSE(index.ViewAt(499));
    EXPECT_EQ(index.ViewAt(500).size(), static_cast<uint64_t>(count));
  }
}

TEST(KeyIndex, ViewsMoveAndOutliveTheirPublication) {
  KeyIndex index;
  index.Put("a", StateAt(2));
  index.Publish(2);
  IndexView view = index.View();
  IndexView moved = std::move(view);
  EXPECT_FALSE(view);
  index.Put("b", StateAt(3));
  index.Publish(3);
  view = std::move(moved);
  EXPECT_EQ(view.revision(), 2);
  view = index.View();
  EXPECT_EQ(view.revision(), 3);
}

TEST(KeyIndex, HoldsMoreViewsThanItHasSlots) {
  KeyIndex index;
  std::vector<IndexView> views;
  for (int revision = 1; revision <= 1000; ++revision) {
    index.Put(Name(revision), StateAt(revision));
    index.Publish(revision);
    views.push_back(index.View());
  }
  for (int revision = 1; revision <= 1000; ++revision) {
    EXPECT_EQ(views[revision - 1].revision(), revision);
    EXPECT_EQ(KeysOf(views[revision - 1]).size(), static_cast<size_t>(revision));
  }
}

TEST(KeyIndexDeathTest, RefusesAChangeOfPublishedHistory) {
  KeyIndex index;
  index.Put("a", StateAt(5));
  index.Publish(5);
  EXPECT_DEATH(index.Put("b", StateAt(5)), "already published");
  EXPECT_DEATH(index.Erase("a", {4, 0}), "already published");
  EXPECT_DEATH(index.Publish(4), "after 5");
}

TEST(KeyIndexDeathTest, RefusesToGoBeforeItsViews) {
  EXPECT_DEATH(
      {
        auto index = std::make_unique<KeyIndex>();
        const IndexView view = index->View();
        index.reset();
      },
      "a view of it is held");
}

}  // namespace
}  // namespace quorate::mvcc
