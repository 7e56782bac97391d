#include "src/storage/failures.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <system_error>
#include <vector>

#include "quorate/base/disk_refusal.h"
#include "src/storage/rocks_status.h"

namespace quorate::storage {
namespace {

class FailuresTest : public testing::Test {
 protected:
  FailuresTest() {
    failures_.SetListener([this](const absl::Status& failure) { told_.push_back(failure); });
  }
  static rocksdb::Status SystemError(int error) {
    return rocksdb::Status::IOError("While open a file for random read: db/000009.sst",
                                    std::generic_category().message(error));
  }

  Failures failures_{"db"};
  std::vector<absl::Status> told_;
};

TEST_F(FailuresTest, WhatCannotBeReadIsDamage) {
  EXPECT_EQ(failures_.OfRead(SystemError(EIO)).code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(failures_.OfRead(rocksdb::Status::Corruption("a block")).code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(told_.size(), 2u);
}

TEST_F(FailuresTest, WantOfDescriptorsOrMemoryIsNoDamage) {
  for (const int error : {EMFILE, ENFILE, ENOMEM}) {
    const absl::Status failure = failures_.OfRead(SystemError(error));
    EXPECT_EQ(failure.code(), absl::StatusCode::kUnavailable) << failure;
    EXPECT_NE(base::MessageOf(failure).find("db/000009.sst"), std::string::npos) << failure;
  }
  EXPECT_TRUE(told_.empty());
}

TEST_F(FailuresTest, WantOfDescriptorsOrMemoryIsARefusalAndNoFullDisk) {
  for (const int error : {EMFILE, ENFILE, ENOMEM}) {
    const absl::Status failure = ToStatus(SystemError(error), "flush db");
    EXPECT_TRUE(base::IsDiskRefusal(failure)) << failure;
    EXPECT_TRUE(base::IsWantOfDescriptorsOrMemory(failure)) << failure;
  }
  for (const rocksdb::Status& full : {rocksdb::Status::NoSpace(), SystemError(EDQUOT)}) {
    const absl::Status failure = ToStatus(full, "flush db");
    EXPECT_EQ(failure.code(), absl::StatusCode::kResourceExhausted) << failure;
    EXPECT_FALSE(base::IsWantOfDescriptorsOrMemory(failure)) << failure;
  }
}

}  // namespace
}  // namespace quorate::storage
