#include "src/ctl/session.h"

#include <grpc/support/log.h>

#include <cerrno>
#include <fstream>
#include <istream>
#include <iterator>
#include <ostream>
#include <utility>

#include "absl/strings/ascii.h"
#include "src/ctl/names.h"
#include "src/ctl/password.h"
#include "src/ctl/printer.h"

namespace quorate::ctl {
namespace {

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  if (path.empty()) return std::string();
  std::ifstream file(path, std::ios::binary);
  if (!file) return Fail(Exit::kBadArguments, "open " + path + ": " + ReasonOf(errno));
  return std::string(std::istreambuf_iterator<char>(file), {});
}

absl::Status ReadTls(const TlsFlags& tls, ClientConfig& config) {
  if (tls.cert.empty() != tls.key.empty()) {
    return Fail(Exit::kBadArguments,
                "KeyFile and CertFile must both be present[key: " + tls.key + ", cert: " + tls.cert + "]");
  }
  QUORATE_ASSIGN_OR_RETURN(config.certificate, ReadFile(tls.cert));
  QUORATE_ASSIGN_OR_RETURN(config.key, ReadFile(tls.key));
  QUORATE_ASSIGN_OR_RETURN(config.authorities, ReadFile(tls.cacert));
  config.skip_verify = tls.skip_verify;
  config.use_tls = !tls.cert.empty() || !tls.cacert.empty() || !tls.insecure_transport || tls.skip_verify;
  return absl::OkStatus();
}

// gRPC writes to standard error on its own, in a form nobody expects there.
void SilenceGrpc() {
  gpr_set_log_function([](gpr_log_func_args*) {});
}

void ShowFlags(const Command& command, std::ostream& err) {
  for (const Flag* flag : command.OwnFlags()) {
    if (flag->name == "help") continue;
    std::string name = "ETCDCTL_" + flag->name;
    for (char& c : name) c = c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    err << name << "=" << flag->current() << "\n";
  }
}

}  // namespace

void UserFlag::AskForMissing(const std::string& prompt, std::istream& in, std::ostream& out) {
  if (user.empty() || !password.empty()) return;
  size_t colon = user.find(':');
  if (colon == std::string::npos) {
    password = AskPassword(prompt, in, out);
    return;
  }
  password = user.substr(colon + 1);
  user.resize(colon);
}

Session::Session(tool::Streams streams, std::vector<std::string> environment)
    : streams_(streams), environment_(std::move(environment)) {}

Session::~Session() = default;

absl::Status Session::CheckFiles() const {
  for (const char* name : {"cert", "key", "cacert"}) {
    const Flag* flag = command_->FindFlag(name);
    if (flag->IsSet() && flag->current().empty()) {
      return Fail(Exit::kBadArguments, "empty string is passed to --" + std::string(name) + " option");
    }
  }
  return absl::OkStatus();
}

void Session::ReadCredentials() {
  config_.token = flags_.auth_jwt_token;
  if (!config_.token.empty()) return;
  UserFlag user{flags_.user, flags_.password};
  user.AskForMissing("Password: ", in(), out());
  config_.user = user.user;
  config_.password = user.password;
}

absl::Status Session::Prepare(Exit no_tls) {
  if (printer_ != nullptr) return absl::OkStatus();
  QUORATE_RETURN_IF_ERROR(ReadEnvironment(*command_, environment_, err()));
  if (flags_.debug) {
    const Command* root = command_;
    while (root->parent() != nullptr) root = root->parent();
    ShowFlags(*root, err());
  } else {
    SilenceGrpc();
  }
  if (!flags_.discovery_srv.empty()) {
    return Fail(Exit::kError, "--discovery-srv is not supported; name the members with --endpoints");
  }
  QUORATE_RETURN_IF_ERROR(CheckFiles());
  ReadCredentials();
  QUORATE_ASSIGN_OR_RETURN(printer_, MakePrinter(flags_.write_out, flags_.hex, out(), err()));
  if (const absl::Status status = ReadTls(tls(), config_); !status.ok()) {
    return Fail(no_tls, base::MessageOf(status));
  }
  config_.dial_timeout = flags_.dial_timeout;
  config_.keepalive_time = flags_.keepalive_time;
  config_.keepalive_timeout = flags_.keepalive_timeout;
  config_.max_request_bytes = flags_.max_request_bytes;
  config_.max_recv_bytes = flags_.max_recv_bytes;
  config_.log = &err();
  return absl::OkStatus();
}

std::string Session::Variable(const std::string& name) const {
  for (const std::string prefix : {"ETCDCTL_", "QUORATECTL_"}) {
    std::string start = prefix + name + "=";
    for (const std::string& entry : environment_) {
      if (entry.starts_with(start) && entry.size() > start.size()) return entry.substr(start.size());
    }
  }
  return "";
}

std::vector<std::string> Session::Endpoints() const {
  std::vector<std::string> endpoints;
  for (const std::string& endpoint : flags_.endpoints) endpoints.emplace_back(absl::StripAsciiWhitespace(endpoint));
  return endpoints;
}

absl::StatusOr<std::unique_ptr<Client>> Session::ClientFor(std::vector<std::string> endpoints) {
  ClientConfig config = config_;
  config.endpoints = std::move(endpoints);
  return Client::Open(std::move(config));
}

absl::StatusOr<std::unique_ptr<Client>> Session::ClientElsewhere(const std::string& endpoint, const TlsFlags& tls,
                                                                 const UserFlag& user) {
  ClientConfig config = config_;
  config.endpoints = {endpoint};
  QUORATE_RETURN_IF_ERROR(ReadTls(tls, config));
  config.user = user.user;
  config.password = user.password;
  config.token.clear();
  return Client::Open(std::move(config));
}

absl::StatusOr<std::unique_ptr<Client>> Session::ClientApart() {
  ClientConfig config = config_;
  config.endpoints = Endpoints();
  config.own_connections = true;
  return Client::Open(std::move(config));
}

TlsFlags Session::tls() const {
  return {flags_.cert, flags_.key, flags_.cacert, flags_.insecure_transport, flags_.insecure_skip_tls_verify};
}

absl::StatusOr<std::unique_ptr<Client>> Session::Connect() {
  QUORATE_RETURN_IF_ERROR(Prepare());
  return ClientFor(Endpoints());
}

}  // namespace quorate::ctl
