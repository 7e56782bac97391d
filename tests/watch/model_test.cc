// Random histories, watched by watchers that come, go, alone or with their stream, are slow and start anywhere;
// whatever the schedule, each hears exactly the events of its range, in order.

#include <gtest/gtest.h>

#include <algorithm>
#include <list>
#include <random>

#include "tests/seeded/seeds.h"
#include "tests/watch/feed_testing.h"

namespace quorate::watch {
namespace {

constexpr int kSteps = 1500;

class ModelTest : public testing::TestWithParam<uint64_t> {
 protected:
  // A watcher and what became of it. The client's view: it outlives a restart by resuming.
  struct Watched {
    WatchRequest request;
    int64_t id = 0;
    int64_t first = 0;  // revision it has to hear of first
  };
  struct Consumer {
    Recorder sink;
    std::unique_ptr<Channel> channel;
    std::list<Watched> watchers;
    size_t progress_seen = 0;
  };

  explicit ModelTest() : random_(static_cast<uint32_t>(GetParam())) {}

  int Draw(int bound) { return static_cast<int>(random_() % static_cast<unsigned>(bound)); }
  bool Chance(int percent) { return Draw(100) < percent; }
  std::string RandomKey() { return std::string(1, static_cast<char>('a' + Draw(5))) + std::to_string(Draw(3)); }

  void Write() {
    for (int commands = 1 + Draw(4); commands > 0; --commands) {
      switch (Draw(5)) {
        case 0:
          feed_.Delete(RandomKey());
          break;
        case 1:
          feed_.Delete(RandomKey(), "c");
          break;
        case 2:
          WriteTxn();
          break;
        default:
          feed_.Put(RandomKey(), std::string(static_cast<size_t>(Draw(Chance(10) ? 2000 : 20)), 'v'));
      }
    }
    feed_.Commit();
  }

  void WriteTxn() {
    std::vector<std::string> keys = {RandomKey(), RandomKey(), "z" + std::to_string(Draw(9))};
    std::vector<mvcc::RequestOp> ops;
    for (const std::string& key : keys) {
      mvcc::RequestOp op;
      op.request = mvcc::PutRequest{.key = key, .value = "t"};
      ops.push_back(op);
      if (Chance(20)) {
        op.request = mvcc::DeleteRangeRequest{.key = key, .range_end = std::string_view("\0", 1)};
        ops.push_back(op);
      }
    }
    feed_.Txn(ops);
  }

  void Compact() {
    const int64_t revision = feed_.revision();
    const int64_t compacted = feed_.store->compacted_revision();
    const int64_t target = std::max<int64_t>(compacted + 1, revision - Draw(40));
    if (target <= revision) feed_.CompactNow(target);
    if (Chance(50)) feed_.WaitForGarbage(target);
  }

  WatchRequest RandomRequest() {
    std::string key = RandomKey(), end;
    if (Chance(30)) {
      key.resize(1);
      end = std::string(1, static_cast<char>(key[0] + 1));
    } else if (Chance(20)) {
      key.clear();
      end.assign(1, '\0');
    } else if (Chance(20)) {
      end.assign(1, '\0');
    } else if (Chance(20)) {
      end = "e";
    }
    WatchRequest request = Range(key, end);
    if (Chance(70)) request.start_revision = std::max<int64_t>(0, feed_.revision() + 5 - Draw(60));
    request.prev_kv = Chance(40);
    request.no_put = Chance(10);
    request.no_delete = Chance(10);
    return request;
  }

  void Watch(Consumer& consumer) {
    Watched watched;
    watched.request = RandomRequest();
    int64_t revision;
    const absl::StatusOr<int64_t> id = consumer.channel->Watch(0, watched.request, &revision);
    if (!id.ok()) return;
    EXPECT_EQ(revision, feed_.revision());
    watched.id = *id;
    watched.first = watched.request.start_revision > 0 ? watched.request.start_revision : revision + 1;
    consumer.watchers.push_back(watched);
  }

