#include "src/rpc/listen_address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace quorate::rpc {
namespace {

constexpr int kBacklog = 4096;

// The system's text, beginning in lower case as Go prints it.
std::string SystemError(int error) {
  std::string text = std::strerror(error);
  if (error == EADDRNOTAVAIL) text = "cannot assign requested address";
  if (!text.empty()) text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

absl::Status ListenError(std::string_view network, const std::string& address, std::string_view step, int error) {
  std::string message = "listen " + std::string(network) + " " + address + ": ";
  if (!step.empty()) message += std::string(step) + ": ";
  const auto code = error == EADDRINUSE ? absl::StatusCode::kAlreadyExists : absl::StatusCode::kUnavailable;
  return base::MakeStatus(code, message + SystemError(error));
}

absl::Status BadUrl(std::string_view url, std::string_view why) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                          "cannot listen on \"" + std::string(url) + "\": " + std::string(why));
}

struct Endpoint {
  sockaddr_storage address = {};
  socklen_t length = 0;
  uint16_t port() const { return ntohs(reinterpret_cast<const sockaddr_in*>(&address)->sin_port); }
  void set_port(uint16_t port) { reinterpret_cast<sockaddr_in*>(&address)->sin_port = htons(port); }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address); }
};

struct HostPort {
  std::string host;
  std::string port;
};

bool SplitHostPort(std::string_view text, HostPort* out) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return false;
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  if (!host.empty() && host.front() == '[') {
    if (host.back() != ']') return false;
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return false;  // an IPv6 address needs its brackets
  }
  uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (port.empty() || error != std::errc() || end != port.data() + port.size()) return false;
  *out = {std::string(host), std::string(port)};
  return true;
}

absl::StatusOr<std::vector<Endpoint>> Resolve(std::string_view url, const HostPort& where) {
  std::vector<std::string> hosts = {where.host};
  if (where.host == "localhost") hosts = {"127.0.0.1", "::1"};
  if (where.host.empty()) hosts = {"::"};
  std::vector<Endpoint> endpoints;
  int failure = 0;
  for (const std::string& host : hosts) {
    addrinfo hints = {};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV | AI_PASSIVE;
    addrinfo* found = nullptr;
    if (const int error = ::getaddrinfo(host.c_str(), where.port.c_str(), &hints, &found); error != 0) {
      failure = error;
      continue;
    }
    for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
      Endpoint endpoint;
      std::memcpy(&endpoint.address, each->ai_addr, each->ai_addrlen);
      endpoint.length = each->ai_addrlen;
      endpoints.push_back(endpoint);
    }
    ::freeaddrinfo(found);
  }
  if (endpoints.empty()) return BadUrl(url, "lookup " + where.host + ": " + ::gai_strerror(failure));
  return endpoints;
}

absl::StatusOr<int> BindTcp(const Endpoint& endpoint, const SocketOptions& options) {
  const std::string name = AddressText(endpoint.get());
  const int descriptor = ::socket(endpoint.get()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return ListenError("tcp", name, "socket", errno);
  const int on = 1;
  const int off = 0;
  // As Go's listeners do: a port is free again at once after its last server.
  ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (options.reuse_port) ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
  if (endpoint.get()->sa_family == AF_INET6) {
    // Only "any address" takes both families, as in Go.
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(endpoint.get());
    const bool any = IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr);
    ::setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, any ? &off : &on, sizeof(on));
  }
  // Accepted connections inherit these.
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  ::setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
  const char* step = "bind";
  int result = ::bind(descriptor, endpoint.get(), endpoint.length);
  if (result == 0) {
    step = "listen";
    result = ::listen(descriptor, kBacklog);
  }
  if (result == 0) return descriptor;
  const int error = errno;
  ::close(descriptor);
  return ListenError("tcp", name, step, error);
}

