#include "tests/server/member_process_testing.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "quorate/server/member.h"
#include "tests/base/files_testing.h"

namespace quorate::server {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::seconds kLinePatience{60};

std::string ReadAll(int descriptor) {
  std::string text;
  char buffer[4096];
  for (ssize_t count; (count = read(descriptor, buffer, sizeof buffer)) > 0;) text.append(buffer, count);
  return text;
}

int Connect(const std::string& address) {
  if (address.starts_with("unix:")) {
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    std::strncpy(to.sun_path, address.c_str() + 5, sizeof to.sun_path - 1);
    const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return connect(descriptor, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0 ? descriptor : -1;
  }
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(static_cast<uint16_t>(std::atoi(address.c_str() + address.rfind(':') + 1)));
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  return connect(descriptor, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0 ? descriptor : -1;
}

}  // namespace

config::Config TestConfig(const base::TemporaryDirectory& directory) {
  config::Config config;
  config.name = "m1";
  config.data_dir = directory.path() + "/data";
  config.listen_client_urls = {"http://127.0.0.1:0"};
  config.advertise_client_urls = {"http://127.0.0.1:2379"};
  config.listen_peer_urls = {"http://127.0.0.1:0"};
  config.initial_advertise_peer_urls = {"http://127.0.0.1:2380"};
  config.initial_cluster = {{"m1", "http://127.0.0.1:2380"}};
  return config;
}

MemberProcess::MemberProcess(const config::Config& config) {
  int log[2], output[2];
  EXPECT_EQ(pipe2(log, O_CLOEXEC), 0);
  EXPECT_EQ(pipe2(output, O_CLOEXEC), 0);
  std::fflush(nullptr);  // or the child writes what this process buffered, too
  process_ = fork();
  if (process_ == 0) {
    dup2(log[1], STDERR_FILENO);
    dup2(output[1], STDOUT_FILENO);
    const int code = Run(config);
    std::fflush(nullptr);
    _exit(code);
  }
  close(log[1]);
  close(output[1]);
  log_descriptor_ = log[0];
  output_descriptor_ = output[0];
}

MemberProcess::~MemberProcess() {
  if (process_ > 0) {
    Signal(SIGKILL);
    Wait();
  }
  close(log_descriptor_);
  close(output_descriptor_);
}

std::string MemberProcess::WaitForLine(const std::string& text) {
  const auto deadline = std::chrono::steady_clock::now() + kLinePatience;
  while (true) {
    for (size_t end; (end = log_.find('\n', line_start_)) != std::string::npos; line_start_ = end + 1) {
      std::string line = log_.substr(line_start_, end - line_start_);
      if (line.find(text) == std::string::npos) continue;
      line_start_ = end + 1;
      return line;
    }
    const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left <= milliseconds::zero()) {
      ADD_FAILURE() << "no line of the log contains \"" << text << "\":\n" << log_;
      return "";
    }
    pollfd readable{log_descriptor_, POLLIN, 0};
    if (poll(&readable, 1, static_cast<int>(left.count())) <= 0) continue;
    char buffer[4096];
    const ssize_t count = read(log_descriptor_, buffer, sizeof buffer);
    if (count <= 0) return "";
    log_.append(buffer, static_cast<size_t>(count));
  }
}

std::string MemberProcess::Field(const std::string& line, const std::string& name) {
  const std::string key = "\"" + name + "\":\"";
  const size_t begin = line.find(key);
  if (begin == std::string::npos) return "";
  return line.substr(begin + key.size(), line.find('"', begin + key.size()) - begin - key.size());
}

void MemberProcess::Signal(int signal) { kill(process_, signal); }

int MemberProcess::Wait() {
  log_ += ReadAll(log_descriptor_);
  int status = 0;
  waitpid(process_, &status, 0);
  process_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

std::string MemberProcess::standard_output() { return ReadAll(output_descriptor_); }

std::string HttpGet(const std::string& address, const std::string& path) {
  const int descriptor = Connect(address);
  if (descriptor < 0) return "cannot connect";
  const std::string request = "GET " + path + " HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n";
  EXPECT_EQ(write(descriptor, request.data(), request.size()), static_cast<ssize_t>(request.size()));
  std::string answer = ReadAll(descriptor);
  close(descriptor);
  return answer;
}

}  // namespace quorate::server
