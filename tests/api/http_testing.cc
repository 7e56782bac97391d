#include "tests/api/http_testing.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

namespace quorate::api {

std::string HttpGet(const std::string& address, const std::string& path) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(static_cast<uint16_t>(std::atoi(address.c_str() + address.rfind(':') + 1)));
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(connect(descriptor, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  const std::string request = "GET " + path + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
  EXPECT_EQ(write(descriptor, request.data(), request.size()), static_cast<ssize_t>(request.size()));
  std::string answer;
  char buffer[4096];
  for (ssize_t count; (count = read(descriptor, buffer, sizeof buffer)) > 0;) answer.append(buffer, count);
  close(descriptor);
  return answer;
}

double Metric(const std::string& address, const std::string& sample) {
  const std::string page = HttpGet(address, "/metrics");
  const std::string line = "\n" + sample + " ";
  const size_t at = page.find(line);
  return at == std::string::npos ? -1 : std::strtod(page.c_str() + at + line.size(), nullptr);
}

}  // namespace quorate::api
