#include "src/replica/lease_expiry.h"

#include <gtest/gtest.h>
#include <unistd.h>


#include "quorate/base/errors.h"
#include "quorate/base/logging.h"
#include "tests/base/files_testing.h"

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

}  // namespace
}  // namespace quorate::replica
