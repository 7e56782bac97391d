// KeyIndex::ViewAt: states of the past.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "quorate/mvcc/key_index.h"
#include "tests/mvcc/key_range_testing.h"

namespace quorate::mvcc {
namespace {

KeyState StateAt(int64_t main) { return {{main, 0}, main, 1, 0}; }

std::string Name(int64_t number) { return "key/" + std::to_string(number); }

// Each revision from 2 to `last` puts a key of its own; published every `batch` revisions.
void PutOnePerRevision(KeyIndex* index, int64_t first, int64_t last, int64_t batch) {
  for (int64_t revision = first; revision <= last; ++revision) {
    index->Put(Name(revision), StateAt(revision));
    if (revision % batch == 0 || revision == last) index->Publish(revision);
  }
}

TEST(KeyIndexPast, EveryRememberedRevisionIsThereAlsoInsideABatch) {
  KeyIndex index;
  PutOnePerRevision(&index, 1, 3000, 64);
  for (int64_t revision = 0; revision <= 3000; revision += 7) {
    const IndexView view = index.ViewAt(revision);
    ASSERT_TRUE(view) << revision;
    EXPECT_EQ(view.revision(), revision);
    EXPECT_EQ(view.size(), static_cast<uint64_t>(revision));
    EXPECT_EQ(view.Count(EveryKey()), static_cast<uint64_t>(revision));
    EXPECT_EQ(view.Find(Name(revision)).has_value(), revision > 0);
    EXPECT_FALSE(view.Find(Name(revision + 1)));
  }
}

TEST(KeyIndexPast, BringsBackWhatWasErasedAndReplaced) {
  KeyIndex index;
  for (int i = 0; i < 2000; ++i) index.Put(Name(i), StateAt(2));
  index.Publish(2);
  for (int i = 0; i < 2000; i += 3) index.Erase(Name(i), {3, i});
  for (int i = 1; i < 2000; i += 3) index.Put(Name(i), {{4, i}, 2, 2, 9});
  index.Publish(4);
  EXPECT_EQ(index.ViewAt(2).size(), 2000u);
  EXPECT_EQ(index.ViewAt(2).Find(Name(1))->version, 1);
  EXPECT_TRUE(index.ViewAt(2).Find(Name(0)));
  EXPECT_EQ(index.ViewAt(3).size(), 1333u);
  EXPECT_EQ(index.ViewAt(3).Find(Name(1))->version, 1);
  EXPECT_EQ(index.ViewAt(4).Find(Name(1))->lease, 9);
}

TEST(KeyIndexPast, TellsHowFarAStateIs) {
  KeyIndex index;
  PutOnePerRevision(&index, 1, 3000, 10);
  EXPECT_EQ(index.ChangesSince(3000), 0u);
  EXPECT_EQ(index.ChangesSince(2999), 1u);
  EXPECT_EQ(index.ChangesSince(1000), 2000u);
  ASSERT_TRUE(index.ViewAt(1000));
  EXPECT_EQ(index.ChangesSince(1000), 0u);
  EXPECT_EQ(index.ChangesSince(1001), 1999u);
}

TEST(KeyIndexPast, RefusesTheFutureAndTheForgotten) {
  KeyIndexOptions options;
  options.undo_changes_max = 1000;
  KeyIndex index(options);
  PutOnePerRevision(&index, 1, 5000, 10);
  EXPECT_FALSE(index.ViewAt(5001));
  EXPECT_FALSE(index.ViewAt(-1));
  EXPECT_FALSE(index.ViewAt(3999));
  EXPECT_EQ(index.ViewAt(4000).size(), 4000u);
}

TEST(KeyIndexPast, RemembersNothingWhenTold) {
  KeyIndexOptions options;
  options.undo_changes_max = 0;
  KeyIndex index(options);
  PutOnePerRevision(&index, 1, 2000, 10);
  EXPECT_FALSE(index.ViewAt(1999));
  EXPECT_EQ(index.ViewAt(2000).size(), 2000u);
}

TEST(KeyIndexPast, ForgetsByBytesToo) {
  KeyIndexOptions options;
  options.undo_bytes_max = 1 << 20;
  KeyIndex index(options);
  const std::string key(4096, 'k');
  for (int64_t revision = 1; revision <= 5000; ++revision) {
    index.Put(key, StateAt(revision));
    index.Publish(revision);
  }
  EXPECT_FALSE(index.ViewAt(4000));
  EXPECT_TRUE(index.ViewAt(4999));
  // At most the bound, and one chunk of changes.
  EXPECT_LT(index.memory_bytes(), 4u << 20);
}

TEST(KeyIndexPast, ForgetsWhatIsCompacted) {
  KeyIndex index;
  PutOnePerRevision(&index, 1, 3000, 10);
  ASSERT_TRUE(index.ViewAt(1000));
  const IndexView held = index.ViewAt(1200);
  index.ForgetBefore(1500);
  EXPECT_FALSE(index.ViewAt(1000));
  EXPECT_FALSE(index.ViewAt(1499));
  EXPECT_EQ(index.ViewAt(1500).size(), 1500u);
  PutOnePerRevision(&index, 3001, 3100, 10);
  EXPECT_EQ(held.Count(EveryKey()), 1200u);
}

TEST(KeyIndexPast, PagesOfOneRevisionRollBackOnce) {
  KeyIndex index;
  PutOnePerRevision(&index, 1, 20000, 64);
  const size_t before = index.memory_bytes();
  uint64_t counted = 0;
  for (int page = 0; page < 100; ++page) counted += index.ViewAt(10000).Count(EveryKey());
  EXPECT_EQ(counted, 1000000u);
  // One branch, of at most all nodes once more.
  EXPECT_LT(index.memory_bytes(), 2 * before);
}

TEST(KeyIndexPast, KeepsOnlySoManyRoots) {
  KeyIndexOptions options;
  options.pinned_roots_max = 4;
  KeyIndex index(options);
  PutOnePerRevision(&index, 1, 10000, 64);
  const size_t before = index.memory_bytes();
  index.ViewAt(5000);
  const size_t one = index.memory_bytes() - before;
  // 62 more, of which 4 stay; those that they grew from may stay as well, three deep.
  for (int64_t revision = 5001; revision < 5064; ++revision) ASSERT_TRUE(index.ViewAt(revision));
  EXPECT_LT(index.memory_bytes() - before, 8 * one);
  index.ForgetBefore(10000);
  for (int64_t revision = 10001; revision < 10020; ++revision) index.Publish(revision);
  EXPECT_LE(index.memory_bytes(), before);
}

TEST(KeyIndexPast, DropsARootNobodyAsksForAnyMore) {
  KeyIndexOptions options;
  options.pinned_idle_changes_max = 5000;
  KeyIndex index(options);
  PutOnePerRevision(&index, 1, 10000, 64);
  ASSERT_TRUE(index.ViewAt(5000));
  PutOnePerRevision(&index, 10001, 14000, 64);
  EXPECT_EQ(index.ChangesSince(5000), 0u);
  PutOnePerRevision(&index, 14001, 16000, 64);
  EXPECT_EQ(index.ChangesSince(5000), 11000u);
}

TEST(KeyIndexPast, DropsRootsThatTakeTooMuchButNotTheLastUsed) {
  KeyIndexOptions options;
  options.pinned_bytes_max = 1;
  KeyIndex index(options);
  PutOnePerRevision(&index, 1, 10000, 64);
  ASSERT_TRUE(index.ViewAt(5000));
  ASSERT_TRUE(index.ViewAt(2000));
  EXPECT_EQ(index.ChangesSince(2000), 0u);
  EXPECT_GT(index.ChangesSince(5000), 0u);
}

TEST(KeyIndexPast, AStateOfThePastOutlivesItsUndoLog) {
  KeyIndexOptions options;
  options.undo_changes_max = 2000;
  KeyIndex index(options);
  for (int i = 0; i < 1000; ++i) index.Put(Name(i), StateAt(1));
  index.Publish(1);
  for (int i = 0; i < 1000; ++i) index.Put(Name(i), {{2, i}, 1, 2, 0});
  index.Publish(2);
  const IndexView past = index.ViewAt(1);
  for (int64_t revision = 3; revision < 10; ++revision) {
    for (int i = 0; i < 1000; ++i) index.Put(Name(i), {{revision, i}, 1, revision, 0});
    index.Publish(revision);
  }
  int seen = 0;
  past.Scan(EveryKey(), [&](std::string_view, const KeyState& state) {
    EXPECT_EQ(state.version, 1);
    ++seen;
    return true;
  });
  EXPECT_EQ(seen, 1000);
}

}  // namespace
}  // namespace quorate::mvcc
