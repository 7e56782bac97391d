#pragma once

// The flags every command understands.

#include <string>
#include <vector>

#include "src/ctl/names.h"

namespace quorate::ctl {

struct GlobalFlags {
  std::vector<std::string> endpoints = {"127.0.0.1:2379"};
  bool debug = false;
  std::string write_out = "simple";
  bool hex = false;
  // How long to wait for a token; connecting itself is bounded by the command's time.
  Duration dial_timeout = std::chrono::seconds(2);
  Duration command_timeout = std::chrono::seconds(5);
  Duration keepalive_time = std::chrono::seconds(2);
  Duration keepalive_timeout = std::chrono::seconds(6);
  // Bytes; 0 is the default of the client.
  int64_t max_request_bytes = 0;
  int64_t max_recv_bytes = 0;
  bool insecure_transport = true;
  bool insecure_discovery = true;
  bool insecure_skip_tls_verify = false;
  std::string cert;
  std::string key;
  std::string cacert;
  std::string auth_jwt_token;
  std::string user;
  std::string password;
  std::string discovery_srv;
  std::string discovery_srv_name;
};

// `flags` outlives `root`.
void AddGlobalFlags(Command& root, GlobalFlags& flags);

// Sets the flags of `command` and those above it that the command line left alone from variables of the form
// ETCDCTL_WRITE_OUT, or else QUORATECTL_WRITE_OUT. A variable beside the flag it stands for is an error; one that
// stands for nothing is warned about on `log`.
absl::Status ReadEnvironment(const Command& command, const std::vector<std::string>& environment, std::ostream& log);

}  // namespace quorate::ctl
