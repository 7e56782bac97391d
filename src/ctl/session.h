#pragma once

// What a command has to work with while it runs: the streams, the global flags, a client and a printer.

#include <algorithm>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "quorate/base/saturating.h"
#include "quorate/ctl/ctl.h"
#include "quorate/tool/command_line.h"
#include "src/ctl/client.h"
#include "src/ctl/global_flags.h"
#include "src/ctl/names.h"

namespace quorate::ctl {

class Printer;

// Where the client's certificate, its key and the authorities it trusts are; empty where there is none.
struct TlsFlags {
  std::string cert;
  std::string key;
  std::string cacert;
  bool insecure_transport = true;
  bool skip_verify = false;
};

// Who the client is: "user", or "user:password" while `password` is empty.
struct UserFlag {
  std::string user;
  std::string password;

  // Takes a name with a password apart, and asks for a password that is nowhere.
  void AskForMissing(const std::string& prompt, std::istream& in, std::ostream& out);
};

class Session {
 public:
  Session(tool::Streams streams, std::vector<std::string> environment);
  ~Session();

  std::istream& in() { return streams_.in; }
  std::ostream& out() { return streams_.out; }
  std::ostream& err() { return streams_.err; }
  int in_descriptor() const { return streams_.in_descriptor; }
  bool shows_progress() const { return streams_.err_is_terminal; }
  GlobalFlags& flags() { return flags_; }

  // The line that runs; set before its command's action is called, and outlives it.
  void SetLine(const tool::ParsedLine& line) {
    line_ = &line;
    command_ = line.command;
  }
  const tool::ParsedLine& line() const { return *line_; }
  // Entries of the form NAME=value.
  const std::vector<std::string>& environment() const { return environment_; }
  // The value of ETCDCTL_<name>, or else of QUORATECTL_<name>; empty if neither is there.
  std::string Variable(const std::string& name) const;

  // Reads the environment and checks the global flags; every command that talks to a server calls this or Connect once,
  // after its own arguments are known to be good. Makes the printer. `no_tls` is how it ends when a certificate or a
  // key cannot be had.
  absl::Status Prepare(Exit no_tls = Exit::kBadArguments);
  // Prepares, then opens a client for all endpoints.
  absl::StatusOr<std::unique_ptr<Client>> Connect();
  // A client for these endpoints, with the prepared flags.
  absl::StatusOr<std::unique_ptr<Client>> ClientFor(std::vector<std::string> endpoints);
  // A client for another cluster, with the prepared flags but for these.
  absl::StatusOr<std::unique_ptr<Client>> ClientElsewhere(const std::string& endpoint, const TlsFlags& tls,
                                                          const UserFlag& user);
  // A client for all endpoints that shares no connection with others.
  absl::StatusOr<std::unique_ptr<Client>> ClientApart();
  // The prepared TLS files, for what is not gRPC.
  TlsFlags tls() const;
  // The endpoints of the flags, without the blanks around them.
  std::vector<std::string> Endpoints() const;

  // Only after Prepare.
  Printer& printer() { return *printer_; }
  // How long the first renewal of a lease may take.
  Duration Patience() const {
    return base::SaturatingSum(std::max(flags_.dial_timeout, Duration::zero()), std::chrono::seconds(1));
  }
  // --command-timeout for a Call, which takes zero for no bound. What is over at once ends a second ago: gRPC counts in
  // milliseconds, and an answer may come in one.
  Duration command_timeout() const {
    return flags_.command_timeout > Duration::zero() ? flags_.command_timeout : -std::chrono::seconds(1);
  }
  // A call bounded by it.
  Call Bounded(const char* method, bool repeatable = false) const { return {method, repeatable, command_timeout()}; }

 private:
  absl::Status CheckFiles() const;
  void ReadCredentials();

  tool::Streams streams_;
  std::vector<std::string> environment_;
  GlobalFlags flags_;
  const tool::ParsedLine* line_ = nullptr;
  const Command* command_ = nullptr;
  ClientConfig config_;
  std::unique_ptr<Printer> printer_;
};

}  // namespace quorate::ctl
