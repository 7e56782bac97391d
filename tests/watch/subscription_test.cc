#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "quorate/watch/feed.h"
#include "tests/watch/feed_testing.h"

namespace quorate::watch {
namespace {

using testing::ElementsAre;

struct Log {
  NoticeHandler Handler() {
    return [this](absl::StatusOr<std::vector<Notice>> notices) {
      if (!notices.ok()) {
        lines.push_back(std::string(base::MessageOf(notices.status())));
        return;
      }
      for (const Notice& notice : *notices) {
        lines.push_back((notice.deleted ? "delete " : "put ") + notice.key + " " + std::to_string(notice.revision) +
                        (notice.deleted ? "" : " created " + std::to_string(notice.create_revision)));
      }
      if (then) then();
    };
  }
  std::vector<std::string> lines;
  std::function<void()> then;
};

TEST(SubscriptionTest, TellsOfChangesFromARevisionOn) {
  TestFeed feed;
  feed.PutNow("lock/a", "1");
  feed.PutNow("lock/a", "2");
  Log log;
  auto subscription = feed.feed->Subscribe(Range("lock/", "lock0", 3), log.Handler());
  feed.DeleteNow("lock/a");
  feed.PutNow("other", "1");
  EXPECT_TRUE(log.lines.empty()) << "never from within a call";
  feed.RunAll();
  EXPECT_THAT(log.lines, ElementsAre("put lock/a 3 created 2", "delete lock/a 4"));
}

TEST(SubscriptionTest, HandlerMayEndIt) {
  TestFeed feed;
  Log log;
  WatchRequest request = Key("k");
  request.no_put = true;
  std::unique_ptr<Subscription> subscription = feed.feed->Subscribe(request, log.Handler());
  log.then = [&] { subscription.reset(); };
  feed.PutNow("k", "1");
  feed.DeleteNow("k");
  feed.PutNow("k", "1");
  feed.RunAll();
  feed.DeleteNow("k");
  feed.RunAll();
  EXPECT_THAT(log.lines, ElementsAre("delete k 3"));
  EXPECT_EQ(feed.feed->statistics().watchers, 0);
}

TEST(SubscriptionTest, SaysWhenItBeginsBeforeWhatIsLeft) {
  TestFeed feed;
  for (int i = 0; i < 3; ++i) feed.PutNow("k", "v");
  feed.CompactNow(4);
  Log log;
  auto subscription = feed.feed->Subscribe(Key("k", 2), log.Handler());
  feed.RunAll();
  EXPECT_THAT(log.lines, ElementsAre("etcdserver: mvcc: required revision has been compacted"));
}

TEST(SubscriptionTest, PausedHearsLaterOfEverything) {
  TestFeed feed({.window_events = 3});
  Log log;
  auto subscription = feed.feed->Subscribe(Key("k"), log.Handler());
  subscription->Pause();
  for (int i = 0; i < 10; ++i) {
    feed.PutNow("k", "v");
    feed.RunAll();
  }
  EXPECT_TRUE(log.lines.empty());
  subscription->Resume();
  feed.RunAll();
  ASSERT_EQ(log.lines.size(), 10u);
  EXPECT_EQ(log.lines.back(), "put k 11 created 2");
}

}  // namespace
}  // namespace quorate::watch
