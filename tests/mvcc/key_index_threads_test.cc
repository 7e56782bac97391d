// One writer and many readers of the key index at once; for the thread and address sanitizers above all.

#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "quorate/mvcc/key_index.h"
#include "tests/mvcc/key_range_testing.h"

namespace quorate::mvcc {
namespace {

constexpr uint64_t kLive = 3000;  // live keys at every revision
constexpr int64_t kFirstRevision = 10;
constexpr int64_t kRevisions = 12000;
constexpr int kReaders = 4;

std::string Name(uint64_t number) { return "/registry/thing/" + std::to_string(number * 2654435761u); }

// Every revision erases the oldest key and puts the next one, and touches one between: so at revision R there are
// kLive keys, and the newest change among them was made at R.
class Churn {
 public:
  explicit Churn(KeyIndex* index) : index_(index) {
    for (uint64_t i = 0; i < kLive; ++i) index_->Put(Name(i), {{kFirstRevision, 0}, kFirstRevision, 1, 0});
    index_->Publish(kFirstRevision);
  }
  void Run() {
    std::mt19937 random(7);
    int64_t revision = kFirstRevision;
    for (uint64_t step = 0; step < kRevisions; ++step) {
      ++revision;
      ASSERT_TRUE(index_->Erase(Name(step), {revision, 0}));
      index_->Put(Name(step + kLive), {{revision, 1}, revision, 1, 0});
      const uint64_t other = step + 1 + random() % (kLive - 1);
      index_->Put(Name(other), {{revision, 2}, kFirstRevision, 2, 0});
      if (random() % 16 == 0) index_->Publish(revision);
    }
    index_->Publish(revision);
  }

 private:
  KeyIndex* index_;
};

void CheckView(const IndexView& view) {
  ASSERT_EQ(view.size(), kLive);
  ASSERT_EQ(view.Count(EveryKey()), kLive);
  uint64_t keys = 0;
  int64_t newest = 0;
  std::string last;
  view.Scan(EveryKey(), [&](std::string_view key, const KeyState& state) {
    EXPECT_LT(last, key);
    last = key;
    newest = std::max(newest, state.modified.main);
    ++keys;
    return true;
  });
  ASSERT_EQ(keys, kLive);
  ASSERT_EQ(newest, view.revision());
}

void ReadUntil(KeyIndex* index, const std::atomic<bool>* stop, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<IndexView> held;
  while (!stop->load()) {
    IndexView view = index->View();
    const int64_t newest = view.revision();
    if (random() % 4 != 0) {
      const int64_t past = std::max<int64_t>(kFirstRevision, newest - static_cast<int64_t>(random() % 200));
      IndexView then = index->ViewAt(past);
      if (then) {
        ASSERT_EQ(then.revision(), past);
        view = std::move(then);
      }
    }
    if (random() % 8 == 0) {
      ASSERT_NO_FATAL_FAILURE(CheckView(view));
    } else {
      const std::string begin = Name(random() % kRevisions);
      const KeyRange range = KeyRange::FromRequest(begin, {"\0", 1});
      const uint64_t count = view.Count(range);
      uint64_t seen = 0;
      view.Scan(range, [&](std::string_view, const KeyState&) { return ++seen < 100; });
      ASSERT_EQ(seen, std::min<uint64_t>(count, 100));
    }
    held.push_back(std::move(view));
    if (held.size() > 8) {
      const size_t victim = random() % held.size();
      if (random() % 8 == 0) {
        ASSERT_NO_FATAL_FAILURE(CheckView(held[victim]));
      }
      held.erase(held.begin() + static_cast<ptrdiff_t>(victim));
    }
    if (random() % 256 == 0) index->ForgetBefore(newest - 100);
  }
}

TEST(KeyIndexThreads, EveryReaderSeesOneWholeRevision) {
  KeyIndexOptions options;
  options.undo_changes_max = 4000;
  options.pinned_roots_max = 8;
  options.pinned_idle_changes_max = 1000;
  KeyIndex index(options);
  Churn churn(&index);
  std::atomic<bool> stop{false};
  std::vector<std::thread> readers;
  for (uint32_t i = 0; i < kReaders; ++i) readers.emplace_back(ReadUntil, &index, &stop, i);
  churn.Run();
  stop = true;
  for (std::thread& reader : readers) reader.join();
  CheckView(index.View());
}

TEST(KeyIndexThreads, ViewsMayBeLetGoOnAnotherThread) {
  KeyIndex index;
  Churn churn(&index);
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    churn.Run();
    stop = true;
  });
  while (!stop) {
    std::vector<IndexView> views;
    for (int i = 0; i < 200; ++i) views.push_back(index.View());
    std::thread([&views] { views.clear(); }).join();
  }
  writer.join();
}

TEST(KeyIndexThreads, ReadersWhoWantTheSamePastShareIt) {
  KeyIndex index;
  Churn churn(&index);
  churn.Run();
  const int64_t past = kFirstRevision + kRevisions / 2;
  std::vector<std::thread> readers;
  for (int i = 0; i < kReaders; ++i) {
    readers.emplace_back([&] {
      for (int page = 0; page < 100; ++page) EXPECT_EQ(index.ViewAt(past).Count(EveryKey()), kLive);
    });
  }
  for (std::thread& reader : readers) reader.join();
  CheckView(index.ViewAt(past));
}

}  // namespace
}  // namespace quorate::mvcc
