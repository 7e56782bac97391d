#include "src/mvcc/key_sources.h"

#include <gtest/gtest.h>

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

class HistorySourceTest : public testing::Test {
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
  KeyHistory complete_{test_.database.get(), 22};
};

TEST_F(HistorySourceTest, ShowsTheNewestOfEachKeyAtARevision) {
  const KeyRange all = KeyRange::All();
  HistorySource at_1(test_.database.get(), &complete_, 1);
  EXPECT_EQ(Names(at_1, all), "");
  HistorySource at_3(test_.database.get(), &complete_, 3);
  EXPECT_EQ(Names(at_3, all), "a2b3");
  HistorySource at_20(test_.database.get(), &complete_, 20);
  EXPECT_EQ(Names(at_20, all), "a20b3");
  EXPECT_EQ(Names(at_20, all, 1), "a20");
  HistorySource at_22(test_.database.get(), &complete_, 22);
  EXPECT_EQ(Names(at_22, all), "a20c22");
  EXPECT_EQ(*at_22.Count(all), 2u);
}

TEST_F(HistorySourceTest, KeepsToItsRange) {
  HistorySource source(test_.database.get(), &complete_, 22);
  EXPECT_EQ(Names(source, KeyRange::FromRequest("b", "c")), "");
  EXPECT_EQ(Names(source, KeyRange::FromRequest("b", "d")), "c22");
  EXPECT_EQ(Names(source, KeyRange::FromRequest("d", "b")), "");
  EXPECT_EQ(Names(source, KeyRange::FromRequest("a", "")), "a20");
  EXPECT_FALSE((*source.Find("b")).has_value());
  EXPECT_EQ((*source.Find("a"))->version, 18);
}

TEST_F(HistorySourceTest, DamageIsNotAnEnd) {
  storage::WriteBatch batch;
  batch.Put(storage::Family::kKeys, "b no terminator, no revision", "");
  ASSERT_TRUE(test_.database->WriteUnmarked(batch).ok());
  HistorySource source(test_.database.get(), &complete_, 22);
  EXPECT_EQ(source.Count(KeyRange::All()).status().code(), absl::StatusCode::kDataLoss);
  test_.store.reset();
  EXPECT_EQ(Store::Open(test_.database.get(), {}).status().code(), absl::StatusCode::kDataLoss);
}

class OverlaySourceTest : public HistorySourceTest {
 protected:
  // Over a20 c22.
  OverlaySource Over(OverlaySource::Changes changes) {
    return {std::make_unique<HistorySource>(test_.database.get(), &complete_, 22), std::move(changes)};
  }
  static KeyState At(int64_t main) { return {.modified = {main, 0}, .created = main, .version = 1}; }
};

TEST_F(OverlaySourceTest, ChangesComeBeforeAmongAndAfterTheBase) {
  OverlaySource source = Over({{"0", At(30)}, {"b", At(31)}, {"d", At(32)}});
  EXPECT_EQ(Names(source, KeyRange::All()), "030a20b31c22d32");
  EXPECT_EQ(Names(source, KeyRange::All(), 3), "030a20b31");
  EXPECT_EQ(*source.Count(KeyRange::FromRequest("a", "c")), 2u);
}

TEST_F(OverlaySourceTest, ChangesReplaceAndRemoveWhatTheBaseHas) {
  OverlaySource source = Over({{"a", At(30)}, {"c", std::nullopt}, {"d", std::nullopt}});
  EXPECT_EQ(Names(source, KeyRange::All()), "a30");
  EXPECT_EQ((*source.Find("a"))->modified.main, 30);
  EXPECT_FALSE((*source.Find("c")).has_value());
}

TEST_F(OverlaySourceTest, ASingleKeyIsARangeToo) {
  OverlaySource source = Over({{"b", At(30)}});
  EXPECT_EQ(Names(source, KeyRange::FromRequest("b", "")), "b30");
  EXPECT_EQ(Names(source, KeyRange::FromRequest("c", "")), "c22");
}

}  // namespace
}  // namespace quorate::mvcc
