#include "src/mvcc/key_sources.h"

#include <gtest/gtest.h>

#include "quorate/base/errors.h"
#include "src/mvcc/key_codec.h"
#include "src/mvcc/selection.h"
#include "tests/mvcc/key_range_testing.h"
#include "tests/mvcc/store_testing.h"

namespace quorate::mvcc {
namespace {

std::string Names(KeySource& source, const KeyRange& range, size_t max = 100) {
  std::string out;
  EXPECT_TRUE(source
                  .Scan(range,
                        [&](std::string_view key, const KeyState& state) {
                          out += std::string(key) + std::to_string(state.modified.main);
                          return --max > 0;
                        })
                  .ok());
  return out;
}

class FamilySourceTest : public testing::Test {
 protected:
  // a changes at every even revision, b is there from 3 to 20, c from 21 on.
  void SetUp() override {
    for (int revision = 2; revision <= 22; ++revision) {
      if (revision == 3) {
        test_.PutKey("b", "");
      } else if (revision == 21) {
        ASSERT_EQ(test_.DeleteKey("b"), 21);
      } else if (revision == 22) {
        test_.PutKey("c", "");
      } else {
        test_.PutKey("a", "");
      }
    }
    test_.Flush();
    // The start completes the family.
    test_.Reopen();
  }

  TestStore test_;
  KeysFamily complete_{test_.database.get(), 22};
};

TEST_F(FamilySourceTest, ShowsTheNewestOfEachKeyAtARevision) {
  const KeyRange all = EveryKey();
  FamilySource at_1(test_.database.get(), &complete_, 1);
  EXPECT_EQ(Names(at_1, all), "");
  FamilySource at_3(test_.database.get(), &complete_, 3);
  EXPECT_EQ(Names(at_3, all), "a2b3");
  FamilySource at_20(test_.database.get(), &complete_, 20);
  EXPECT_EQ(Names(at_20, all), "a20b3");
  EXPECT_EQ(Names(at_20, all, 1), "a20");
  FamilySource at_22(test_.database.get(), &complete_, 22);
  EXPECT_EQ(Names(at_22, all), "a20c22");
  EXPECT_EQ(*at_22.Count(all), 2u);
}

TEST_F(FamilySourceTest, KeepsToItsRange) {
  FamilySource source(test_.database.get(), &complete_, 22);
  EXPECT_EQ(Names(source, KeyRange::FromRequest("b", "c")), "");
  EXPECT_EQ(Names(source, KeyRange::FromRequest("b", "d")), "c22");
  EXPECT_EQ(Names(source, KeyRange::FromRequest("d", "b")), "");
  EXPECT_EQ(Names(source, KeyRange::FromRequest("a", "")), "a20");
  EXPECT_FALSE((*source.Find("b")).has_value());
  EXPECT_EQ((*source.Find("a"))->version, 18);
}

TEST_F(FamilySourceTest, DamageIsNotAnEnd) {
  storage::WriteBatch batch;
  batch.Put(storage::Family::kKeys, "b no terminator, no revision", "");
  ASSERT_TRUE(test_.database->WriteUnmarked(batch).ok());
  FamilySource source(test_.database.get(), &complete_, 22);
  EXPECT_EQ(source.Count(EveryKey()).status().code(), absl::StatusCode::kDataLoss);
  test_.store.reset();
  EXPECT_EQ(Store::Open(test_.database.get(), {}).status().code(), absl::StatusCode::kDataLoss);
}

// What was deleted takes as long to walk as what is there.
TEST_F(FamilySourceTest, AWalkEndsSoonAfterItMayNotGoOn) {
  for (const bool deleted : {false, true}) {
    storage::WriteBatch batch;
    for (int i = 0; i < 10'000; ++i) {
      batch.Put(storage::Family::kKeys, EncodeKeyAt("many" + std::to_string(i), {22, 1}),
                deleted ? EncodeKeyDeletion() : EncodeKeyState({{22, 1}, 22, 1, 0, 100}));
    }
    ASSERT_TRUE(test_.database->WriteUnmarked(batch).ok());
    int asked = 0;
    const auto may_go_on = [&asked] { return ++asked < 3 ? absl::OkStatus() : base::errors::DeadlineExceeded(); };
    FamilySource source(test_.database.get(), &complete_, 22, nullptr, may_go_on);
    EXPECT_EQ(source.Count(EveryKey()).status(), base::errors::DeadlineExceeded());
    EXPECT_EQ(asked, 3);
    asked = 0;
    EXPECT_EQ(source.Scan(EveryKey(), [](std::string_view key, const KeyState& state) { return true; }),
              base::errors::DeadlineExceeded());
    EXPECT_EQ(asked, 3);
  }
}

class OverlaySourceTest : public FamilySourceTest {
 protected:
  // Over a20 c22.
  OverlaySource Upon(int64_t revision) {
    return {std::make_unique<FamilySource>(test_.database.get(), &complete_, 22), &overlay_, revision};
  }
  void Put(std::string_view key, int64_t main) {
    overlay_.Add(key, {main, 0}, KeyState{.modified = {main, 0}, .created = main, .version = 1});
  }
  void Delete(std::string_view key, int64_t main) { overlay_.Add(key, {main, 0}, std::nullopt); }

