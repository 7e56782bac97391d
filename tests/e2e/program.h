#pragma once

// Child processes. Every child dies with the test that started it.

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace quorate::testing {

struct Command {
  // Program first. Found by path, not by $PATH.
  std::vector<std::string> arguments;
  // "NAME=value", added to the environment of the test, from which everything that starts with ETCD or QUORATE_ is
  // taken away.
  std::vector<std::string> environment = {};
  // Empty: that of the test.
  std::string working_directory = {};
};

// Starts the program with standard output and error appended to the files, standard input from a file or /dev/null.
pid_t Spawn(const Command& command, const std::string& input_file, const std::string& output_file,
            const std::string& error_file);

// Waits for the end of a child; nothing when it still runs after `timeout`. 128 + signal when a signal ended it.
std::optional<int> WaitForExit(pid_t pid, std::chrono::milliseconds timeout);

struct ProgramResult {
  // Nothing when it had to be killed because it ran longer than allowed.
  std::optional<int> exit_code;
  std::string output;
  std::string errors;
};
ProgramResult RunProgram(const Command& command, const std::string& input = "",
                         std::chrono::milliseconds timeout = std::chrono::seconds(30));

}  // namespace quorate::testing
