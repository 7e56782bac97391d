#include "src/api/local_calls.h"

#include <gtest/gtest.h>

#include <latch>
#include <memory>

#include "tests/api/member_testing.h"

namespace quorate::api {
namespace {

TEST(LocalCallsTest, WhatNobodyWaitsForIsNotRead) {
  TestMember member;
  member.Fill(2 * 100, 10);  // a list for the pool
  ServicesOptions options;
  options.reader_threads = 1;
  ServiceContext service(options);
  service.replica = &member.replica();
  service.loops.push_back(std::make_unique<LoopContext>(&service, 0));
  std::latch entered(1), leave(1), last(1);
  service.readers.Submit([&](absl::Status) {
    entered.count_down();
    leave.wait();
  });
  entered.wait();
  const uint64_t before = member.replica().store().statistics().ranges;
  etcdserverpb::RangeRequest request;
  request.set_key("k");
  request.set_range_end("l");
  auto caller = std::make_shared<int>();
  LocalRange(&service, 0, request, {caller, 1}, [](const auto&) { ADD_FAILURE() << "its caller has gone"; });
  EXPECT_EQ(service.readers.queued(), 1u);
  caller.reset();
  leave.count_down();
  service.readers.Submit([&](absl::Status) { last.count_down(); });
  last.wait();
  EXPECT_EQ(member.replica().store().statistics().ranges, before);
}

}  // namespace
}  // namespace quorate::api
