#include "src/bench/endpoint.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace quorate::bench {
namespace {

bool TakePrefix(std::string_view* text, std::string_view prefix) {
  if (!text->starts_with(prefix)) return false;
  text->remove_prefix(prefix.size());
  return true;
}

absl::Status Unreachable(const Endpoint& endpoint, const std::string& why) {
  return base::MakeStatus(absl::StatusCode::kUnavailable, "cannot connect to " + endpoint.authority + ": " + why);
}

absl::Status ConnectSocket(int fd, const sockaddr* address, socklen_t length) {
  if (connect(fd, address, length) != 0) return base::MakeStatus(absl::StatusCode::kUnavailable, std::strerror(errno));
  return absl::OkStatus();
}

absl::StatusOr<int> ConnectUnix(const Endpoint& endpoint) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (endpoint.path.size() >= sizeof(address.sun_path)) return Unreachable(endpoint, "the path is too long");
  std::memcpy(address.sun_path, endpoint.path.data(), endpoint.path.size());
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return Unreachable(endpoint, std::strerror(errno));
  absl::Status status = ConnectSocket(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address));
  if (status.ok()) return fd;
  close(fd);
  return Unreachable(endpoint, std::string(base::MessageOf(status)));
}

absl::StatusOr<int> ConnectTcp(const Endpoint& endpoint) {
  addrinfo hints = {};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* addresses = nullptr;
  if (int error = getaddrinfo(endpoint.host.c_str(), endpoint.port.c_str(), &hints, &addresses); error != 0) {
    return Unreachable(endpoint, gai_strerror(error));
  }
  absl::Status status = base::MakeStatus(absl::StatusCode::kUnavailable, "no address");
  int fd = -1;
  for (const addrinfo* address = addresses; address != nullptr && fd < 0; address = address->ai_next) {
    fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) continue;
    status = ConnectSocket(fd, address->ai_addr, address->ai_addrlen);
    if (!status.ok()) {
      close(fd);
      fd = -1;
    }
  }
  freeaddrinfo(addresses);
  if (fd < 0) return Unreachable(endpoint, std::string(base::MessageOf(status)));
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return fd;
}

}  // namespace

absl::StatusOr<Endpoint> ParseEndpoint(std::string_view url) {
  Endpoint endpoint;
  std::string_view rest = url;
  if (TakePrefix(&rest, "unix://") || TakePrefix(&rest, "unix:")) {
    endpoint.is_unix = true;
    endpoint.path = rest;
    endpoint.authority = "localhost";
    if (!rest.empty()) return endpoint;
  } else {
    if (!TakePrefix(&rest, "http://") && rest.find("://") != std::string_view::npos) rest = {};
    while (rest.ends_with('/')) rest.remove_suffix(1);
    endpoint.authority = rest;
    const size_t colon = rest.rfind(':');
    if (colon != std::string_view::npos && colon > 0 && colon + 1 < rest.size()) {
      std::string_view host = rest.substr(0, colon);
      if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
      endpoint.host = host;
      endpoint.port = rest.substr(colon + 1);
      return endpoint;
    }
  }
  return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                          "bad endpoint '" + std::string(url) + "': want http://host:port or unix://path");
}

absl::StatusOr<int> Connect(const Endpoint& endpoint) {
  QUORATE_ASSIGN_OR_RETURN(const int fd, endpoint.is_unix ? ConnectUnix(endpoint) : ConnectTcp(endpoint));
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
  return fd;
}

}  // namespace quorate::bench
