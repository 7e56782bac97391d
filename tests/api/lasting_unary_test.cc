#include "src/api/lasting_unary.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "quorate/base/errors.h"
#include "v3electionpb/v3election.pb.h"

namespace quorate::api {
namespace {

// All others leave no room for what it has to send.
class FullStream : public rpc::Stream {
 public:
  bool Write(base::Payload message) override {
    written.push_back(message.ToString());
    return false;
  }
  bool HasRoom(size_t) override { return false; }
  void Finish(absl::Status status) override { finished.push_back(std::move(status)); }
  size_t queued_bytes() const override { return 0; }
  bool Keep(int64_t) override { return true; }
  rpc::StreamRef ref() const override { return {}; }
  int loop_index() const override { return 0; }

  std::vector<std::string> written;
  std::vector<absl::Status> finished;
};

class ReadingCall : public LastingUnary {
 public:
  using LastingUnary::LastingUnary;
  void Begin(std::string_view) override { ReplyIfRoom(base::Payload(std::string("what was read"))); }
};

class ChangingCall : public LastingUnary {
 public:
  using LastingUnary::LastingUnary;
  void Begin(std::string_view) override {
    v3electionpb::ProclaimResponse done;
    done.mutable_header()->set_revision(7);
    Reply(done);
  }
};

class LastingUnaryTest : public testing::Test {
 protected:
  LastingUnaryTest() { service_.loops.push_back(std::make_unique<LoopContext>(&service_, 0)); }

  ServiceContext service_{ServicesOptions()};
  FullStream stream_;
};

TEST_F(LastingUnaryTest, WhatWasReadIsRefusedWhereThereIsNoRoom) {
  std::make_shared<ReadingCall>(&service_, stream_)->OnMessage("");
  EXPECT_TRUE(stream_.written.empty());
  ASSERT_EQ(stream_.finished.size(), 1u);
  EXPECT_EQ(stream_.finished[0], base::errors::TooManyRequests());
}

TEST_F(LastingUnaryTest, WhatWasDoneIsToldAllTheSame) {
  std::make_shared<ChangingCall>(&service_, stream_)->OnMessage("");
  EXPECT_EQ(stream_.written.size(), 1u);
  ASSERT_EQ(stream_.finished.size(), 1u);
  EXPECT_TRUE(stream_.finished[0].ok());
}

}  // namespace
}  // namespace quorate::api
