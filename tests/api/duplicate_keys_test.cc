#include "src/api/duplicate_keys.h"

#include <gtest/gtest.h>

#include <string>

namespace quorate::api {
namespace {

using Ops = std::vector<mvcc::RequestOp>;

mvcc::RequestOp Put(std::string_view key) {
  mvcc::PutRequest request;
  request.key = key;
  return {request};
}
mvcc::RequestOp Delete(std::string_view key, std::string_view range_end = "") {
  mvcc::DeleteRangeRequest request;
  request.key = key;
  request.range_end = range_end;
  return {request};
}
mvcc::RequestOp Txn(Ops success, Ops failure = {}) {
  mvcc::TxnRequest request;
  request.success = std::move(success);
  request.failure = std::move(failure);
  return {request};
}

TEST(WritesKeyTwiceTest, OnOneLevel) {
  EXPECT_FALSE(WritesKeyTwice({}));
  EXPECT_FALSE(WritesKeyTwice({Put("a"), Put("b")}));
  EXPECT_TRUE(WritesKeyTwice({Put("a"), Put("b"), Put("a")}));
  EXPECT_TRUE(WritesKeyTwice({Put("a"), Delete("a")}));
  EXPECT_TRUE(WritesKeyTwice({Delete("a"), Put("a")}));
  EXPECT_FALSE(WritesKeyTwice({Delete("a"), Delete("a")}));
}

TEST(WritesKeyTwiceTest, DeletedRangeIsHalfOpen) {
  EXPECT_TRUE(WritesKeyTwice({Delete("b", "d"), Put("b")}));
  EXPECT_TRUE(WritesKeyTwice({Delete("b", "d"), Put("czzz")}));
  EXPECT_FALSE(WritesKeyTwice({Delete("b", "d"), Put("d")}));
  EXPECT_FALSE(WritesKeyTwice({Delete("b", "d"), Put("azzz")}));
  EXPECT_FALSE(WritesKeyTwice({Delete("b"), Put(std::string_view("b\0", 2))}));
}

TEST(WritesKeyTwiceTest, RangeThatEndsBeforeItBeginsHoldsNothing) {
  EXPECT_FALSE(WritesKeyTwice({Delete("d", "b"), Put("c")}));
  EXPECT_FALSE(WritesKeyTwice({Delete("b", "b"), Put("b")}));
  // As in etcd, where "\0" as an end is not taken as "everything after" by this check.
  EXPECT_FALSE(WritesKeyTwice({Delete("a", std::string_view("\0", 1)), Put("b")}));
}

TEST(WritesKeyTwiceTest, OverlappingDeletesAreOneRange) {
  const Ops deletes = {Delete("k", "m"), Delete("a", "c"), Delete("b", "l"), Delete("x")};
  for (const char* key : {"a", "b", "c", "k", "lz", "x"}) {
    Ops ops = deletes;
    ops.push_back(Put(key));
    EXPECT_TRUE(WritesKeyTwice(ops)) << key;
  }
  for (const char* key : {"A", "m", "w", "y"}) {
    Ops ops = deletes;
    ops.push_back(Put(key));
    EXPECT_FALSE(WritesKeyTwice(ops)) << key;
  }
}

TEST(WritesKeyTwiceTest, BranchesOfANestedTransactionExcludeEachOther) {
  EXPECT_FALSE(WritesKeyTwice({Txn({Put("a")}, {Put("a")})}));
  EXPECT_FALSE(WritesKeyTwice({Txn({Put("a")}, {Delete("a")})}));
  EXPECT_TRUE(WritesKeyTwice({Txn({Put("a"), Put("a")})}));
  EXPECT_TRUE(WritesKeyTwice({Txn({}, {Put("a"), Delete("a", "b")})}));
}

TEST(WritesKeyTwiceTest, NestedWritesCountForTheLevelsAround) {
  EXPECT_TRUE(WritesKeyTwice({Txn({Put("a")}), Put("a")}));
  EXPECT_TRUE(WritesKeyTwice({Put("a"), Txn({}, {Put("a")})}));
  EXPECT_TRUE(WritesKeyTwice({Delete("a", "c"), Txn({}, {Put("b")})}));
  EXPECT_TRUE(WritesKeyTwice({Txn({}, {Delete("a", "c")}), Put("b")}));
  EXPECT_TRUE(WritesKeyTwice({Txn({Put("a")}), Txn({Put("a")})}));
  EXPECT_TRUE(WritesKeyTwice({Txn({Put("a")}), Txn({}, {Put("a")})}));
  EXPECT_TRUE(WritesKeyTwice({Txn({Txn({Txn({Put("a")})})}), Put("a")}));
  EXPECT_FALSE(WritesKeyTwice({Txn({Txn({Txn({Put("a")})})}), Put("b")}));
}

TEST(WritesKeyTwiceTest, DeletesOfALaterSiblingDoNotReachBack) {
  // etcd looks at siblings in order: a nested delete is checked against what comes after it.
  EXPECT_FALSE(WritesKeyTwice({Txn({Put("a")}), Txn({Delete("a")})}));
  EXPECT_TRUE(WritesKeyTwice({Txn({Delete("a")}), Txn({Put("a")})}));
}

}  // namespace
}  // namespace quorate::api
