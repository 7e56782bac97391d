#pragma once

// A whole member in this process, but for its configuration, on a given directory: served on a loopback port of the
// system's choice, and never synced. What fails ends the process.

#include <filesystem>
#include <memory>
#include <string>

#include "quorate/api/services.h"
#include "quorate/replica/replica.h"
#include "quorate/rpc/server.h"

namespace quorate::api {

class ServedMember {
 public:
  // Returns when it serves. `bounds`: what clients can make the server hold, of its options.
  ServedMember(const std::filesystem::path& directory, ServicesOptions options, int loops,
               const rpc::ServerOptions& bounds = {});
  ~ServedMember();
  ServedMember(const ServedMember&) = delete;
  ServedMember& operator=(const ServedMember&) = delete;

  // "127.0.0.1:port"
  const std::string& address() const { return address_; }
  Services& services() { return *services_; }
  replica::Replica& replica() { return *replica_; }

 private:
  std::unique_ptr<Services> services_;
  std::unique_ptr<rpc::Server> server_;
  std::unique_ptr<replica::Replica> replica_;
  std::string address_;
};

}  // namespace quorate::api
