#include "tests/e2e/http_get.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdlib>

namespace quorate::testing {
namespace {

constexpr timeval kPatience = {.tv_sec = 10, .tv_usec = 0};

}  // namespace

std::string HttpGet(const std::string& address, const std::string& path) {
  sockaddr_in server = {};
  server.sin_family = AF_INET;
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  server.sin_port = htons(static_cast<uint16_t>(std::atoi(address.c_str() + address.rfind(':') + 1)));
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  std::string answer;
  const std::string request = "GET " + path + " HTTP/1.1\r\nHost: " + address + "\r\nConnection: close\r\n\r\n";
  if (connect(socket, reinterpret_cast<const sockaddr*>(&server), sizeof server) == 0 &&
      send(socket, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size())) {
    char bytes[16 * 1024];
    for (ssize_t got = recv(socket, bytes, sizeof bytes, 0); got > 0; got = recv(socket, bytes, sizeof bytes, 0)) {
      answer.append(bytes, static_cast<size_t>(got));
    }
  }
  close(socket);
  return answer;
}

std::optional<double> Metric(const std::string& address, const std::string& sample) {
  const std::string page = HttpGet(address, "/metrics");
  const std::string line = "\n" + sample + " ";
  const size_t at = page.find(line);
  if (at == std::string::npos) return std::nullopt;
  return std::strtod(page.c_str() + at + line.size(), nullptr);
}

}  // namespace quorate::testing
