#include "src/watch/matcher.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "src/watch/key_filter.h"
#include "src/watch/watcher.h"
#include "tests/watch/feed_testing.h"

namespace quorate::watch {
namespace {

std::unique_ptr<Watcher> MakeWatcher(WatchRequest request) {
  return std::make_unique<Watcher>(nullptr, 0, std::move(request));
}

std::set<const Watcher*> Find(Matcher& matcher, const std::string& key) {
  std::set<const Watcher*> found;
  matcher.Match(key, [&found](Group& group) {
    for (Watcher* watcher = group.first; watcher != nullptr; watcher = watcher->following) {
      EXPECT_TRUE(found.insert(watcher).second) << "found twice";
    }
  });
  return found;
}

TEST(MatcherTest, RangesFindKeysFromTheirBeginToBeforeTheirEnd) {
  Matcher matcher;
  auto range = MakeWatcher(Range("b", "d"));
  auto from = MakeWatcher(Range("c", std::string(1, '\0')));
  auto key = MakeWatcher(Key("c"));
  for (auto* watcher : {range.get(), from.get(), key.get()}) matcher.Add(watcher);
  const auto find = [&](const std::string& sought) { return Find(matcher, sought); };
  EXPECT_EQ(find("a"), (std::set<const Watcher*>{}));
  EXPECT_EQ(find("b"), (std::set<const Watcher*>{range.get()}));
  EXPECT_EQ(find("c"), (std::set<const Watcher*>{range.get(), from.get(), key.get()}));
  EXPECT_EQ(find(std::string("c\0", 2)), (std::set<const Watcher*>{range.get(), from.get()}));
  EXPECT_EQ(find("d"), (std::set<const Watcher*>{from.get()}));
  EXPECT_EQ(find("\xff\xff"), (std::set<const Watcher*>{from.get()}));
  for (auto* watcher : {range.get(), from.get(), key.get()}) matcher.Remove(watcher);
  EXPECT_EQ(matcher.size(), 0u);
  EXPECT_TRUE(matcher.groups().empty());
  EXPECT_EQ(find("c"), (std::set<const Watcher*>{}));
}

TEST(MatcherTest, FindsWhatALookAtEveryWatcherFinds) {
  std::mt19937 random(7);
  const auto draw = [&random](int bound) { return static_cast<int>(random() % static_cast<unsigned>(bound)); };
  const auto name = [&] {
    std::string out;
    for (int length = 1 + draw(3); length > 0; --length) out.push_back(static_cast<char>('a' + draw(4)));
    return out;
  };
  Matcher matcher;
  std::vector<std::unique_ptr<Watcher>> watchers;
  for (int step = 0; step < 4000; ++step) {
    if (draw(3) > 0 || watchers.empty()) {
      std::string begin = name(), end;
      const int form = draw(4);
      if (form == 1) end.assign(1, '\0');
      if (form >= 2) end = begin + name();
      watchers.push_back(MakeWatcher(Range(begin, end)));
      matcher.Add(watchers.back().get());
    } else {
      const size_t gone = random() % watchers.size();
      matcher.Remove(watchers[gone].get());
      std::swap(watchers[gone], watchers.back());
      watchers.pop_back();
    }
    const std::string key = name();
    std::set<const Watcher*> expected;
    for (const auto& watcher : watchers) {
      if (watcher->range().Contains(key)) expected.insert(watcher.get());
    }
    ASSERT_EQ(Find(matcher, key), expected) << key << " at step " << step;
    if (step % 50 == 0) {
      const KeyFilter filter(matcher);
      for (int i = 0; i < 50; ++i) {
        const std::string sought = name();
        ASSERT_EQ(filter.Wants(sought), !Find(matcher, sought).empty()) << sought << " at step " << step;
      }
    }
  }
}

}  // namespace
}  // namespace quorate::watch
