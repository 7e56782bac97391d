#include "src/server/descriptors.h"

#include <gtest/gtest.h>

#include "quorate/storage/open_tables.h"

namespace quorate::server {
namespace {

TEST(DescriptorsTest, ConnectionsLeaveWhatFilesNeed) {
  for (const uint64_t limit : {64, 256, 1024, 4096, 1 << 20}) {
    const ConnectionShares shares = ShareDescriptors(limit);
    const uint64_t rest = limit - static_cast<uint64_t>(shares.clients + shares.peers);
    EXPECT_GE(rest, static_cast<uint64_t>(storage::OpenTablesMax(limit)) + std::min<uint64_t>(limit / 8, 256));
    EXPECT_GE(static_cast<uint64_t>(shares.clients), limit / 4) << limit;
    EXPECT_GT(shares.peers, 0) << limit;
  }
}

}  // namespace
}  // namespace quorate::server
