// What the key index holds on to, and when it lets go.

#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <string>
#include <vector>

#include "quorate/mvcc/key_index.h"
#include "tests/mvcc/key_range_testing.h"

namespace quorate::mvcc {
namespace {

constexpr int kKeys = 100000;
constexpr size_t kKeySize = 32;

std::string Name(uint32_t number) {
  std::string digits = std::to_string(number);
  return "/registry/keys/" + std::string(kKeySize - 15 - digits.size(), '0') + digits;
}

KeyState StateAt(int64_t main) { return {{main, 0}, main, 1, 0}; }

void Load(KeyIndex* index) {
  for (uint32_t i = 0; i < kKeys; ++i) index->LoadAscending(Name(i), StateAt(1));
  index->FinishLoad(1);
}

// `batches` publications of 64 random updates each.
void Churn(KeyIndex* index, int batches, int64_t* revision, std::mt19937* random) {
  for (int batch = 0; batch < batches; ++batch) {
    for (int i = 0; i < 64; ++i) {
      ++*revision;
      index->Put(Name((*random)() % kKeys), {{*revision, 0}, 1, 2, 0});
    }
    index->Publish(*revision);
  }
}

TEST(KeyIndexMemory, TakesLessThanAHundredBytesAKeyBesideTheKey) {
  KeyIndex loaded;
  Load(&loaded);
  EXPECT_LT(loaded.memory_bytes(), kKeys * (100 + kKeySize));
  KeyIndex grown;
  std::vector<uint32_t> order(kKeys);
  for (uint32_t i = 0; i < kKeys; ++i) order[i] = i;
  std::shuffle(order.begin(), order.end(), std::mt19937(1));
  for (uint32_t i = 0; i < kKeys; ++i) {
    grown.Put(Name(order[i]), StateAt(1 + i));
    if (i % 64 == 0) grown.Publish(1 + i);
  }
  EXPECT_LT(grown.memory_bytes(), kKeys * (100 + kKeySize));
}

TEST(KeyIndexMemory, UpdatesWithoutReadersLeaveNothingBehind) {
  KeyIndexOptions options;
  options.undo_changes_max = 0;
  KeyIndex index(options);
  Load(&index);
  const size_t before = index.memory_bytes();
  int64_t revision = 1;
  std::mt19937 random(2);
  Churn(&index, 3000, &revision, &random);
  // One batch's copies, and the open chunk of changes with its records.
  EXPECT_LT(index.memory_bytes(), before + (512u << 10));
}

TEST(KeyIndexMemory, ALongHeldViewKeepsItsOwnStateOnly) {
  KeyIndexOptions options;
  options.undo_changes_max = 0;
  KeyIndex index(options);
  Load(&index);
  const size_t before = index.memory_bytes();
  int64_t revision = 1;
  std::mt19937 random(3);
  const IndexView held = index.View();
  Churn(&index, 10000, &revision, &random);  // every node and record replaced many times
  EXPECT_LT(index.memory_bytes(), 2 * before + (512u << 10));
  EXPECT_EQ(held.Count(EveryKey()), static_cast<uint64_t>(kKeys));
  int64_t highest = 0;
  held.Scan(EveryKey(), [&](std::string_view, const KeyState& state) {
    highest = std::max(highest, state.modified.main);
    return true;
  });
  EXPECT_EQ(highest, 1);
}

TEST(KeyIndexMemory, WhatAViewKeptGoesInPiecesAfterIt) {
  KeyIndexOptions options;
  options.undo_changes_max = 0;
  KeyIndex index(options);
  Load(&index);
  const size_t before = index.memory_bytes();
  int64_t revision = 1;
  std::mt19937 random(4);
  std::optional<IndexView> held = index.View();
  Churn(&index, 10000, &revision, &random);
  const size_t kept = index.memory_bytes() - before;
  held.reset();
  Churn(&index, 1, &revision, &random);
  EXPECT_GT(index.memory_bytes() - before, kept / 2);
  Churn(&index, 200, &revision, &random);
  EXPECT_LT(index.memory_bytes() - before, size_t{512} << 10);
}

TEST(KeyIndexMemory, TheUndoLogIsBounded) {
  KeyIndexOptions options;
  options.undo_changes_max = 20000;
  KeyIndex index(options);
  Load(&index);
  const size_t before = index.memory_bytes();
  int64_t revision = 1;
  std::mt19937 random(5);
  Churn(&index, 3000, &revision, &random);
  constexpr size_t kPerChange = 24 + 24 + 8 + kKeySize;
  EXPECT_LT(index.memory_bytes(), before + 21000 * kPerChange + (256u << 10));
}

TEST(KeyIndexMemory, PinnedRootsAreDroppedWhenTheyKeepTooMuch) {
  KeyIndexOptions options;
  options.pinned_bytes_max = 4 << 20;
  options.pinned_idle_changes_max = 1 << 30;
  options.undo_changes_max = 10000;
  KeyIndex index(options);
  Load(&index);
  int64_t revision = 1;
  std::mt19937 random(6);
  Churn(&index, 100, &revision, &random);
  const size_t before = index.memory_bytes();
  for (int round = 0; round < 300; ++round) {
    ASSERT_TRUE(index.ViewAt(revision - 50));
    Churn(&index, 10, &revision, &random);
  }
  EXPECT_LT(index.memory_bytes(), before + (8u << 20));
}

TEST(KeyIndexMemory, LargeRootsDriveOutOthersWhileNothingIsPublished) {
  KeyIndexOptions options;
  options.pinned_bytes_max = 1 << 20;
  KeyIndex index(options);
  Load(&index);
  int64_t revision = 1;
  std::mt19937 random(7);
  Churn(&index, 900, &revision, &random);
  const size_t before = index.memory_bytes();
  for (int i = 1; i <= 20; ++i) ASSERT_TRUE(index.ViewAt(revision - i));
  EXPECT_EQ(index.ChangesSince(revision - 1), 0u) << "small ones stay";
  size_t one = 0;
  for (int i = 0; i < 12; ++i) {
    // So many changes are in nearly every leaf.
    ASSERT_TRUE(index.ViewAt(revision - 57'000 + 4'000 * i));
    const size_t taken = index.memory_bytes() - before;
    if (i == 0) one = taken;
    // The last, what it grew from, and what is not freed yet.
    ASSERT_LT(taken, 7 * one) << i;
  }
}

TEST(KeyIndexMemory, ADroppedRootGoesInPieces) {
  KeyIndex index;
  Load(&index);
  int64_t revision = 1;
  std::mt19937 random(8);
  Churn(&index, 500, &revision, &random);
  const size_t before = index.memory_bytes();
  ASSERT_TRUE(index.ViewAt(2));
  const size_t root = index.memory_bytes() - before;
  ASSERT_GT(root, 1u << 20);
  index.ForgetBefore(revision);
  EXPECT_GT(index.ChangesSince(2), 0u);
  EXPECT_GE(index.memory_bytes(), before + root) << "freed at once";
  for (int i = 0; i < 20; ++i) index.Publish(++revision);
  EXPECT_LE(index.memory_bytes(), before);
}

}  // namespace
}  // namespace quorate::mvcc
