#include "src/api/duplicate_keys.h"

#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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

// The rule as it is written: each level looks at every key of those inside it.
class Plainly {
 public:
  bool WritesTwice(const Ops& ops) {
    for (const mvcc::RequestOp& op : ops) {
      if (const auto* request = std::get_if<mvcc::DeleteRangeRequest>(&op.request)) deletes_.push_back(*request);
    }
    for (const mvcc::RequestOp& op : ops) {
      const auto* txn = std::get_if<mvcc::TxnRequest>(&op.request);
      if (txn == nullptr) continue;
      Plainly success, failure;
      if (success.WritesTwice(txn->success) || failure.WritesTwice(txn->failure)) return true;
      success.puts_.insert(failure.puts_.begin(), failure.puts_.end());
      for (std::string_view key : success.puts_) {
        if (Writes(key)) return true;
      }
      puts_.insert(success.puts_.begin(), success.puts_.end());
      for (const Plainly& branch : {success, failure}) {
        deletes_.insert(deletes_.end(), branch.deletes_.begin(), branch.deletes_.end());
      }
    }
    for (const mvcc::RequestOp& op : ops) {
      const auto* request = std::get_if<mvcc::PutRequest>(&op.request);
      if (request == nullptr) continue;
      if (Writes(request->key)) return true;
      puts_.insert(request->key);
    }
    return false;
  }

 private:
  bool Writes(std::string_view key) const {
    if (puts_.contains(key)) return true;
    for (const mvcc::DeleteRangeRequest& range : deletes_) {
      if (range.range_end.empty() ? key == range.key : key >= range.key && key < range.range_end) return true;
    }
    return false;
  }

  std::set<std::string_view> puts_;
  std::vector<mvcc::DeleteRangeRequest> deletes_;
};

// Few keys, so that about half of the lists write one twice.
class AnyOps {
 public:
  explicit AnyOps(uint32_t seed) : random_(seed) {}
  Ops List(int depth) {
    Ops ops;
    for (uint32_t left = random_() % 4; left > 0; --left) ops.push_back(One(depth));
    return ops;
  }

 private:
  mvcc::RequestOp One(int depth) {
    switch (random_() % (depth > 0 ? 5 : 3)) {
      case 0:
        return Delete(Key());
      case 1:
        return random_() % 4 == 0 ? Delete(Key(), Key()) : Delete(Key());
      case 2:
        return Put(Key());
      default:
        return Txn(List(depth - 1), List(depth - 1));
    }
  }
  std::string_view Key() { return std::string_view("abcdefghijklmnopqrstuvwxyz").substr(random_() % 26, 1); }

  std::mt19937 random_;
};

TEST(WritesKeyTwiceTest, IsTheRuleForAnyOperations) {
  int twice = 0;
  constexpr int kLists = 20'000;
  for (uint32_t seed = 0; seed < kLists; ++seed) {
    const Ops ops = AnyOps(seed).List(/*depth=*/4);
    const bool expected = Plainly().WritesTwice(ops);
    ASSERT_EQ(WritesKeyTwice(ops), expected) << seed;
    twice += expected;
  }
  EXPECT_GT(twice, kLists / 20);
  EXPECT_LT(twice, kLists * 19 / 20);
}

TEST(WritesKeyTwiceTest, WhatLiesDeepDoesNotCostEachLevel) {
  constexpr size_t kKeys = 100'000;
  std::vector<std::string> keys;
  for (size_t i = 0; i < 2 * kKeys; ++i) keys.push_back("key" + std::to_string(i));
  const auto time = [&](int depth) {
    Ops ops;
    for (size_t i = 0; i < kKeys; ++i) ops.push_back(i % 2 == 0 ? Delete(keys[i]) : Put(keys[i]));
    for (int level = 0; level < depth; ++level) {
      mvcc::RequestOp nested = Txn(std::move(ops));
      ops = Ops();
      ops.push_back(std::move(nested));
      ops.push_back(Put(keys[kKeys + static_cast<size_t>(level)]));
      ops.push_back(Delete(keys[2 * kKeys - 1 - static_cast<size_t>(level)]));
    }
    const auto begun = std::chrono::steady_clock::now();
    EXPECT_FALSE(WritesKeyTwice(ops));
    return std::chrono::steady_clock::now() - begun;
  };
  // Sixty times as long, where each level copies what is inside.
  EXPECT_LT(time(60), 15 * time(1));
}

}  // namespace
}  // namespace quorate::api
