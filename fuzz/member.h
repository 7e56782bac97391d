#pragma once

#include <memory>

#include "fuzz/directory.h"
#include "quorate/api/services.h"

namespace quorate::fuzz {

// A whole member in this process, but for its configuration, on data of its own.
class Member {
 public:
  Member();
  ~Member();
  Member(const Member&) = delete;
  Member& operator=(const Member&) = delete;

  int port() const { return port_; }

 private:
  const Directory directory_;
  std::unique_ptr<api::Services> services_;
  std::unique_ptr<rpc::Server> server_;
  std::unique_ptr<replica::Replica> replica_;
  int port_ = 0;
};

}  // namespace quorate::fuzz
