#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/base/files_testing.h"
#include "tests/differential/seat.h"
#include "tests/e2e/caller.h"
#include "tests/e2e/server_process.h"

namespace quorate::testing {

// One server and its clients.
class Player {
 public:
  Player(const std::string& binary, std::vector<std::string> flags);

  // These fail the test when the server does not do it.
  void Start();
  void Restart(bool kill);

  Answer Send(const Step& step) { return seat_->Send(step); }
  Outcome Call(const std::string& method, const google::protobuf::Message& request) {
    return caller_->Call(method, request);
  }
  const std::string& address() const { return process_.address(); }
  // Empty while the server runs.
  std::string Obituary();

 private:
  const base::TemporaryDirectory directory_;
  ServerProcess process_;
  std::unique_ptr<Seat> seat_;
  std::unique_ptr<Caller> caller_;
};

// The text, or its beginning when it is too long to be read.
std::string Shown(const std::string& text);

}  // namespace quorate::testing
