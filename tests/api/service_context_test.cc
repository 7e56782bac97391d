#include "src/api/service_context.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <future>
#include <latch>
#include <thread>

namespace quorate::api {
namespace {

TEST(ServiceContextTest, WhatClientsAskThePoolForIsRefusedWhereItWouldWaitTooLong) {
  ServicesOptions options;
  options.reader_threads = 1;
  ServiceContext service(options);
  std::latch entered(1), leave(1), last(1);
  service.readers.SubmitRead([](absl::Status) { std::this_thread::sleep_for(std::chrono::milliseconds(500)); }, 1);
  service.readers.Submit([&](absl::Status) {
    entered.count_down();
    leave.wait();
  });
  entered.wait();
  std::atomic<size_t> refused{0};
  for (int i = 0; i < 1000; ++i) {
    service.ConfirmThenRun(
        /*linearizable=*/false, [&](absl::Status status) { refused += !status.ok(); }, /*bytes=*/0, /*owner=*/1);
  }
  EXPECT_GT(refused, 500u) << "one read of half a second makes 1000 of them too many";
  leave.count_down();
  service.readers.Submit([&](absl::Status) { last.count_down(); });
  last.wait();
}

TEST(ServiceContextTest, HashesAndSnapshotsStandBackFromWhatClientsWaitFor) {
  ServiceContext service({});
  const auto niceness_of = [](ReaderPool& pool) {
    std::promise<int> told;
    pool.Submit([&](absl::Status) { told.set_value(::getpriority(PRIO_PROCESS, 0)); });
    return told.get_future().get();
  };
  const int usual = niceness_of(service.readers);
  EXPECT_GT(niceness_of(service.bulk), usual);
  EXPECT_EQ(niceness_of(service.hashes), niceness_of(service.bulk));
}

}  // namespace
}  // namespace quorate::api
