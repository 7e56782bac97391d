#include "quorate/membership/membership.h"

#include <gtest/gtest.h>
#include <stdlib.h>


#include "tests/base/files_testing.h"

namespace quorate::membership {
namespace {

// The expected ids are what etcd 3.7.1 computed for the same names, URLs and tokens.

TEST(MembershipTest, IdsOfAMemberWithTwoPeerUrlsAreThoseOfEtcd) {
  const uint64_t id = ComputeMemberId({"http://127.0.0.1:41880", "http://127.0.0.1:41801"}, "tok-1");
  EXPECT_EQ(id, 11980211228936935366u);
  EXPECT_EQ(ComputeClusterId({id}), 121565814308115842u);
}

TEST(MembershipTest, IdsOfAClusterOfThreeAreThoseOfEtcd) {
  const auto cluster =
      Bootstrap({{"a", "http://127.0.0.1:41881"}, {"b", "http://127.0.0.1:41880"}, {"c", "https://127.0.0.1:41882"}},
                "etcd-cluster", "b");
  ASSERT_TRUE(cluster.ok()) << cluster.status();
  EXPECT_EQ(cluster->id, 0x5b28b0b8c8496ca7u);
  EXPECT_EQ(cluster->self, 0x736a062abfe86499u);
  ASSERT_EQ(cluster->members.size(), 3u);
  EXPECT_EQ(cluster->members[0].id, 0x520627c85319ee0fu);
  EXPECT_EQ(cluster->members[0].name, "c");
  EXPECT_EQ(cluster->members[1].id, 0x736a062abfe86499u);
  EXPECT_EQ(cluster->members[2].id, 0x908091d3de873ee7u);
  EXPECT_EQ(cluster->Find(0x908091d3de873ee7u)->name, "a");
  EXPECT_EQ(cluster->Find(1), nullptr);
}

TEST(MembershipTest, AMemberAddedLaterHasItsTimeInItsId) {
  EXPECT_NE(ComputeMemberId({"http://a:1"}, "t", 1), ComputeMemberId({"http://a:1"}, "t"));
  EXPECT_EQ(ComputeMemberId({"http://a:1"}, "t", 12), ComputeMemberId({"http://a:1"}, "t12"));
}

TEST(MembershipTest, AMemberMayHaveSeveralUrlsButShareNone) {
  const auto cluster = Bootstrap({{"a", "http://h:2"}, {"a", "http://h:1"}}, "t", "a");
  ASSERT_TRUE(cluster.ok());
  EXPECT_EQ(cluster->members[0].peer_urls, (std::vector<std::string>{"http://h:1", "http://h:2"}));
  const absl::Status shared = Bootstrap({{"a", "http://h:1"}, {"b", "http://h:1"}}, "t", "a").status();
  EXPECT_EQ(shared.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(base::MessageOf(shared), "initial cluster has duplicate url http://h:1");
}

TEST(MembershipTest, OwnNameMustBeInTheInitialCluster) {
  const absl::Status status = Bootstrap({{"a", "http://h:1"}}, "t", "b").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(base::MessageOf(status), "couldn't find local name \"b\" in the initial cluster configuration");
}

class StoredClusterTest : public testing::Test {
 protected:
  base::TemporaryDirectory directory_;
  std::unique_ptr<storage::Database> database_ = *storage::Database::Open({.path = directory_.path() + "/db"});
};

TEST_F(StoredClusterTest, ANewStoreHasNoCluster) {
  const auto loaded = Load(*database_);
  ASSERT_TRUE(loaded.ok());
  EXPECT_FALSE(loaded->has_value());
}

TEST_F(StoredClusterTest, LoadsWhatWasSaved) {
  Cluster cluster{.id = 7, .self = 1, .members = {}, .downgrade_target = "3.6.0"};
  cluster.members.push_back({1, "one", {"http://h:1", "http://h:2"}, {"http://h:3"}, false});
  cluster.members.push_back({0xffffffffffffffff, "", {"http://h:4"}, {}, true});
  storage::WriteBatch batch;
  Save(cluster, batch);
  ASSERT_TRUE(database_->Write(batch, 1).ok());
  const auto loaded = Load(*database_);
  ASSERT_TRUE(loaded.ok() && loaded->has_value());
  EXPECT_EQ((*loaded)->id, cluster.id);
  EXPECT_EQ((*loaded)->self, cluster.self);
  EXPECT_EQ((*loaded)->members, cluster.members);
  EXPECT_EQ((*loaded)->downgrade_target, cluster.downgrade_target);
}

TEST_F(StoredClusterTest, ADamagedRecordIsRefused) {
  storage::WriteBatch batch;
  batch.Put(storage::Family::kMeta, "cluster", "\x1a\x7f");
  ASSERT_TRUE(database_->Write(batch, 1).ok());
  EXPECT_EQ(Load(*database_).status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace quorate::membership
