#include "src/replica/remedy.h"

#include <gmock/gmock.h>

namespace quorate::replica {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string Told(const absl::Status& status) { return std::string(base::MessageOf(WithRemedy(status))); }

TEST(Remedy, WhatIsDamagedIsMadeAnewAndWhatCouldNotBeReadIsStartedAgain) {
  EXPECT_THAT(Told(absl::DataLossError("a file")),
              HasSubstr("a file; check the disk, then make the data directory anew"));
  EXPECT_THAT(Told(absl::DataLossError("a file")), Not(HasSubstr("start again")));
  EXPECT_THAT(Told(absl::UnavailableError("Too many open files")),
              HasSubstr("Too many open files; check the disk (dmesg), then start again"));
}

TEST(Remedy, IsToldOnce) {
  const absl::Status told = WithRemedy(absl::DataLossError("a file"));
  EXPECT_EQ(WithRemedy(told), told);
  EXPECT_EQ(WithRemedy(absl::FailedPreconditionError("is locked")), absl::FailedPreconditionError("is locked"));
}

}  // namespace
}  // namespace quorate::replica
