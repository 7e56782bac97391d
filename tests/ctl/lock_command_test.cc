#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <functional>
#include <sstream>
#include <utility>

#include "quorate/ctl/ctl.h"
#include "tests/ctl/fake_server_testing.h"

namespace quorate::ctl {
namespace {

using ::testing::ElementsAre;

// Output that tells when somebody sees the first of it.
class WatchedOutput : public std::stringbuf {
 public:
  explicit WatchedOutput(std::function<void()> on_seen) : on_seen_(std::move(on_seen)) {}

 protected:
  int sync() override {
    if (!str().empty() && !std::exchange(seen_, true)) on_seen_();
    return 0;
  }

 private:
  const std::function<void()> on_seen_;
  bool seen_ = false;
};

class LockCommandTest : public testing::Test {
 protected:
  LockCommandTest() {
    server_.on_txn = [](const etcdserverpb::TxnRequest&, etcdserverpb::TxnResponse& response) {
      response.set_succeeded(true);
      response.mutable_header()->set_revision(20);
      response.add_responses();
      response.add_responses()->mutable_response_range()->add_kvs()->set_create_revision(20);
      return grpc::Status::OK;
    };
    server_.on_range = [](const etcdserverpb::RangeRequest& request, etcdserverpb::RangeResponse& response) {
      if (request.range_end().empty()) response.add_kvs()->set_key(request.key());
      return grpc::Status::OK;
    };
    server_.on_delete = [this](const etcdserverpb::DeleteRangeRequest& request, etcdserverpb::DeleteRangeResponse&) {
      freed_.push_back(request.key());
      return grpc::Status::OK;
    };
    server_.on_revoke = [this](const etcdserverpb::LeaseRevokeRequest&, etcdserverpb::LeaseRevokeResponse&) {
      ++revoked_;
      return grpc::Status::OK;
    };
  }

  int RunLine(
      std::vector<std::string> line, std::function<void()> on_seen = [] {}) {
    line.insert(line.begin(), {"--endpoints", server_.address()});
    std::istringstream in;
    WatchedOutput buffer(std::move(on_seen));
    std::ostream out(&buffer);
    std::ostringstream err;
    int exit_code = ctl::Run(line, {"PATH=" + std::string(getenv("PATH"))}, {in, out, err});
    out_ = buffer.str();
    err_ = err.str();
    return exit_code;
  }

  FakeServer server_;
  std::vector<std::string> freed_;
  int revoked_ = 0;
  std::string out_, err_;
};

TEST_F(LockCommandTest, HoldsTheLockUntilASignalAndFreesIt) {
  for (int number : {SIGINT, SIGTERM}) {
    freed_.clear();
    auto interrupt = [number] { kill(getpid(), number); };
    EXPECT_EQ(RunLine({"lock", "name"}, interrupt), 0) << err_;
    EXPECT_EQ(out_, "name/77\n\n");
    EXPECT_THAT(freed_, ElementsAre("name/77"));
  }
  EXPECT_EQ(revoked_, 2);
}

TEST_F(LockCommandTest, EndsAsTheProgramEndsAndFreesTheLock) {
  EXPECT_EQ(RunLine({"lock", "name", "--", "sh", "-c", "test $ETCD_LOCK_KEY = name/77 -a $ETCD_LOCK_REV = 20"}), 0);
  EXPECT_EQ(RunLine({"lock", "name", "--", "sh", "-c", "exit 7"}), 7);
  EXPECT_EQ(err_, "Error: exit status 7\n");
  EXPECT_EQ(RunLine({"lock", "name", "--", "sh", "-c", "kill -9 $$"}), -1);
  EXPECT_EQ(err_, "Error: signal: killed\n");
  EXPECT_EQ(RunLine({"lock", "name", "no-such-program-anywhere"}), 1);
  EXPECT_EQ(freed_.size(), 4u);
  EXPECT_EQ(revoked_, 4);
}

TEST_F(LockCommandTest, PassesASignalThatAProcessSentToTheProgram) {
  const std::string script =
      "trap 'exit 9' TERM; kill -TERM " + std::to_string(getpid()) + "; while :; do sleep 0.01; done";
  EXPECT_EQ(RunLine({"lock", "name", "--", "sh", "-c", script}), 9);
  EXPECT_THAT(freed_, ElementsAre("name/77"));
}

TEST_F(LockCommandTest, IsOverWhenTheLeaseIsGone) {
  server_.on_keep_alive = [first = std::make_shared<bool>(true)](const etcdserverpb::LeaseKeepAliveRequest&,
                                                                 etcdserverpb::LeaseKeepAliveResponse& response) {
    // The shortest lifetime there is, so that the next renewal, which is refused, comes soon.
    response.set_ttl(std::exchange(*first, false) ? 1 : 0);
    return grpc::Status::OK;
  };
  EXPECT_EQ(RunLine({"lock", "name"}), 1);
  EXPECT_EQ(err_, "Error: session expired\n");
}

TEST_F(LockCommandTest, AnElectionIsHeldUntilASignalAndResigned) {
  auto interrupt = [] { kill(getpid(), SIGTERM); };
  EXPECT_EQ(RunLine({"elect", "name", "me"}, interrupt), 0) << err_;
  EXPECT_EQ(out_, "name/77\n\n");
  EXPECT_EQ(revoked_, 1);
}

}  // namespace
}  // namespace quorate::ctl
