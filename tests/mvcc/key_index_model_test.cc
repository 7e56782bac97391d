// The key index beside an obvious model: every key with the list of its states.

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "quorate/mvcc/key_index.h"

namespace quorate::mvcc {
namespace {

using Entry = std::pair<std::string, KeyState>;

class Model {
 public:
  void Put(const std::string& key, const KeyState& state) { history_[key].emplace_back(state.modified.main, state); }
  void Erase(const std::string& key, int64_t main) { history_[key].emplace_back(main, std::nullopt); }
  std::optional<KeyState> Find(const std::string& key, int64_t revision) const {
    const auto it = history_.find(key);
    return it == history_.end() ? std::nullopt : StateOf(it->second, revision);
  }
  std::vector<Entry> Range(const KeyRange& range, int64_t revision) const {
    std::vector<Entry> entries;
    for (auto it = history_.lower_bound(std::string(range.begin)); it != history_.end(); ++it) {
      if (!range.Contains(it->first)) break;
      if (const auto state = StateOf(it->second, revision)) entries.emplace_back(it->first, *state);
    }
    return entries;
  }

 private:
  using States = std::vector<std::pair<int64_t, std::optional<KeyState>>>;
  static std::optional<KeyState> StateOf(const States& states, int64_t revision) {
    for (auto it = states.rbegin(); it != states.rend(); ++it) {
      if (it->first <= revision) return it->second;
    }
    return std::nullopt;
  }
  std::map<std::string, States> history_;
};

struct Shape {
  const char* name;
  uint32_t seed;
  int revisions;
  int keys;  // how many different numbers go into keys
  int erase_percent;
  size_t undo_max;
};

class KeyIndexModel : public testing::TestWithParam<Shape> {
 protected:
  int Random(int below) { return static_cast<int>(random_() % static_cast<uint32_t>(below)); }

  std::string RandomKey() {
    const int number = Random(GetParam().keys);
    std::mt19937 of_number(static_cast<uint32_t>(number));
    const std::string digits = std::to_string(number);
    switch (number % 5) {
      case 0:
        return "/registry/pods/namespace-" + std::to_string(number % 13) + "/pod-" + digits;
      case 1: {  // few different bytes, so that prefixes tie and keys begin other keys
        std::string key(of_number() % 12, '\0');
        for (char& byte : key) byte = "\0a\xff"[of_number() % 3];
        return key;
      }
      case 2:  // more in common than an inner node holds
        return std::string(150, 'c') + digits;
      case 3:
        return number % 400 == 3 ? std::string(1 + of_number() % 65536, 'L') + digits : "m" + digits + "/leaf";
      default: {
        std::string key(8 + of_number() % 24, '\0');
        for (char& byte : key) byte = static_cast<char>(of_number());
        return key;
      }
    }
  }

  struct OwnedRange {
    std::string begin, end;
    KeyRange range() const { return KeyRange::FromRequest(begin, end); }
  };
  OwnedRange RandomRange() {
    switch (Random(6)) {
      case 0:
        return {RandomKey(), ""};
      case 1:
        return {RandomKey(), std::string(1, '\0')};
      case 2:
        return {"", std::string(1, '\0')};
      case 3:
        return {"/registry/pods/namespace-1", "/registry/pods/namespace-2"};
      default:
        return {RandomKey(), RandomKey()};
    }
  }

