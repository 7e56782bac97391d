#pragma once

// What a command-line program is made of: a tree of commands whose lines, flags, usage and errors have the form of
// etcd's tools (names cut short, `--flag=value` and `--flag value`, exit codes), and text for their answers.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "quorate/base/status.h"
#include "quorate/tool/streams.h"

namespace quorate::tool {

class Command;
class ProgressBar;

// Exit codes that scripts written for etcd's tools test for; every other failure ends with 1.
inline constexpr int kExitBadFeature = 4;
inline constexpr int kExitBadArguments = 128;

// A failure whose message is shown behind "Error: ", with an exit code of its own.
absl::Status FailWith(int exit_code, std::string_view message);

// The version that etcd's tool of that name would tell, in the words scripts look for, and behind it this tool's own.
std::string ShowVersions(std::string_view etcds_tool, std::string_view tool);

// "20 kB", "2.1 GB".
std::string ShowBytes(uint64_t bytes);
// Frames the rows, of which the first names the columns.
std::string ShowTable(const std::vector<std::vector<std::string>>& rows);

// A line on the terminal that shows how many bytes are done; nothing where nobody looks. One thread at a time.
class Progress {
 public:
  explicit Progress(const Streams& streams);
  ~Progress();  // ends the line
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // May be called often: it draws only now and then.
  void Show(uint64_t done, uint64_t total);

 private:
  std::unique_ptr<ProgressBar> bar_;
};

class Tool {
 public:
  using Arguments = std::vector<std::string>;
  using Action = std::function<absl::Status(const Streams& streams, const Arguments& arguments)>;

  struct Text {
    std::string name;
    std::string arguments = {};  // what follows the name in the usage line
    std::string summary = {};    // one line
  };

  // One command of the tree; a handle that is good as long as the tool. Targets of flags hold the default now, the
  // value when the action runs, and outlive the tool.
  struct Rep;
  class Entry {
   public:
    Entry Add(const Text& text) const;
    // Without an action a command shows its usage.
    void SetAction(Action action) const;
    template <typename Value>
    void AddFlag(const std::string& name, Value* target, const std::string& help) const;
    // The line is refused without it.
    void RequireFlag(const std::string& name) const;
    // The line is refused with another number of arguments; without this any number is let through.
    void RequireArguments(size_t count) const;

   private:
    friend class Tool;
    friend struct Rep;
    Entry(Tool* tool, Command* command) : tool_(tool), command_(command) {}
    Tool* tool_;
    Command* command_;
  };

  // With the commands `help` and `completion`.
  explicit Tool(const Text& text);
  ~Tool();
  Tool(const Tool&) = delete;
  Tool& operator=(const Tool&) = delete;

  Entry root();
  // Runs one line, without the program's name; the process's exit code. Once.
  int Run(const Arguments& arguments, const Streams& streams);

 private:
  std::unique_ptr<Rep> rep_;
};

}  // namespace quorate::tool
