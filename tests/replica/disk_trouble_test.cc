#include "src/replica/disk_trouble.h"

#include <gtest/gtest.h>

#include "quorate/base/disk_refusal.h"
#include "quorate/base/errors.h"

namespace quorate::replica {
namespace {

using Source = DiskTrouble::Source;

const absl::Status kFull = absl::ResourceExhaustedError("No space left on device");
const absl::Status kReadOnly = absl::PermissionDeniedError("Read-only file system");

TEST(DiskTrouble, LastsUntilTheDiskTakesWhatTheLogAndWhatTheStoreWrites) {
  DiskTrouble trouble;
  EXPECT_TRUE(trouble.Refusal().ok());
  EXPECT_TRUE(trouble.Enter(Source::kStore, kFull));
  EXPECT_FALSE(trouble.Enter(Source::kLog, kReadOnly));
  EXPECT_FALSE(trouble.Leave(Source::kLog));
  EXPECT_TRUE(trouble.refuses());
  EXPECT_EQ(trouble.reason(), kFull);
  EXPECT_EQ(trouble.Refusal(), base::errors::NoSpace());
  EXPECT_TRUE(trouble.Leave(Source::kStore));
  EXPECT_FALSE(trouble.refuses());
  EXPECT_TRUE(trouble.reason().ok());
  EXPECT_TRUE(trouble.Refusal().ok());
  EXPECT_FALSE(trouble.Leave(Source::kStore));
}

TEST(DiskTrouble, OnlyAFullDiskIsToldAsSpaceThatIsUsedUp) {
  EXPECT_EQ(RefusalFor(kFull), base::errors::NoSpace());
  const absl::Status want = RefusalFor(base::WantOfDescriptorsOrMemory("Too many open files"));
  EXPECT_EQ(want.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(base::MessageOf(want), "etcdserver: no writes are taken, for want of file descriptors or memory");
}

TEST(DiskTrouble, DamageLasts) {
  DiskTrouble trouble;
  const absl::Status damage = absl::DataLossError("a file");
  EXPECT_TRUE(trouble.Damage(damage));
  EXPECT_FALSE(trouble.Damage(absl::DataLossError("another")));
  EXPECT_TRUE(trouble.Enter(Source::kLog, kReadOnly));
  EXPECT_TRUE(trouble.Leave(Source::kLog));
  EXPECT_EQ(trouble.reason(), damage);
  EXPECT_EQ(trouble.Refusal(), base::errors::CorruptCluster());
}

}  // namespace
}  // namespace quorate::replica
