#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "tests/base/eventually_testing.h"
#include "tests/base/files_testing.h"
#include "tests/e2e/caller.h"
#include "tests/e2e/recorded_writes.h"
#include "tests/e2e/server_process.h"

namespace quorate::testing {

using base::Eventually;

// A server whose disk fails on demand (disk_faults.cc).
class TroubledDisk : public ::testing::Test {
 protected:
  TroubledDisk();

  void Start();
  // The rules from now on; none: all is well.
  void Faults(const std::string& rules);
  // Calls that were made to fail, a line each.
  std::string FailedCalls() const;

  // The gRPC code of a put; `value_bytes` of what does not compress.
  int Put(const std::string& key, size_t value_bytes = 10);
  // The gRPC code of a get, its text in *message; *found says whether the key is there.
  int Get(const std::string& key, std::string* message, bool* found);
  // Puts so much, and has the store write it to tables.
  void Fill(int keys, size_t value_bytes);
  // gRPC code of a defragmentation: flushes the store and rewrites its tables.
  int Defragment();

  struct Page {
    int code = 0;
    std::string body;
    std::chrono::milliseconds took{0};
  };
  Page Fetch(const std::string& path);
  // Of a server that runs: its lines are written by a thread of their own, behind what they tell of.
  void ExpectLogged(const std::string& text) {
    EXPECT_TRUE(Eventually([&] { return server_.Log().find(text) != std::string::npos; })) << server_.LogTail();
  }
  // Starts without faults and finds all that was acknowledged.
  void ExpectAllWritesAfterRestart();

  const base::TemporaryDirectory directory_;
  const std::string control_ = directory_.path() + "/faults";
  ServerProcess server_;
  std::unique_ptr<Caller> caller_;
  std::vector<std::pair<std::string, std::string>> acknowledged_;
  uint64_t next_value_ = 1;
};

}  // namespace quorate::testing
