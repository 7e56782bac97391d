#pragma once

// From a listen URL to bound sockets.

#include <sys/socket.h>

#include <string>
#include <string_view>
#include <vector>

#include "quorate/base/status.h"

namespace quorate::rpc {

// One bound, listening, non-blocking socket. Whoever takes it closes the descriptor and removes the path.
struct ListeningSocket {
  int descriptor = -1;
  std::string unix_path;  // of a unix socket, else empty
};

struct Listening {
  std::vector<ListeningSocket> sockets;
  std::string dial_address;  // "127.0.0.1:2379", "[::1]:2379", "unix:path"
};

struct SocketOptions {
  bool reuse_port = false;
};

// Binds what `url` names ("http://host:port", "unix://path", "unix:path"). Errors read as Go's, for example
// "listen tcp 127.0.0.1:2379: bind: address already in use".
absl::StatusOr<Listening> ListenOn(std::string_view url, const SocketOptions& options);

// "127.0.0.1:51234", "[::1]:51234"; "" of another family. An IPv4 address that an IPv6 socket took is told as such.
std::string AddressText(const sockaddr* address);

}  // namespace quorate::rpc