  void Cancel(Consumer& consumer) {
    if (consumer.watchers.empty()) return;
    auto gone = std::next(consumer.watchers.begin(), Draw(static_cast<int>(consumer.watchers.size())));
    EXPECT_TRUE(consumer.channel->Cancel(gone->id));
    Check(consumer, *gone, false);
    consumer.watchers.erase(gone);
  }

  // What the watcher must have heard, up to and with revision `until`.
  std::vector<const Change*> Expected(const Watched& watched, int64_t until) const {
    std::vector<const Change*> expected;
    for (const Change& change : feed_.history) {
      if (change.revision >= watched.first && change.revision <= until && IsWatched(watched.request, change)) {
        expected.push_back(&change);
      }
    }
    return expected;
  }

  // It heard of a beginning of what it should - or, `complete`, of all of it.
  void Check(Consumer& consumer, const Watched& watched, bool complete) {
    const int64_t compacted = feed_.store->compacted_revision();
    const auto& heard = consumer.sink.events[watched.id];
    const auto expected = Expected(watched, feed_.revision());
    const bool over = consumer.sink.compacted.contains(watched.id);
    size_t at = 0;
    for (const Change* change : expected) {
      const bool next = at < heard.size() && heard[at].revision == change->revision && heard[at].kv == change->kv;
      // Of several changes of a key in the compacted revision only the last is left.
      if (!next && change->superseded && change->revision <= compacted) continue;
      if (at == heard.size() && (!complete || over)) break;
      ASSERT_LT(at, heard.size()) << "watch " << watched.id << " did not hear of " << change->revision;
      ASSERT_EQ(heard[at].revision, change->revision);
      ASSERT_EQ(heard[at].key, change->key);
      ASSERT_EQ(heard[at].deleted, change->deleted);
      ASSERT_EQ(heard[at].kv, change->kv);
      if (watched.request.prev_kv && heard[at].former != change->former) {
        ASSERT_FALSE(heard[at].former.has_value()) << "another former value at " << change->revision;
        ASSERT_LE(change->revision, compacted) << "a former value is missing, of " << change->key;
      }
      ++at;
    }
    ASSERT_EQ(at, heard.size());
    if (over) {
      ASSERT_LE(consumer.sink.compacted[watched.id], compacted);
    } else {
      CheckHeardUntil(consumer, watched, consumer.sink.heard_until[watched.id]);
    }
  }

  // It has heard of everything up to a revision.
  void CheckHeardUntil(Consumer& consumer, const Watched& watched, int64_t until) {
    const auto& heard = consumer.sink.events[watched.id];
    const auto expected = Expected(watched, until);
    if (expected.empty()) return;
    ASSERT_FALSE(heard.empty()) << "watch " << watched.id << " has not heard of all up to " << until;
    ASSERT_GE(heard.back().revision, expected.back()->revision)
        << "watch " << watched.id << " has not heard of all up to " << until;
  }

  // A notice is not ahead of any watcher's events.
  void CheckProgress(Consumer& consumer) {
    if (consumer.progress_seen == consumer.sink.progress.size()) return;
    const int64_t revision = consumer.sink.progress.back().second;
    for (const Watched& watched : consumer.watchers) {
      if (consumer.sink.compacted.contains(watched.id)) continue;
      CheckHeardUntil(consumer, watched, revision);
    }
    consumer.progress_seen = consumer.sink.progress.size();
  }

  void Step() {
    Consumer& consumer = consumers_[static_cast<size_t>(Draw(static_cast<int>(consumers_.size())))];
    const int kind = Draw(100);
    if (kind < 30) return Write();
    if (kind < 32) return Compact();
    if (kind < 40) return Watch(consumer);
    if (kind < 44) return Cancel(consumer);
    if (kind < 48) {
      consumer.sink.room = static_cast<size_t>(Draw(3));
      return;
    }
    if (kind < 56) return Resume(consumer);
    if (kind < 60) return consumer.channel->RequestProgress();
    if (kind < 61) {
      feed_.LetTimePass();
    } else if (kind < 85) {
      feed_.RunOne();
    } else if (kind < 95) {
      feed_.RunBlocking();
    } else if (kind < 98) {
      feed_.RunAll();
    } else if (Chance(8)) {
      Restart();
    } else if (Chance(20)) {
      Leave(consumer);
    }
  }

