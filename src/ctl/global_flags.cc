#include "src/ctl/global_flags.h"

#include <map>
#include <ostream>
#include <set>

#include "src/ctl/log_line.h"
#include "src/ctl/names.h"

namespace quorate::ctl {
namespace {

std::string VariableOf(const std::string& prefix, const std::string& flag) {
  std::string name = prefix + "_";
  for (char c : flag) name += c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return name;
}

std::map<std::string, std::string> FlagVariables(const std::string& prefix,
                                                 const std::vector<std::string>& environment) {
  std::map<std::string, std::string> variables;
  for (const std::string& entry : environment) {
    size_t equals = entry.find('=');
    if (equals != std::string::npos && entry.starts_with(prefix + "_")) {
      variables.emplace(entry.substr(0, equals), entry.substr(equals + 1));
    }
  }
  return variables;
}

std::vector<const Flag*> FlagsOf(const Command& command) {
  std::vector<const Flag*> flags;
  for (const Command* c = command.parent(); c != nullptr; c = c->parent()) {
    for (const Flag* flag : c->OwnFlags()) {
      if (flag->name != "help") flags.push_back(flag);
    }
  }
  return flags;
}

}  // namespace

void AddGlobalFlags(Command& root, GlobalFlags& flags) {
  root.AddFlag("endpoints", &flags.endpoints, "addresses of the members to talk to");
  root.AddFlag("debug", &flags.debug, "log what the client does");
  root.AddFlag("w,write-out", &flags.write_out, "output format (fields, json, protobuf, simple, table)");
  root.AddFlag("hex", &flags.hex, "print keys, values and ids in hexadecimal");
  root.AddFlag("dial-timeout", &flags.dial_timeout, "time allowed for logging in");
  root.AddFlag("command-timeout", &flags.command_timeout, "time allowed for a short command");
  root.AddFlag("keepalive-time", &flags.keepalive_time, "time between pings on a connection in use");
  root.AddFlag("keepalive-timeout", &flags.keepalive_timeout, "time to wait for the answer to a ping");
  root.AddFlag("max-request-bytes", &flags.max_request_bytes, "largest request to send, in bytes (0 is 2 MiB)");
  root.AddFlag("max-recv-bytes", &flags.max_recv_bytes, "largest response to accept, in bytes (0 is 2 GiB)");
  root.AddFlag("insecure-transport", &flags.insecure_transport,
               "connect without TLS where the endpoint does not ask for it");
  root.AddFlag("insecure-discovery", &flags.insecure_discovery, "accept endpoints without TLS from SRV records");
  root.AddFlag("insecure-skip-tls-verify", &flags.insecure_skip_tls_verify,
               "accept any server certificate (dangerous: for tests only)");
  root.AddFlag("cert", &flags.cert, "file with the client's TLS certificate");
  root.AddFlag("key", &flags.key, "file with the client's TLS key");
  root.AddFlag("cacert", &flags.cacert, "file with the certificate authorities to trust");
  root.AddFlag("auth-jwt-token", &flags.auth_jwt_token, "token to authenticate with, instead of --user and --password");
  root.AddFlag("user", &flags.user, "user[:password] to authenticate as (asks for a password that is missing)");
  root.AddFlag("password", &flags.password, "password to authenticate with; --user then is the name alone");
  root.AddFlag("d,discovery-srv", &flags.discovery_srv, "domain whose SRV records list the endpoints");
  root.AddFlag("discovery-srv-name", &flags.discovery_srv_name, "service name to look SRV records up with");
}

absl::Status ReadEnvironment(const Command& command, const std::vector<std::string>& environment, std::ostream& log) {
  std::vector<const Flag*> flags = FlagsOf(command);
  std::set<const Flag*> on_command_line;
  for (const Flag* flag : flags) {
    if (flag->IsSet()) on_command_line.insert(flag);
  }
  for (const std::string prefix : {"ETCDCTL", "QUORATECTL"}) {
    std::map<std::string, std::string> variables = FlagVariables(prefix, environment);
    for (const Flag* flag : flags) {
      auto variable = variables.find(VariableOf(prefix, flag->name));
      if (variable == variables.end()) continue;
      if (on_command_line.contains(flag)) {
        WriteLogLine(log, "fatal", "ctl/global_flags.cc",
                     "conflicting environment variable is shadowed by corresponding command-line flag (either unset "
                     "environment variable or disable flag))",
                     {{"environment-variable", variable->first}});
        return FailSilently(Exit::kError);
      }
      // A value that cannot be read is none. (etcdctl goes on with 0 where it is a time or a number.)
      if (!variable->second.empty() && !flag->IsSet()) flag->Set(variable->second).IgnoreError();
      variables.erase(variable);
    }
    if (command.text().name == "watch") {
      // They stand for arguments, not for flags.
      variables.erase(prefix + "_WATCH_KEY");
      variables.erase(prefix + "_WATCH_RANGE_END");
    }
    for (const auto& [name, value] : variables) {
      WriteLogLine(log, "warn", "ctl/global_flags.cc", "unrecognized environment variable",
                   {{"environment-variable", name + "=" + value}});
    }
  }
  return absl::OkStatus();
}

}  // namespace quorate::ctl
