#include "src/replica/alarms.h"

#include <etcdserverpb/rpc.pb.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "quorate/base/logging.h"
#include "tests/base/files_testing.h"

namespace quorate::replica {
namespace {

using etcdserverpb::AlarmRequest;

class AlarmsTest : public testing::Test {
 protected:
  void SetUp() override {
    base::LoggingOptions logging;
    logging.level = base::LogLevel::kError;
    ASSERT_TRUE(base::SetUpLogging(logging).ok());
    database_ = storage::Database::Open({.path = directory_.path() + "/db"}).value();
    Restart();
  }

  // The alarms as the store has them.
  void Restart() { alarms_ = std::make_unique<Alarms>(LoadAlarms(*database_).value()); }

  // "1:7 2:0" for the types and members of the answer.
  std::string Do(AlarmRequest::AlarmAction action, uint64_t member, int type) {
    AlarmRequest request;
    request.set_action(action);
    request.set_memberid(member);
    request.set_alarm(static_cast<etcdserverpb::AlarmType>(type));
    storage::WriteBatch batch;
    const auto body = alarms_->Execute(request.SerializeAsString(), batch);
    if (!body.ok()) return std::string(base::MessageOf(body.status()));
    EXPECT_TRUE(database_->Write(batch, ++mark_).ok());
    etcdserverpb::AlarmResponse response;
    EXPECT_TRUE(response.ParseFromString(*body));
    std::string text;
    for (const auto& alarm : response.alarms()) {
      text += (text.empty() ? "" : " ") + std::to_string(alarm.alarm()) + ":" + std::to_string(alarm.memberid());
    }
    return text;
  }
  std::string Raise(uint64_t member, int type) { return Do(AlarmRequest::ACTIVATE, member, type); }
  std::string Disarm(uint64_t member, int type) { return Do(AlarmRequest::DEACTIVATE, member, type); }
  std::string List(int type = 0) { return Do(AlarmRequest::GET, 0, type); }

  std::string Refusal(CommandType type) { return std::string(base::MessageOf(alarms_->Refusal(type))); }

  base::TemporaryDirectory directory_;
  std::unique_ptr<storage::Database> database_;
  std::unique_ptr<Alarms> alarms_;
  uint64_t mark_ = 0;
};

TEST_F(AlarmsTest, RaisedOnesAreListedByTypeAndMember) {
  EXPECT_EQ(List(), "");
  EXPECT_EQ(Raise(7, 1), "1:7");
  EXPECT_EQ(Raise(7, 1), "1:7");
  EXPECT_EQ(Raise(5, 2), "2:5");
  EXPECT_EQ(Raise(0, 1), "1:0");
  EXPECT_EQ(Raise(UINT64_MAX, 1), "1:18446744073709551615");
  EXPECT_EQ(List(), "1:0 1:7 1:18446744073709551615 2:5");
  EXPECT_EQ(List(2), "2:5");
  EXPECT_EQ(Do(AlarmRequest::GET, 7, 1), "1:0 1:7 1:18446744073709551615");
}

TEST_F(AlarmsTest, WithoutATypeNothingIsRaisedOrDisarmed) {
  EXPECT_EQ(Raise(7, 0), "");
  EXPECT_EQ(Raise(7, 1), "1:7");
  EXPECT_EQ(Disarm(7, 0), "");
  EXPECT_EQ(List(), "1:7");
}

TEST_F(AlarmsTest, DisarmingAnswersWhatWasRaised) {
  Raise(7, 1);
  EXPECT_EQ(Disarm(8, 1), "");
  EXPECT_EQ(Disarm(7, 2), "");
  EXPECT_EQ(Disarm(7, 1), "1:7");
  EXPECT_EQ(Disarm(7, 1), "");
  EXPECT_EQ(List(), "");
}

TEST_F(AlarmsTest, TypesWithoutANameAreKept) {
  EXPECT_EQ(Raise(3, -1), "-1:3");
  EXPECT_EQ(Raise(3, 9), "9:3");
  Restart();
  EXPECT_EQ(List(), "-1:3 9:3");
  EXPECT_EQ(Refusal(CommandType::kPut), "");
}

TEST_F(AlarmsTest, TheStoreKeepsThem) {
  Raise(7, 1);
  Raise(8, 1);
  Raise(8, 2);
  Disarm(7, 1);
  Restart();
  EXPECT_EQ(List(), "1:8 2:8");
  EXPECT_EQ(Refusal(CommandType::kPut), "etcdserver: corrupt cluster");
}

TEST_F(AlarmsTest, NoSpaceRefusesWhatStores) {
  Raise(7, 1);
  EXPECT_EQ(Refusal(CommandType::kPut), "etcdserver: mvcc: database space exceeded");
  EXPECT_EQ(Refusal(CommandType::kLeaseGrant), "etcdserver: mvcc: database space exceeded");
  for (const CommandType type : {CommandType::kDeleteRange, CommandType::kTxn, CommandType::kCompact,
                                 CommandType::kLeaseRevoke, CommandType::kMemberAttributes, CommandType::kAlarm}) {
    EXPECT_EQ(Refusal(type), "");
  }
  Disarm(7, 1);
  EXPECT_EQ(Refusal(CommandType::kPut), "");
}

TEST_F(AlarmsTest, NoSpaceRefusesTransactionsThatMayPut) {
  mvcc::TxnRequest reads, deletes, puts, nested;
  reads.success.push_back({mvcc::RangeRequest()});
  deletes.failure.push_back({mvcc::DeleteRangeRequest()});
  puts.failure.push_back({mvcc::PutRequest()});
  nested.success.push_back({puts});
  Raise(7, 1);
  EXPECT_TRUE(alarms_->Refusal(reads).ok());
  EXPECT_TRUE(alarms_->Refusal(deletes).ok());
  EXPECT_EQ(base::MessageOf(alarms_->Refusal(puts)), "etcdserver: mvcc: database space exceeded");
  EXPECT_EQ(base::MessageOf(alarms_->Refusal(nested)), "etcdserver: mvcc: database space exceeded");
  Disarm(7, 1);
  EXPECT_TRUE(alarms_->Refusal(nested).ok());
}

TEST_F(AlarmsTest, CorruptRefusesEveryChange) {
  Raise(7, 1);
  Raise(7, 2);
  for (const CommandType type : {CommandType::kPut, CommandType::kDeleteRange, CommandType::kTxn, CommandType::kCompact,
                                 CommandType::kLeaseGrant, CommandType::kLeaseRevoke}) {
    EXPECT_EQ(Refusal(type), "etcdserver: corrupt cluster");
  }
  EXPECT_EQ(Refusal(CommandType::kAlarm), "");
  Disarm(7, 2);
  EXPECT_EQ(Refusal(CommandType::kTxn), "");
}

TEST_F(AlarmsTest, OnlySoManyMayBeRaised) {
  for (uint64_t member = 0; member < kAlarmsMax; ++member) Raise(member, 1);
  EXPECT_EQ(Raise(kAlarmsMax, 1), "etcdserver: too many requests");
  EXPECT_EQ(Raise(0, 1), "1:0");
  Disarm(0, 1);
  EXPECT_NE(Raise(kAlarmsMax, 1), "");
}

TEST_F(AlarmsTest, ADamagedNameIsDataLoss) {
  storage::WriteBatch batch;
  batch.Put(storage::Family::kMeta, "alarm/x", "");
  ASSERT_TRUE(database_->Write(batch, 1).ok());
  EXPECT_TRUE(absl::IsDataLoss(LoadAlarms(*database_).status()));
}

}  // namespace
}  // namespace quorate::replica
