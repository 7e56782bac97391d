#include "src/api/kv_validation.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>

#include "etcdserverpb/rpc.pb.h"

namespace quorate::api {
namespace {

// The request written as protobuf text, as it arrives on the wire.
template <typename Message>
std::string Wire(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message.SerializeAsString();
}

std::string Show(const absl::Status& status) {
  return status.ok() ? "OK" : absl::StatusCodeToString(status.code()) + ": " + std::string(base::MessageOf(status));
}

std::string CheckRangeText(const std::string& text, absl::Status (*check)(const mvcc::RangeRequest&) = CheckRange) {
  const std::string wire = Wire<etcdserverpb::RangeRequest>(text);
  mvcc::RangeRequest request;
  EXPECT_TRUE(mvcc::Decode(wire, &request));
  return Show(check(request));
}

std::string CheckPutText(const std::string& text) {
  const std::string wire = Wire<etcdserverpb::PutRequest>(text);
  mvcc::PutRequest request;
  EXPECT_TRUE(mvcc::Decode(wire, &request));
  return Show(CheckPut(request));
}

std::string CheckTxnText(const std::string& text, uint32_t ops_max = 128) {
  const std::string wire = Wire<etcdserverpb::TxnRequest>(text);
  mvcc::TxnRequest request, bounded;
  EXPECT_TRUE(mvcc::Decode(wire, &request));
  EXPECT_TRUE(mvcc::Decode(wire, &bounded, ops_max));
  const std::string checked = Show(CheckTxn(request, ops_max));
  // What a bounded Decode leaves out changes no answer.
  EXPECT_EQ(Show(CheckTxn(bounded, ops_max)), checked) << text;
  return checked;
}

constexpr char kEmptyKey[] = "INVALID_ARGUMENT: etcdserver: key is not provided";
constexpr char kSort[] = "INVALID_ARGUMENT: etcdserver: invalid sort option";
constexpr char kValue[] = "INVALID_ARGUMENT: etcdserver: value is provided";
constexpr char kLease[] = "INVALID_ARGUMENT: etcdserver: lease is provided";
constexpr char kTooMany[] = "INVALID_ARGUMENT: etcdserver: too many operations in txn request";
constexpr char kDuplicate[] = "INVALID_ARGUMENT: etcdserver: duplicate key given in txn request";
constexpr char kNoOperation[] = "INVALID_ARGUMENT: etcdserver: key not found";

TEST(CheckRangeTest, ReportsTheFirstFault) {
  EXPECT_EQ(CheckRangeText("key: 'a'"), "OK");
  EXPECT_EQ(CheckRangeText(""), kEmptyKey);
  EXPECT_EQ(CheckRangeText("range_end: 'b' sort_order: 7"), kEmptyKey);
  EXPECT_EQ(CheckRangeText("key: 'a' sort_order: 3"), kSort);
  EXPECT_EQ(CheckRangeText("key: 'a' sort_target: 5"), kSort);
  EXPECT_EQ(CheckRangeText("key: 'a' sort_target: -1"), kSort);
  EXPECT_EQ(CheckRangeText("key: 'a' sort_order: 2 sort_target: 4"), "OK");
}

TEST(CheckRangeTest, StreamsHaveNoSortsAndNoRevisionFilters) {
  const auto check = [](const std::string& text) { return CheckRangeText(text, CheckRangeStream); };
  constexpr char kNoSort[] = "UNIMPLEMENTED: RangeStream does not support custom sort orders";
  constexpr char kNoFilter[] = "UNIMPLEMENTED: RangeStream does not support revision filters";
  EXPECT_EQ(check("key: 'a'"), "OK");
  EXPECT_EQ(check("sort_order: DESCEND"), kEmptyKey);
  EXPECT_EQ(check("key: 'a' sort_order: ASCEND"), "OK");
  EXPECT_EQ(check("key: 'a' sort_target: MOD"), "OK");
  EXPECT_EQ(check("key: 'a' sort_order: DESCEND"), kNoSort);
  EXPECT_EQ(check("key: 'a' sort_order: ASCEND sort_target: MOD min_mod_revision: 1"), kNoSort);
  EXPECT_EQ(check("key: 'a' min_mod_revision: 1"), kNoFilter);
  EXPECT_EQ(check("key: 'a' max_mod_revision: 1"), kNoFilter);
  EXPECT_EQ(check("key: 'a' min_create_revision: 1"), kNoFilter);
  EXPECT_EQ(check("key: 'a' max_create_revision: -1"), kNoFilter);
}

TEST(CheckPutTest, ReportsTheFirstFault) {
  EXPECT_EQ(CheckPutText("key: 'a'"), "OK");
  EXPECT_EQ(CheckPutText("value: 'a' ignore_value: true"), kEmptyKey);
  EXPECT_EQ(CheckPutText("key: 'a' ignore_value: true"), "OK");
  EXPECT_EQ(CheckPutText("key: 'a' value: 'v' ignore_value: true lease: 1 ignore_lease: true"), kValue);
  EXPECT_EQ(CheckPutText("key: 'a' lease: 1 ignore_lease: true"), kLease);
}

TEST(CheckTxnTest, ReportsTheFirstFault) {
  EXPECT_EQ(CheckTxnText(""), "OK");
  EXPECT_EQ(CheckTxnText("compare {}"), kEmptyKey);
  EXPECT_EQ(CheckTxnText("success {}"), kNoOperation);
  EXPECT_EQ(CheckTxnText("compare {} success {}"), kEmptyKey);
  EXPECT_EQ(CheckTxnText("success { request_range {} }"), kEmptyKey);
  EXPECT_EQ(CheckTxnText("success { request_range { key: 'a' sort_order: 9 } }"), kSort);
  EXPECT_EQ(CheckTxnText("success { request_put {} }"), kEmptyKey);
  EXPECT_EQ(CheckTxnText("failure { request_delete_range {} }"), kEmptyKey);
  EXPECT_EQ(CheckTxnText("failure { request_put { key: 'a' value: 'v' ignore_value: true } }"), kValue);
  EXPECT_EQ(CheckTxnText("success { request_txn { failure { request_txn { success {} } } } }"), kNoOperation);
}

TEST(CheckTxnTest, CountsOperationsOfEnclosingTransactions) {
  const std::string range = "success { request_range { key: 'a' } } ";
  EXPECT_EQ(CheckTxnText(range + range, 2), "OK");
  EXPECT_EQ(CheckTxnText(range + range + range, 2), kTooMany);
  EXPECT_EQ(CheckTxnText("compare { key: 'a' } compare { key: 'b' } compare {}", 2), kTooMany);
  EXPECT_EQ(CheckTxnText("success { request_txn { " + range + " } }", 2), "OK");
  EXPECT_EQ(CheckTxnText("success { request_txn { " + range + range + " } }", 2), kTooMany);
  EXPECT_EQ(CheckTxnText(range + range + "success { request_txn {} }", 3), "OK");
  EXPECT_EQ(CheckTxnText(range + range + "success { request_txn { " + range + " } }", 3), kTooMany);
}

// Operations of transactions in transactions, few of them at fault.
std::string AnyOps(std::mt19937& random, int depth) {
  std::string text;
  for (const char* list : {"compare", "success", "failure"}) {
    for (uint32_t left = random() % 4; left > 0; --left) {
      const bool faulty = random() % 16 == 0;
      text += list;
      if (faulty) {
        text += " {} ";
      } else if (list == std::string("compare")) {
        text += " { key: 'a' } ";
      } else if (depth > 0 && random() % 2 == 0) {
        text += " { request_txn { " + AnyOps(random, depth - 1) + " } } ";
      } else {
        text += " { request_range { key: 'a' } } ";
      }
    }
  }
  return text;
}

TEST(CheckTxnTest, AnyTransactionIsAnsweredTheSameHoweverMuchOfItIsKept) {
  std::mt19937 random(1);
  std::set<std::string> seen;
  for (int i = 0; i < 3000; ++i) seen.insert(CheckTxnText(AnyOps(random, 3), random() % 10));
  EXPECT_TRUE(seen.contains("OK"));
  EXPECT_TRUE(seen.contains(kTooMany));
  EXPECT_TRUE(seen.contains(kEmptyKey));
  EXPECT_TRUE(seen.contains(kNoOperation));
}

TEST(CheckTxnTest, ShapeIsCheckedBeforeDuplicateKeys) {
  EXPECT_EQ(CheckTxnText("success { request_put { key: 'a' } } success { request_put { key: 'a' } } failure {}"),
            kNoOperation);
  EXPECT_EQ(CheckTxnText("failure { request_put { key: 'a' } } failure { request_put { key: 'a' } }"), kDuplicate);
  EXPECT_EQ(CheckTxnText("success { request_put { key: 'a' } } failure { request_put { key: 'a' } }"), "OK");
}

TEST(IsSerializableTest, NeedsEveryOperationToBeASerializableRange) {
  const auto check = [](const std::string& text) {
    const std::string wire = Wire<etcdserverpb::TxnRequest>(text);
    mvcc::TxnRequest request;
    EXPECT_TRUE(mvcc::Decode(wire, &request));
    return IsSerializable(request);
  };
  const std::string serializable = "success { request_range { key: 'a' serializable: true } } ";
  EXPECT_TRUE(check(""));
  EXPECT_TRUE(check("compare { key: 'a' } " + serializable));
  EXPECT_FALSE(check(serializable + "failure { request_range { key: 'a' } }"));
  EXPECT_FALSE(check("success { request_txn { " + serializable + " } }"));
}

}  // namespace
}  // namespace quorate::api