  // `shown`: a view, or the index itself as its writer sees it.
  template <typename Shown>
  void Check(const Shown& shown, int64_t revision) {
    const std::string key = RandomKey();
    const auto found = shown.Find(key), expected = model_.Find(key, revision);
    ASSERT_EQ(found.has_value(), expected.has_value());
    if (found) {
      EXPECT_EQ(found->modified, expected->modified);
    }
    const OwnedRange owned = RandomRange();
    std::vector<Entry> entries = model_.Range(owned.range(), revision);
    ASSERT_EQ(shown.Count(owned.range()), entries.size()) << "at " << revision;
    const size_t limit = Random(2) == 0 ? entries.size() : 1 + Random(200);
    if (limit < entries.size()) entries.resize(limit);
    size_t next = 0;
    shown.Scan(owned.range(), [&](std::string_view key, const KeyState& state) {
      const bool same = next < entries.size() && key == entries[next].first &&
                        state.modified == entries[next].second.modified &&
                        state.created == entries[next].second.created &&
                        state.version == entries[next].second.version && state.lease == entries[next].second.lease;
      EXPECT_TRUE(same) << "entry " << next << " at " << revision;
      ++next;
      return same && next < entries.size();
    });
    ASSERT_EQ(next, entries.size());
  }

  void Change(KeyIndex* index, int64_t revision, int sub) {
    const std::string key = RandomKey();
    const auto before = model_.Find(key, revision);
    if (Random(100) < GetParam().erase_percent) {
      ASSERT_EQ(index->Erase(key, {revision, sub}), before.has_value());
      if (before) model_.Erase(key, revision);
      return;
    }
    KeyState state{{revision, sub}, before ? before->created : revision, before ? before->version + 1 : 1, Random(3)};
    index->Put(key, state);
    model_.Put(key, state);
  }

  std::mt19937 random_{GetParam().seed};
  Model model_;
};

TEST_P(KeyIndexModel, AgreesOnEveryStateShown) {
  KeyIndexOptions options;
  options.undo_changes_max = GetParam().undo_max;
  options.pinned_roots_max = 8;
  options.pinned_idle_changes_max = 3000;
  KeyIndex index(options);
  std::deque<std::pair<int64_t, IndexView>> held;
  int64_t published = 0, compacted = 0;
  uint64_t rolled = 0;
  const int revisions = GetParam().revisions;
  for (int64_t revision = 1; revision <= revisions; ++revision) {
    const int changes = Random(10) == 0 ? Random(50) : 1 + Random(3);
    for (int sub = 0; sub < changes; ++sub) ASSERT_NO_FATAL_FAILURE(Change(&index, revision, sub));
    if (Random(50) == 0) {
      ASSERT_NO_FATAL_FAILURE(Check(index, revision));
    }
    if (Random(8) != 0) continue;
    index.Publish(revision);
    published = revision;
    const IndexView newest = index.View();
    ASSERT_EQ(newest.revision(), revision);
    if (Random(4) == 0) {
      ASSERT_NO_FATAL_FAILURE(Check(newest, revision));
    }
    if (Random(4) == 0) {
      const int64_t past = published - Random(Random(2) == 0 ? 20 : 2000);
      IndexView view = index.ViewAt(past);
      EXPECT_TRUE(past >= compacted || !view);
      if (view) {
        ++rolled;
        ASSERT_EQ(view.revision(), past);
        ASSERT_NO_FATAL_FAILURE(Check(view, past));
        if (Random(4) == 0) held.emplace_back(past, std::move(view));
      }
    }
    if (Random(10) == 0) held.emplace_back(published, index.View());
    if (!held.empty() && Random(3) == 0) {
      auto& [at, view] = held[Random(static_cast<int>(held.size()))];
      ASSERT_NO_FATAL_FAILURE(Check(view, at));
    }
    while (held.size() > 10) held.erase(held.begin() + Random(static_cast<int>(held.size())));
    if (Random(100) == 0) index.ForgetBefore(compacted = published - Random(500));
  }
  EXPECT_GT(rolled, static_cast<uint64_t>(revisions / 100));
}

INSTANTIATE_TEST_SUITE_P(Shapes, KeyIndexModel,
                         testing::Values(Shape{"few_keys", 1, 8000, 200, 40, 1 << 20},
                                         Shape{"growing", 2, 8000, 30000, 5, 1 << 20},
                                         Shape{"shrinking_and_growing", 3, 8000, 6000, 50, 1 << 20},
                                         Shape{"short_memory", 4, 8000, 5000, 30, 3000}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace quorate::mvcc
