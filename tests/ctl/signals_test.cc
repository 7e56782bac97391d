#include "src/ctl/signals.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <sstream>
#include <thread>

#include "quorate/base/check.h"
#include "quorate/ctl/ctl.h"
#include "src/ctl/cancellation.h"
#include "tests/ctl/fake_server_testing.h"

namespace quorate::ctl {
namespace {

// A port of the loopback that is taken, and where nobody listens.
class ClosedPort {
 public:
  ClosedPort() : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    QUORATE_CHECK(bind(socket_, generic, length) == 0 && getsockname(socket_, generic, &length) == 0) << "no port";
    address_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  }
  ~ClosedPort() { close(socket_); }

  const std::string& address() const { return address_; }

 private:
  const int socket_;
  std::string address_;
};

// Sends SIGTERM again and again; where nobody watches it is ignored.
class Signals {
 public:
  Signals() : former_(signal(SIGTERM, SIG_IGN)), sender_([this] { Send(); }) {}
  ~Signals() {
    over_.Cancel();
    sender_.join();
    signal(SIGTERM, former_);
  }

 private:
  void Send() {
    while (!over_.WaitFor(std::chrono::milliseconds(10))) kill(getpid(), SIGTERM);
  }

  const sighandler_t former_;
  Cancellation over_;
  std::thread sender_;
};

struct Outcome {
  int exit_code = 0;
  std::string out;
  std::string err;
};

Outcome RunLine(const std::string& endpoint, std::vector<std::string> line) {
  line.insert(line.begin(), {"--endpoints", endpoint});
  std::istringstream in;
  std::ostringstream out, err;
  int exit_code = Run(line, {"PATH=" + std::string(std::getenv("PATH"))}, {in, out, err});
  return {exit_code, out.str(), err.str()};
}

TEST(SignalWatch, TakesTheFirstAndASecondEndsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  auto raise_twice = [] {
    SignalWatch watch([](const Signal&) {});
    raise(SIGTERM);
    raise(SIGTERM);
    std::_Exit(0);
  };
  EXPECT_EXIT(raise_twice(), testing::KilledBySignal(SIGTERM), "");
}

TEST(SignalWatch, TakesEveryOneIfAskedTo) {
  Cancellation second;
  std::atomic<int> taken = 0;
  SignalWatch watch(
      [&](const Signal&) {
        if (++taken == 2) second.Cancel();
      },
      SignalWatch::Takes::kEvery);
  raise(SIGTERM);
  raise(SIGINT);
  second.Wait();
  EXPECT_EQ(taken, 2);
}

TEST(SignalWatch, EndsCommandsThatWaitForTheirFirstAnswer) {
  ClosedPort nobody;
  Signals signals;
  const std::vector<std::vector<std::string>> lines = {
      {"lock", "name"}, {"lock", "name", "true"}, {"elect", "name", "me"}, {"elect", "-l", "name"}, {"check", "perf"}};
  for (const std::vector<std::string>& line : lines) {
    Outcome outcome = RunLine(nobody.address(), line);
    if (line[1] == "-l") continue;  // who only looks on is free to leave
    EXPECT_EQ(outcome.exit_code, 1) << line[0];
    EXPECT_NE(outcome.err.find("Error: context canceled\n"), std::string::npos) << outcome.err;
  }
}

TEST(SignalWatch, EndsTheWritesOfACheckThatGetNoAnswer) {
  Cancellation checked;
  std::once_flag interrupted;
  FakeServer server;
  server.on_range = [](const etcdserverpb::RangeRequest&, etcdserverpb::RangeResponse&) { return grpc::Status::OK; };
  server.on_delete = [](const etcdserverpb::DeleteRangeRequest&, etcdserverpb::DeleteRangeResponse&) {
    return grpc::Status::OK;
  };
  server.on_put = [&](const etcdserverpb::PutRequest&, etcdserverpb::PutResponse&) {
    std::call_once(interrupted, [] { kill(getpid(), SIGTERM); });
    checked.Wait();
    return grpc::Status::OK;
  };
  Outcome outcome = RunLine(server.address(), {"check", "perf"});
  checked.Cancel();
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.out.find("FAIL: Throughput too low: "), std::string::npos) << outcome.out;
  EXPECT_EQ(outcome.out.find("FAIL: too many errors"), std::string::npos) << outcome.out;
}

}  // namespace
}  // namespace quorate::ctl
