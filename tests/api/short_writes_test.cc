#include "src/api/short_writes.h"

#include <gtest/gtest.h>

namespace quorate::api {
namespace {

const mvcc::RangeRequest kGet{.key = "k", .range_end = ""};
const mvcc::PutRequest kPut{.key = "k", .value = "v"};
const mvcc::DeleteRangeRequest kDelete{.key = "k", .range_end = ""};

// As Kubernetes updates an object: unless it is as it was, tells what it is.
mvcc::TxnRequest Update() {
  mvcc::TxnRequest txn;
  mvcc::Compare& unchanged = txn.compare.emplace_back();
  unchanged.target = mvcc::CompareTarget::kMod;
  unchanged.key = "k";
  txn.success.push_back({kPut});
  txn.failure.push_back({kGet});
  return txn;
}

TEST(ShortWritesTest, ChangesOfSingleKeysAre) {
  EXPECT_TRUE(IsShort(kPut, 0));
  EXPECT_TRUE(IsShort(kDelete));
  mvcc::TxnRequest txn = Update();
  EXPECT_TRUE(IsShort(txn, 0));
  txn.success.push_back({kDelete});
  txn.success.push_back({kGet});
  EXPECT_TRUE(IsShort(txn, 0));
}

TEST(ShortWritesTest, RangesAreNot) {
  const mvcc::DeleteRangeRequest range{.key = "k", .range_end = "l"};
  EXPECT_FALSE(IsShort(range));
  mvcc::TxnRequest txn = Update();
  txn.failure.push_back({range});
  EXPECT_FALSE(IsShort(txn, 0)) << "whichever branch it takes";
  txn = Update();
  txn.success.push_back({mvcc::RangeRequest{.key = "k", .range_end = "l"}});
  EXPECT_FALSE(IsShort(txn, 0));
  txn = Update();
  txn.compare[0].range_end = "l";
  EXPECT_FALSE(IsShort(txn, 0));
}

TEST(ShortWritesTest, ThePastIsNot) {
  mvcc::TxnRequest txn = Update();
  txn.success.push_back({mvcc::RangeRequest{.key = "k", .range_end = "", .revision = 3}});
  EXPECT_FALSE(IsShort(txn, 0));
}

TEST(ShortWritesTest, ManyOperationsAreNotNorThoseInside) {
  mvcc::TxnRequest txn = Update();
  while (txn.success.size() < kShortTxnOperationsMax - 2) txn.success.push_back({kPut});
  EXPECT_TRUE(IsShort(txn, 0));
  txn.success.push_back({kPut});
  EXPECT_FALSE(IsShort(txn, 0));
  txn = Update();
  txn.success.push_back({Update()});
  EXPECT_FALSE(IsShort(txn, 0));
}

TEST(ShortWritesTest, LargeValuesThatAreKeptAreNot) {
  EXPECT_TRUE(IsShort(kPut, kShortKeptBytesMax));
  EXPECT_FALSE(IsShort(kPut, kShortKeptBytesMax + 1));
  EXPECT_FALSE(IsShort(Update(), kShortKeptBytesMax + 1));
}

}  // namespace
}  // namespace quorate::api