  Overlay overlay_;
};

TEST_F(OverlaySourceTest, ChangesComeBeforeAmongAndAfterTheBase) {
  Put("0", 30);
  Put("b", 31);
  Put("d", 32);
  OverlaySource source = Upon(32);
  EXPECT_EQ(Names(source, EveryKey()), "030a20b31c22d32");
  EXPECT_EQ(Names(source, EveryKey(), 3), "030a20b31");
  EXPECT_EQ(*source.Count(KeyRange::FromRequest("a", "c")), 2u);
}

TEST_F(OverlaySourceTest, ChangesReplaceAndRemoveWhatTheBaseHas) {
  Put("a", 30);
  Delete("c", 31);
  Delete("d", 32);
  OverlaySource source = Upon(32);
  EXPECT_EQ(Names(source, EveryKey()), "a30");
  EXPECT_EQ((*source.Find("a"))->modified.main, 30);
  EXPECT_FALSE((*source.Find("c")).has_value());
}

TEST_F(OverlaySourceTest, ASingleKeyIsARangeToo) {
  Put("b", 30);
  OverlaySource source = Upon(30);
  EXPECT_EQ(Names(source, KeyRange::FromRequest("b", "")), "b30");
  EXPECT_EQ(Names(source, KeyRange::FromRequest("c", "")), "c22");
}

TEST_F(OverlaySourceTest, OneOverlayShowsEachOfItsRevisions) {
  Put("a", 30);
  Delete("c", 31);
  Put("b", 32);
  Delete("a", 33);
  Put("c", 34);
  const std::string shown[] = {"a20c22", "a30c22", "a30", "a30b32", "b32", "b32c34"};
  for (int64_t revision = 29; revision <= 34; ++revision) {
    OverlaySource source = Upon(revision);
    const std::string names = Names(source, EveryKey());
    EXPECT_EQ(names, shown[revision - 29]) << revision;
    EXPECT_EQ(*source.Count(EveryKey()), names.size() / 3) << revision;
    EXPECT_EQ((*source.Find("a")).has_value(), revision < 33) << revision;
  }
}

// The keys a to e, of which some calls reach only two before descriptors are wanting.
class Wanting final : public KeySource {
 public:
  explicit Wanting(int failures) : failures_(failures) {}
  absl::StatusOr<std::optional<KeyState>> Find(std::string_view key) override {
    if (Fails()) return Failure();
    return KeyState{.modified = {2, 0}, .created = 2, .version = 1};
  }
  absl::StatusOr<uint64_t> Count(const KeyRange& range) override {
    if (Fails()) return Failure();
    return 5;
  }
  absl::Status Scan(const KeyRange& range, const Visit& visit) override {
    int visited = 0;
    for (char name = 'a'; name <= 'e'; ++name) {
      const std::string key(1, name);
      if (!range.Contains(key)) continue;
      if (visited++ == 2 && Fails()) return Failure();
      if (!visit(key, {.modified = {2, 0}, .created = 2, .version = 1})) break;
    }
    return absl::OkStatus();
  }
  bool keeps_keys() const override { return false; }

 private:
  bool Fails() { return failures_-- > 0; }
  static absl::Status Failure() { return absl::UnavailableError("Too many open files"); }

  int failures_;
};

TEST(PatientSourceTest, WhatWasWantingIsWaitedForAndNothingIsVisitedTwice) {
  const auto patient = [](int failures) { return PatientSource(std::make_unique<Wanting>(failures)); };
  EXPECT_EQ((*patient(1).Find("a"))->modified.main, 2);
  EXPECT_EQ(*patient(1).Count(EveryKey()), 5u);
  PatientSource source = patient(2);
  EXPECT_EQ(Names(source, EveryKey()), "a2b2c2d2e2");
  PatientSource part = patient(1);
  EXPECT_EQ(Names(part, KeyRange::FromRequest("b", "e")), "b2c2d2");
  PatientSource stopped = patient(1);
  EXPECT_EQ(Names(stopped, EveryKey(), 4), "a2b2c2d2");
  PatientSource one = patient(1);
  EXPECT_EQ(Names(one, KeyRange::FromRequest("c", "")), "c2");
}

TEST_F(FamilySourceTest, OneKeyOfThePastIsSoughtInTheFamilyRatherThanRolledBackTo) {
  KeyIndex index;
  index.FinishLoad(19);
  for (int64_t main = 20; main <= 22; ++main) {
    index.Put("a", {.modified = {main, 0}, .created = 2, .version = main});
    index.Publish(main);
  }
  const KeyRange a = KeyRange::FromRequest("a", "");
  const auto find = [&] {
    return (*PastSource(test_.database.get(), &complete_, &index, 20, a)->Find("a"))->modified.main;
  };
  EXPECT_LE(PastCost(complete_, index, 20, a), 2u);
  EXPECT_EQ(find(), 20);
  EXPECT_EQ(index.ChangesSince(20), 2u);
  // A list rolls back, and then the state is there for single keys too.
  PastSource(test_.database.get(), &complete_, &index, 20, EveryKey());
  EXPECT_EQ(index.ChangesSince(20), 0u);
  EXPECT_EQ(find(), 20);
}

TEST_F(FamilySourceTest, WhoWantsAKeyForLongerThanTheCallHasToCopyIt) {
  FamilySource source(test_.database.get(), &complete_, 22);
  EXPECT_FALSE(source.keeps_keys());
  std::vector<Selected> found;
  ASSERT_TRUE(source
                  .Scan(EveryKey(),
                        [&](std::string_view key, const KeyState& state) {
                          found.emplace_back(source, key, state);
                          return true;
                        })
                  .ok());
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].key, "a");
  EXPECT_EQ(found[1].key, "c");
}

}  // namespace
}  // namespace quorate::mvcc
