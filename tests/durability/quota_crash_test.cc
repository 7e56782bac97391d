// kill -9 around the moment at which the space quota is used up, and on the way back: what was acknowledged is there,
// an alarm that was listed is listed again, and compact, defragment, disarm lead back to a member that takes writes.
//
//   quorate_quota_crash_test [--rounds=<n>] [--seed=<n>]

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "etcdserverpb/rpc.pb.h"
#include "tests/durability/fault_test.h"
#include "tests/e2e/ask.h"
#include "tests/e2e/binaries.h"

namespace quorate::testing {
namespace {

namespace pb = etcdserverpb;

constexpr char kQuota[] = "--quota-backend-bytes=4194304";
constexpr size_t kValueBytes = 50'000;
// More than fit.
constexpr int kWritesMax = 400;
constexpr char kNoSpace[] = "etcdserver: mvcc: database space exceeded";
constexpr std::chrono::milliseconds kPollEvery(20);
constexpr int kPollsMax = 1000;
constexpr std::chrono::milliseconds kKillAfterMax(5);

class QuotaCrash : public FaultTest {
 protected:
  QuotaCrash() : FaultTest({kQuota}) {}

  // The error's text; empty when the write was acknowledged.
  std::string Put(const std::string& key);
  bool Alarmed();
  // Writes until the quota is used up; answers how many were acknowledged.
  int FillUp(const std::string& prefix);
  void CheckThere(const std::string& prefix, int count);
  void WaitForAlarm();
  void GoBack(const std::string& prefix);
  // In a third of the cases.
  void MaybeKill();
  void PlayRound(int round);
};

std::string QuotaCrash::Put(const std::string& key) {
  pb::PutRequest request;
  request.set_key(key);
  request.set_value(std::string(kValueBytes, 'x'));
  return caller_->Call("KV.Put", request).message;
}

bool QuotaCrash::Alarmed() {
  const auto response = Ask<pb::AlarmResponse>(*caller_, "Maintenance.Alarm", pb::AlarmRequest());
  return response.alarms_size() == 1 && response.alarms(0).alarm() == pb::NOSPACE;
}

int QuotaCrash::FillUp(const std::string& prefix) {
  for (int count = 0; count < kWritesMax; ++count) {
    const std::string error = Put(prefix + std::to_string(count));
    if (error.empty()) continue;
    EXPECT_EQ(error, kNoSpace);
    return count;
  }
  ADD_FAILURE() << "the quota is never used up";
  return kWritesMax;
}

void QuotaCrash::CheckThere(const std::string& prefix, int count) {
  pb::RangeRequest request;
  request.set_key(prefix);
  request.set_range_end(prefix + "\xff");
  request.set_count_only(true);
  EXPECT_EQ(Ask<pb::RangeResponse>(*caller_, "KV.Range", request).count(), count);
}

void QuotaCrash::WaitForAlarm() {
  for (int polls = 0; polls < kPollsMax; ++polls) {
    if (Alarmed() || HasFailure()) return;
    std::this_thread::sleep_for(kPollEvery);
  }
  FAIL() << "a write was refused and no alarm is listed";
}

void QuotaCrash::MaybeKill() {
  if (dice_.Below(3) == 0) KillAndStartAgain();
}

void QuotaCrash::GoBack(const std::string& prefix) {
  pb::DeleteRangeRequest all;
  all.set_key(prefix);
  all.set_range_end(prefix + "\xff");
  const auto deleted = Ask<pb::DeleteRangeResponse>(*caller_, "KV.DeleteRange", all);
  ASSERT_NO_FATAL_FAILURE(MaybeKill());
  pb::CompactionRequest compact;
  compact.set_revision(deleted.header().revision());
  compact.set_physical(true);
  Ask<pb::CompactionResponse>(*caller_, "KV.Compact", compact);
  ASSERT_NO_FATAL_FAILURE(MaybeKill());
  Ask<pb::DefragmentResponse>(*caller_, "Maintenance.Defragment", pb::DefragmentRequest());
  ASSERT_NO_FATAL_FAILURE(MaybeKill());
  EXPECT_TRUE(Alarmed()) << "an alarm ends only when it is disarmed";
  EXPECT_EQ(Put("refused"), kNoSpace) << "as long as there is an alarm";
  pb::AlarmRequest disarm;
  disarm.set_action(pb::AlarmRequest::DEACTIVATE);
  disarm.set_alarm(pb::NOSPACE);
  disarm.set_memberid(Ask<pb::AlarmResponse>(*caller_, "Maintenance.Alarm", pb::AlarmRequest()).alarms(0).memberid());
  Ask<pb::AlarmResponse>(*caller_, "Maintenance.Alarm", disarm);
  ASSERT_NO_FATAL_FAILURE(MaybeKill());
  EXPECT_FALSE(Alarmed());
  EXPECT_EQ(Put("accepted"), "");
}

void QuotaCrash::PlayRound(int round) {
  const std::string prefix = "round/" + std::to_string(round) + "/";
  const int count = FillUp(prefix);
  EXPECT_GT(count, 0);
  ASSERT_FALSE(HasFailure());
  const bool listed = dice_.Below(2) == 0 && Alarmed();
  dice_.Dawdle(kKillAfterMax);
  ASSERT_NO_FATAL_FAILURE(KillAndStartAgain());
  CheckThere(prefix, count);
  if (listed) {
    EXPECT_TRUE(Alarmed()) << "the alarm is forgotten";
  }
  EXPECT_EQ(Put("refused"), kNoSpace);
  ASSERT_NO_FATAL_FAILURE(WaitForAlarm());
  ASSERT_NO_FATAL_FAILURE(GoBack(prefix));
}

TEST_F(QuotaCrash, TheAlarmAndTheWayBackSurviveKill9) {
  for (int round = 0; round < Rounds(); ++round) {
    SCOPED_TRACE("round " + std::to_string(round) + " of --seed=" + std::to_string(Seed()));
    ASSERT_NO_FATAL_FAILURE(PlayRound(round));
    ASSERT_FALSE(HasFailure());
  }
}

}  // namespace
}  // namespace quorate::testing