  void Resume(Consumer& consumer) {
    consumer.sink.room = Chance(50) ? SIZE_MAX : static_cast<size_t>(1 + Draw(3));
    consumer.channel->Resume();
  }

  // Its stream goes, with all its watchers, and another one begins: that hears of nothing that was meant for the first.
  void Leave(Consumer& consumer) {
    consumer.channel.reset();
    consumer.watchers.clear();
    consumer.sink = Recorder();
    consumer.progress_seen = 0;
    consumer.channel = feed_.feed->Open(&consumer.sink);
  }

  // As a client does: new streams, each watch from after the last revision it heard of.
  void Restart() {
    for (Consumer& consumer : consumers_) consumer.channel.reset();
    feed_.Reopen();
    for (Consumer& consumer : consumers_) {
      const auto old = std::exchange(consumer.watchers, {});
      Recorder before = std::move(consumer.sink);
      consumer.sink = Recorder();
      consumer.progress_seen = 0;
      consumer.channel = feed_.feed->Open(&consumer.sink);
      for (const Watched& watched : old) {
        if (before.compacted.contains(watched.id)) continue;
        Watched again = watched;
        const auto& heard = before.events[watched.id];
        if (!heard.empty()) again.first = heard.back().revision + 1;
        again.request.start_revision = again.first;
        int64_t revision;
        again.id = *consumer.channel->Watch(0, again.request, &revision);
        consumer.watchers.push_back(again);
      }
    }
  }

  void Settle() {
    for (Consumer& consumer : consumers_) {
      consumer.sink.room = SIZE_MAX;
      consumer.channel->Resume();
      consumer.channel->RequestProgress();
    }
    for (feed_.RunAll(); !feed_.later.empty(); feed_.RunAll()) feed_.LetTimePass();
  }

  std::mt19937 random_;
  // Small, so that everyone falls out of the window, steps end early, former values are not in memory, some deletions
  // have too many hits, or too many former values to be read for all at once, not all of a stream catch up together,
  // few watchers move in a turn, and those of a stream are there for some turns after it.
  TestFeed feed_{{.window_bytes = 6000,
                  .window_events = 24,
                  .step_bytes = 700,
                  .walked = 20,
                  .cache_bytes = 4000,
                  .hits = 30,
                  .scan_ranges = 4,
                  .scan_join = 40,
                  .former_together = 1000,
                  .moved = 3,
                  .removed_bytes = 2 * WatcherBytes(0)}};
  std::array<Consumer, 3> consumers_;
};

TEST_P(ModelTest, EveryWatcherHearsExactlyItsEvents) {
  for (Consumer& consumer : consumers_) consumer.channel = feed_.feed->Open(&consumer.sink);
  for (int step = 0; step < kSteps && !HasFatalFailure(); ++step) {
    Step();
    for (Consumer& consumer : consumers_) CheckProgress(consumer);
    if (step % 300 == 299) {
      Settle();
      for (Consumer& consumer : consumers_) {
        for (const Watched& watched : consumer.watchers) Check(consumer, watched, true);
        CheckProgress(consumer);
      }
    }
  }
  EXPECT_EQ(feed_.feed->statistics().behind, 0);
  for (Consumer& consumer : consumers_) consumer.channel.reset();
  feed_.RunAll();
  EXPECT_EQ(feed_.feed->statistics().watchers, 0);
}

const SeedRange kSeeds = Seeds(12);

INSTANTIATE_TEST_SUITE_P(Seeds, ModelTest, testing::Range(kSeeds.first, kSeeds.last + 1));

}  // namespace
}  // namespace quorate::watch
