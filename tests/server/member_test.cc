#include "quorate/server/member.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "tests/base/files_testing.h"
#include "tests/server/member_process_testing.h"

namespace quorate::server {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

constexpr char kReady[] = "ready to serve client requests";

size_t CountOf(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++count;
  return count;
}

// Runs a member that cannot start; returns its one fatal line.
std::string FailingStart(const config::Config& config) {
  MemberProcess member(config);
  EXPECT_EQ(member.Wait(), 1);
  const std::string& log = member.log();
  EXPECT_EQ(CountOf(log, "\"level\":\"fatal\""), 1u) << log;
  EXPECT_EQ(CountOf(log, "\"level\":\"error\""), 0u) << log;
  const size_t at = log.find("\"level\":\"fatal\"");
  return at == std::string::npos ? "" : log.substr(log.rfind('\n', at) + 1);
}

TEST(MemberTest, ServesWhenItSaysSoAndStopsWhenTold) {
  base::TemporaryDirectory directory;
  MemberProcess member(TestConfig(directory));
  const std::string ready = member.WaitForLine(kReady);
  const std::string address = MemberProcess::Field(ready, "address");
  EXPECT_THAT(HttpGet(address, "/health"), HasSubstr("\r\n\r\n{\"health\":\"true\",\"reason\":\"\"}"));
  EXPECT_THAT(HttpGet(address, "/readyz?verbose"),
              HasSubstr("\r\n\r\n[+]data_corruption ok\n[+]serializable_read ok\n[+]linearizable_read ok\n"
                        "[+]non_learner ok\nok\n"));
  EXPECT_THAT(HttpGet(address, "/version"),
              HasSubstr("{\"etcdserver\":\"3.7.1\",\"etcdcluster\":\"3.7.0\",\"storage\":\"3.7.0\"}"));
  EXPECT_THAT(HttpGet(address, "/metrics"), HasSubstr("\netcd_server_has_leader 1\n"));
  EXPECT_THAT(HttpGet(address, "/nothing"), HasSubstr("404 page not found"));
  const auto told = std::chrono::steady_clock::now();
  member.Signal(SIGTERM);
  EXPECT_EQ(member.Wait(), 0);
  EXPECT_LT(std::chrono::steady_clock::now() - told, std::chrono::seconds(5));
  EXPECT_THAT(member.standard_output(), IsEmpty());
  EXPECT_THAT(member.log(), Not(HasSubstr("\"level\":\"error\"")));
}

TEST(MemberTest, TellsTheInitSystemWhenReadyAndWhenStopping) {
  base::TemporaryDirectory directory;
  const std::string path = directory.path() + "/notify";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  ASSERT_LT(path.size(), sizeof address.sun_path);
  path.copy(address.sun_path, path.size());
  const int socket_descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(bind(socket_descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  const timeval patience{.tv_sec = 30, .tv_usec = 0};
  setsockopt(socket_descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const auto receive = [socket_descriptor] {
    char message[256];
    const ssize_t length = recv(socket_descriptor, message, sizeof message, 0);
    return std::string(message, length > 0 ? static_cast<size_t>(length) : 0);
  };

  setenv("NOTIFY_SOCKET", path.c_str(), 1);
  MemberProcess member(TestConfig(directory));
  unsetenv("NOTIFY_SOCKET");
  EXPECT_THAT(receive(), HasSubstr("READY=1"));
  member.Signal(SIGTERM);
  EXPECT_THAT(receive(), HasSubstr("STOPPING=1"));
  EXPECT_EQ(member.Wait(), 0) << member.log();
  close(socket_descriptor);
}

TEST(MemberTest, StartsAgainOnItsData) {
  base::TemporaryDirectory directory;
  for (int run = 0; run < 3; ++run) {
    MemberProcess member(TestConfig(directory));
    EXPECT_THAT(member.WaitForLine(kReady), Not(IsEmpty()));
    member.Signal(run == 1 ? SIGKILL : SIGINT);
    EXPECT_EQ(member.Wait(), run == 1 ? -SIGKILL : 0) << member.log();
  }
}

TEST(MemberTest, MayBeStoppedBeforeItServes) {
  base::TemporaryDirectory directory;
  MemberProcess member(TestConfig(directory));
  member.WaitForLine("serving peer traffic");
  member.Signal(SIGTERM);
  EXPECT_EQ(member.Wait(), 0) << member.log();
}

TEST(MemberTest, MayBeStoppedWhileItOpensItsData) {
  const base::TemporaryDirectory directory;
  const config::Config config = TestConfig(directory);
  // Nobody ever writes to it: whoever opens it waits.
  std::filesystem::create_directories(config.data_dir + "/member");
  ASSERT_EQ(mkfifo((config.data_dir + "/member/identity").c_str(), 0600), 0);
  for (const int signal : {SIGTERM, SIGINT}) {
    MemberProcess member(config);
    member.WaitForLine("serving peer traffic");
    member.Signal(signal);
    EXPECT_EQ(member.Wait(), 0);
    EXPECT_NE(member.log().find("received signal while opening the data"), std::string::npos) << member.log();
  }
}

TEST(MemberTest, ListensOnUnixSocketsAndSeveralPorts) {
  base::TemporaryDirectory directory;
  config::Config config = TestConfig(directory);
  const std::string socket = directory.path() + "/client.sock";
  config.listen_client_urls = {"http://127.0.0.1:0", "unix://" + socket, "http://127.0.0.1:0"};
  MemberProcess member(config);
  std::vector<std::string> addresses;
  for (int i = 0; i < 3; ++i) addresses.push_back(MemberProcess::Field(member.WaitForLine(kReady), "address"));
  EXPECT_EQ(addresses[1], "unix:" + socket);
  EXPECT_NE(addresses[0], addresses[2]);
  for (const std::string& address : addresses) EXPECT_THAT(HttpGet(address, "/health"), StartsWith("HTTP/1.1 200"));
}

TEST(MemberTest, PeerPortTellsVersionAndMembers) {
  base::TemporaryDirectory directory;
  MemberProcess member(TestConfig(directory));
  const std::string address = MemberProcess::Field(member.WaitForLine("serving peer traffic"), "address");
  member.WaitForLine(kReady);
  EXPECT_THAT(HttpGet(address, "/version"), HasSubstr("3.7.1"));
  EXPECT_THAT(HttpGet(address, "/members"), HasSubstr("\"peerURLs\":[\"http://127.0.0.1:2380\"],\"name\":\"m1\""));
  EXPECT_THAT(HttpGet(address, "/health"), StartsWith("HTTP/1.1 404"));
}

TEST(MemberTest, PortInUseFailsBeforeDataIsTouched) {
  base::TemporaryDirectory first, second;
  MemberProcess member(TestConfig(first));
  const std::string peer = MemberProcess::Field(member.WaitForLine("serving peer traffic"), "address");
  const std::string client = MemberProcess::Field(member.WaitForLine(kReady), "address");
  for (const bool of_peers : {false, true}) {
    config::Config config = TestConfig(second);
    std::vector<std::string>& urls = of_peers ? config.listen_peer_urls : config.listen_client_urls;
    urls.assign(1, "http://" + (of_peers ? peer : client));
    const std::string line = FailingStart(config);
    EXPECT_THAT(line, HasSubstr(of_peers ? "--listen-peer-urls" : "--listen-client-urls"));
    EXPECT_THAT(line, HasSubstr("ddress already in use"));
    EXPECT_FALSE(std::filesystem::exists(config.data_dir));
  }
}

TEST(MemberTest, DataDirectoryServesOneProcess) {
  base::TemporaryDirectory directory;
  MemberProcess member(TestConfig(directory));
  member.WaitForLine(kReady);
  EXPECT_THAT(FailingStart(TestConfig(directory)), HasSubstr(directory.path() + "/data"));
}

TEST(MemberTest, ClusterOfSeveralIsRefusedPlainly) {
  base::TemporaryDirectory directory;
  config::Config config = TestConfig(directory);
  config.initial_cluster.emplace_back("m2", "http://127.0.0.1:2390");
  EXPECT_THAT(FailingStart(config), HasSubstr("not yet supported"));
  EXPECT_FALSE(std::filesystem::exists(config.data_dir));
}

TEST(MemberTest, AFirstStartAdvertisesWhatTheClusterHasOfIt) {
  base::TemporaryDirectory directory;
  config::Config config = TestConfig(directory);
  config.initial_advertise_peer_urls = {"http://127.0.0.1:2390"};
  EXPECT_THAT(FailingStart(config), HasSubstr("--initial-cluster has m1=http://127.0.0.1:2380 but missing from"));
  EXPECT_FALSE(std::filesystem::exists(config.data_dir));
  {
    MemberProcess member(TestConfig(directory));
    member.WaitForLine(kReady);
    member.Signal(SIGTERM);
    EXPECT_EQ(member.Wait(), 0);
  }
  MemberProcess member(config);
  EXPECT_THAT(member.WaitForLine(kReady), Not(IsEmpty()));
}

TEST(MemberTest, AFirstStartThatWasNotFinishedIsCheckedWhenItBeginsAnew) {
  base::TemporaryDirectory directory;
  std::filesystem::create_directories(TestConfig(directory).data_dir + "/member");
  config::Config config = TestConfig(directory);
  config.initial_advertise_peer_urls = {"http://127.0.0.1:2390"};
  EXPECT_THAT(FailingStart(config), HasSubstr("--initial-cluster has m1=http://127.0.0.1:2380 but missing from"));
  config = TestConfig(directory);
  config.initial_cluster_existing = true;
  EXPECT_THAT(FailingStart(config), HasSubstr("--initial-cluster-state=existing without data"));
  MemberProcess member(TestConfig(directory));
  EXPECT_THAT(member.WaitForLine(kReady), Not(IsEmpty()));
}

TEST(MemberTest, DataOfAnotherTokenOrNameIsRefused) {
  base::TemporaryDirectory directory;
  {
    MemberProcess member(TestConfig(directory));
    member.WaitForLine(kReady);
    member.Signal(SIGTERM);
    EXPECT_EQ(member.Wait(), 0);
  }
  config::Config config = TestConfig(directory);
  config.initial_cluster_token = "another";
  EXPECT_THAT(FailingStart(config), HasSubstr("token"));
  MemberProcess member(TestConfig(directory));
  EXPECT_THAT(member.WaitForLine(kReady), Not(IsEmpty()));
}

}  // namespace
}  // namespace quorate::server
