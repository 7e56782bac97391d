#include "src/replica/lease_expiry.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "quorate/base/errors.h"
#include "quorate/base/logging.h"
#include "tests/base/files_testing.h"
#include "tests/lease/lease_testing.h"

namespace quorate::replica {
namespace {

using std::chrono::milliseconds;

class StandingClock : public base::Clock {
 public:
  std::chrono::nanoseconds Monotonic() const override { return now; }
  std::chrono::milliseconds Wall() const override { return milliseconds(0); }
  std::chrono::nanoseconds now = std::chrono::hours(1);
};

TEST(LeaseExpiry, SaysOnceForABatchThatItCouldNotBeRevoked) {
  StandingClock clock;
  lease::Lessor lessor({.clock = &clock});
  lease::Leases leases(&lessor);
  lessor.Promote(std::chrono::seconds(0));
  for (int64_t id = 1; id <= 50; ++id) lessor.Granted(id, 10);
  clock.now += std::chrono::seconds(11);
  size_t proposed = 0;
  LeaseExpiry expiry(&leases, &lessor, milliseconds(100), [&](ProposalBatch batch) {
    proposed += batch.commands.count();
    for (size_t i = 0; i < batch.commands.count(); ++i) batch.completion->Complete(i, base::errors::Timeout(), 1);
  });
  const base::TemporaryDirectory directory;
  const std::string path = directory.path() + "/log";
  ASSERT_TRUE(base::SetUpLogging({.outputs = {path}}).ok());
  expiry.Tick();
  base::FlushLogging();
  ASSERT_TRUE(base::SetUpLogging({}).ok());
  const std::string log = base::ReadFile(path);
  EXPECT_EQ(proposed, 50u);
  EXPECT_NE(log.find("failed to revoke expired leases"), std::string::npos) << log;
  EXPECT_EQ(log.find("failed to revoke"), log.rfind("failed to revoke")) << log;
  EXPECT_NE(log.find("50"), std::string::npos) << log;
}

TEST(LeaseExpiry, ALeaseGrantedAnewWhileItsFormerRevocationWaitsStays) {
  lease::TestLeases test;
  test.lessor->Promote(std::chrono::seconds(0));
  std::vector<std::string> proposed;
  // Two leases in a tick, or one that has 40 keys.
  LeaseExpiry expiry(test.leases.get(), test.lessor.get(), milliseconds(2), [&](ProposalBatch batch) {
    ASSERT_EQ(batch.commands.pieces().size(), 1u);
    proposed.push_back(batch.commands.pieces().front());
  });
  const auto revocation_of = [](int64_t id) {
    CommandList command;
    command.Add(CommandType::kLeaseRevoke, lease::Encode(lease::RevokeRequest{id}));
    return command.pieces().front();
  };
  for (const int64_t id : {1, 2}) ASSERT_TRUE(test.Grant(id, 10).ok());
  for (int key = 0; key < 40; ++key) {
    for (const int64_t id : {1, 2}) ASSERT_TRUE(test.Put(std::to_string(id) + "/" + std::to_string(key), id).ok());
  }
  test.clock.Advance(std::chrono::seconds(11));
  expiry.Tick();
  ASSERT_EQ(proposed.size(), 1u);
  const int64_t waits = proposed.front() == revocation_of(1) ? 2 : 1;
  ASSERT_TRUE(test.Revoke(waits).ok());
  expiry.Tick();
  ASSERT_TRUE(test.Grant(waits, 1000).ok());
  expiry.Tick();
  EXPECT_EQ(proposed.size(), 1u);
}

}  // namespace
}  // namespace quorate::replica
