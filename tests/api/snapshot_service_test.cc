// Snapshots that clients do not take, against a member in this process.

#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <memory>

#include "src/api/service_context.h"
#include "tests/api/member_testing.h"

namespace quorate::api {
namespace {

using etcdserverpb::SnapshotResponse;

constexpr size_t kAtATime = ServiceContext::kSnapshotsAtATime;
constexpr size_t kWaitingMax = ServiceContext::kSnapshotsWaitingMax;

// For all that a test does.
constexpr std::chrono::seconds kPatience{60};

struct Call {
  grpc::ClientContext context;
  std::unique_ptr<grpc::ClientReader<SnapshotResponse>> reader;

  bool Reads() {
    SnapshotResponse response;
    return reader->Read(&response);
  }
  grpc::StatusCode ReadsToTheEnd() {
    while (Reads()) {
    }
    return reader->Finish().error_code();
  }
  grpc::StatusCode Cancel() {
    context.TryCancel();
    return reader->Finish().error_code();
  }
};

// Calls on one connection, which are served in their order.
class Calls {
 public:
  explicit Calls(TestMember& member) : member_(member) {
    // More than is sent and queued of what nobody takes.
    member_.Fill(20'000, 100);
  }

  Call& Open() {
    Call& call = calls_.emplace_back();
    call.context.set_deadline(std::chrono::system_clock::now() + kPatience);
    call.reader = member_.maintenance().Snapshot(&call.context, {});
    return call;
  }
  Call& operator[](size_t index) { return calls_[index]; }
  void CancelAll() {
    for (Call& call : calls_) call.context.TryCancel();
  }

 private:
  TestMember& member_;
  std::deque<Call> calls_;
};

TEST(SnapshotServiceTest, FewAreUnderWayAndOthersWaitForTheirTurnOrAreRefused) {
  TestMember member;
  Calls calls(member);
  for (size_t i = 0; i < kAtATime; ++i) EXPECT_TRUE(calls.Open().Reads());
  for (size_t i = 0; i < kWaitingMax; ++i) calls.Open();
  EXPECT_EQ(calls.Open().ReadsToTheEnd(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  // The first that waits goes, and so does one that is under way: the second that waits is next.
  EXPECT_EQ(calls[kAtATime].Cancel(), grpc::StatusCode::CANCELLED);
  EXPECT_EQ(calls[0].Cancel(), grpc::StatusCode::CANCELLED);
  EXPECT_TRUE(calls[kAtATime + 1].Reads());
  // One that is over makes way as well.
  EXPECT_EQ(calls[1].ReadsToTheEnd(), grpc::StatusCode::OK);
  EXPECT_TRUE(calls[kAtATime + 2].Reads());
  calls.CancelAll();
  EXPECT_EQ(calls.Open().ReadsToTheEnd(), grpc::StatusCode::OK);
}

TEST(SnapshotServiceTest, WhoTakesNothingLosesItsTurn) {
  rpc::ServerOptions bounds;
  bounds.stall_check_interval = std::chrono::milliseconds(100);
  TestMember member({}, bounds);
  Calls calls(member);
  for (size_t i = 0; i < kAtATime; ++i) calls.Open();
  EXPECT_EQ(calls.Open().ReadsToTheEnd(), grpc::StatusCode::OK);
  EXPECT_NE(calls[0].ReadsToTheEnd(), grpc::StatusCode::OK);
  calls.CancelAll();
}

TEST(SnapshotServiceTest, WhoTakesLittleLosesItsTurnAndHearsWhy) {
  ServicesOptions options;
  options.pace_round = std::chrono::milliseconds(250);
  TestMember member(options);
  Calls calls(member);
  for (size_t i = 0; i < kAtATime; ++i) EXPECT_TRUE(calls.Open().Reads());
  EXPECT_EQ(calls.Open().ReadsToTheEnd(), grpc::StatusCode::OK);
  EXPECT_EQ(calls[0].ReadsToTheEnd(), grpc::StatusCode::UNAVAILABLE);
  calls.CancelAll();
}

}  // namespace
}  // namespace quorate::api
