#pragma once

#include <functional>
#include <string>

namespace quorate::testing {

struct ChildEnd {
  // Whether it ended by returning, within its time.
  bool returned = false;
  std::string how;     // when not
  std::string output;  // what it returned
};

// Runs `body` in a child process, which is killed after `timeout_ms`, and waits. What it returns comes back by way of
// `output_file`, which is removed.
ChildEnd RunInChild(int timeout_ms, const std::string& output_file, const std::function<std::string()>& body);

}  // namespace quorate::testing
