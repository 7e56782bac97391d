#pragma once

#include <string>
#include <string_view>

#include "quorate/base/status.h"

namespace quorate::bench {

// Where a server listens, from http://host:port, unix://path or unix:path.
struct Endpoint {
  bool is_unix = false;
  std::string host;
  std::string port;
  std::string path;
  // For the :authority pseudo header.
  std::string authority;
};

absl::StatusOr<Endpoint> ParseEndpoint(std::string_view url);

// Connects and returns a non-blocking socket that the caller closes. Blocks while connecting.
absl::StatusOr<int> Connect(const Endpoint& endpoint);

}  // namespace quorate::bench
