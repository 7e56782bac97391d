#include "src/mvcc/selection.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "tests/mvcc/key_range_testing.h"

namespace quorate::mvcc {
namespace {

// Random states of ascending keys, each key in the place where the one before was.
class Passing final : public KeySource {
 public:
  explicit Passing(int keys) : keys_(keys) {}
  absl::StatusOr<std::optional<KeyState>> Find(std::string_view key) override { return std::nullopt; }
  absl::StatusOr<uint64_t> Count(const KeyRange& range) override { return keys_; }
  absl::Status Scan(const KeyRange& range, const Visit& visit) override {
    std::mt19937 random(1);
    std::string key;
    for (int i = 0; i < keys_; ++i) {
      key = std::to_string(100'000 + i);
      const int64_t main = 1 + random() % 1'000;
      if (!visit(key, {.modified = {main, 0}, .created = main % 10, .version = main % 3})) break;
    }
    return absl::OkStatus();
  }
  bool keeps_keys() const override { return false; }

 private:
  const int keys_;
};

std::string KeysOf(const std::vector<Selected>& selected) {
  std::string keys;
  for (const Selected& one : selected) keys += std::string(one.key) + " ";
  return keys;
}

// All sorted, then cut.
std::string Expected(KeySource& source, SortTarget target, SortOrder order, size_t limit) {
  std::vector<Selected> all;
  EXPECT_TRUE(source
                  .Scan(EveryKey(),
                        [&](std::string_view key, const KeyState& state) {
                          all.emplace_back(source, key, state);
                          return true;
                        })
                  .ok());
  if (target == SortTarget::kKey) {
    std::reverse(all.begin(), all.end());
  } else {
    SortByNumber(target, order, &all);
  }
  if (all.size() > limit) all.erase(all.begin() + static_cast<int64_t>(limit), all.end());
  return KeysOf(all);
}

TEST(FirstInOrderTest, KeepsWhatSortingAllOfThemWouldAndNotMuchMore) {
  for (const int keys : {0, 1, 63, 64, 5'000}) {
    Passing source(keys);
    for (const size_t limit : {1, 2, 31, 32, 33, 700, 5'000, 1'000'000}) {
      for (const SortTarget target : {SortTarget::kKey, SortTarget::kVersion, SortTarget::kCreate, SortTarget::kMod}) {
        for (const SortOrder order : {SortOrder::kDescend, SortOrder::kAscend}) {
          if (target == SortTarget::kKey && order == SortOrder::kAscend) continue;
          FirstInOrder first(target, order, limit);
          size_t kept_max = 0;
          ASSERT_TRUE(source
                          .Scan(EveryKey(),
                                [&](std::string_view key, const KeyState& state) {
                                  first.Add(source, key, state);
                                  kept_max = std::max(kept_max, first.kept());
                                  return true;
                                })
                          .ok());
          EXPECT_LE(kept_max, std::max<size_t>(2 * limit, 64));
          EXPECT_EQ(first.added(), static_cast<uint64_t>(keys));
          EXPECT_EQ(KeysOf(std::move(first).Take()), Expected(source, target, order, limit)) << keys << " " << limit;
        }
      }
    }
  }
}

}  // namespace
}  // namespace quorate::mvcc