absl::StatusOr<Listening> ListenTcp(std::string_view url, std::string_view authority, const SocketOptions& options) {
  HostPort where;
  if (!SplitHostPort(authority, &where)) return BadUrl(url, "it needs a host and a port, as in http://127.0.0.1:2379");
  QUORATE_ASSIGN_OR_RETURN(std::vector<Endpoint> endpoints, Resolve(url, where));
  Listening listening;
  uint16_t port = endpoints.front().port();
  absl::Status failure;
  for (Endpoint& endpoint : endpoints) {
    endpoint.set_port(port);  // with port 0 the second address takes the port the first one got
    absl::StatusOr<int> descriptor = BindTcp(endpoint, options);
    if (!descriptor.ok()) {
      // A machine without IPv6 still has a localhost.
      const bool optional = where.host == "localhost" && !listening.sockets.empty() &&
                            descriptor.status().code() != absl::StatusCode::kAlreadyExists;
      if (optional) continue;
      failure = descriptor.status();
      if (where.host.empty() && endpoint.get()->sa_family == AF_INET6) {
        return ListenTcp(url, "0.0.0.0:" + where.port, options);
      }
      break;
    }
    listening.sockets.push_back({*descriptor, ""});
    Endpoint bound;
    bound.length = sizeof(bound.address);
    ::getsockname(*descriptor, reinterpret_cast<sockaddr*>(&bound.address), &bound.length);
    port = bound.port();
    if (listening.dial_address.empty()) listening.dial_address = AddressText(bound.get());
  }
  if (failure.ok()) return listening;
  for (const ListeningSocket& socket : listening.sockets) ::close(socket.descriptor);
  return failure;
}

// True when a server answers on the socket file.
bool IsAlive(const sockaddr_un& address) {
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return true;
  const int result = ::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  const bool alive = result == 0 || errno != ECONNREFUSED;
  ::close(descriptor);
  return alive;
}

// By a process that did not end well. Whatever else is there is not ours to remove.
bool IsLeftBehind(const sockaddr_un& address) {
  struct stat status = {};
  return ::lstat(address.sun_path, &status) == 0 && S_ISSOCK(status.st_mode) && !IsAlive(address);
}

absl::StatusOr<Listening> ListenUnix(std::string_view url, const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.empty()) return BadUrl(url, "it needs a path, as in unix:///run/quorate.sock");
  if (path.size() >= sizeof(address.sun_path)) return BadUrl(url, "the path is too long for a unix socket");
  std::memcpy(address.sun_path, path.data(), path.size());
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return ListenError("unix", path, "socket", errno);
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  int result = ::bind(descriptor, generic, sizeof(address));
  if (result != 0 && errno == EADDRINUSE) {
    if (IsLeftBehind(address)) {
      ::unlink(path.c_str());
      result = ::bind(descriptor, generic, sizeof(address));
    } else {
      errno = EADDRINUSE;
    }
  }
  const char* step = "bind";
  if (result == 0) {
    step = "listen";
    result = ::listen(descriptor, kBacklog);
  }
  if (result != 0) {
    const int error = errno;
    ::close(descriptor);
    return ListenError("unix", path, step, error);
  }
  Listening listening;
  listening.sockets.push_back({descriptor, path});
  listening.dial_address = "unix:" + path;
  return listening;
}

}  // namespace

absl::StatusOr<Listening> ListenOn(std::string_view url, const SocketOptions& options) {
  const size_t colon = url.find(':');
  if (colon == std::string_view::npos) return BadUrl(url, "it has no scheme");
  const std::string_view scheme = url.substr(0, colon);
  std::string_view rest = url.substr(colon + 1);
  const bool slashes = rest.substr(0, 2) == "//";
  if (slashes) rest.remove_prefix(2);
  if (scheme == "unix") return ListenUnix(url, std::string(rest));
  if (scheme == "https" || scheme == "unixs") return BadUrl(url, "TLS is not supported yet; use http or unix");
  if (scheme != "http" || !slashes) return BadUrl(url, "the scheme must be http or unix");
  while (!rest.empty() && rest.back() == '/') rest.remove_suffix(1);
  if (rest.find('/') != std::string_view::npos) return BadUrl(url, "it must not have a path");
  return ListenTcp(url, rest, options);
}

std::string AddressText(const sockaddr* address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address->sa_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(address);
    ::inet_ntop(AF_INET, &v4->sin_addr, text, sizeof(text));
    return std::string(text) + ":" + std::to_string(ntohs(v4->sin_port));
  }
  if (address->sa_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address);
    if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
      // An IPv4 client of a socket that takes both families.
      ::inet_ntop(AF_INET, &v6->sin6_addr.s6_addr[12], text, sizeof(text));
      return std::string(text) + ":" + std::to_string(ntohs(v6->sin6_port));
    }
    ::inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof(text));
    return "[" + std::string(text) + "]:" + std::to_string(ntohs(v6->sin6_port));
  }
  return "";
}

}  // namespace quorate::rpc
