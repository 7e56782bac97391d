#pragma once

#include <string>
#include <string_view>

namespace quorate::ctl {

// An address of a member as a user writes it: host:port, http://host:port, https://host:port, unix://path,
// unixs://path.
struct Endpoint {
  enum class Tls { kNever, kIfConfigured, kAlways };

  std::string target;       // as gRPC takes it
  std::string server_name;  // what the server's certificate must be for; empty: the target's host
  Tls tls = Tls::kIfConfigured;
};

// Never fails: what is not understood is left to the resolver, which will not find it.
Endpoint ParseEndpoint(std::string_view text);

}  // namespace quorate::ctl
