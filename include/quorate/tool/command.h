#pragma once

// The tree of commands. Each command is one file that adds itself to the tree with its words, flags and action; CLI11
// keeps the names, descriptions and defaults, `ParseCommandLine` reads a command line against them.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "quorate/base/status.h"
#include "quorate/tool/values.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace quorate::tool {

using Arguments = std::vector<std::string>;

// Where a command stands in the overview; kNone for subcommands, kHidden for what is not for people.
enum class Group { kNone, kKeyValue, kClusterMaintenance, kConcurrency, kAuthentication, kUtility, kHidden };

struct CommandText {
  std::string name;
  std::string arguments;         // what follows the name in the usage line
  std::string summary;           // one line, for lists of commands
  std::string description = {};  // for the command's own help; the summary if empty
  Group group = Group::kNone;
};

// A flag of a command: what the help shows and how a value is set.
struct Flag {
  std::string name;
  char shorthand = '\0';
  std::string type;          // empty for a switch, which needs no value
  std::string default_text;  // empty if there is nothing worth showing
  std::string help;
  CLI::Option* option = nullptr;
  std::function<std::string()> current;
  // Why the last value was refused.
  std::shared_ptr<std::string> problem;

  // The name as messages show it: "--limit", "-w, --write-out".
  std::string Shown() const;
  // Gives the flag a value, read in the flag's type. The error is the detail alone, and the flag then is not set.
  absl::Status Set(const std::string& value) const;
  // Whether a value has been set, by the command line or the environment.
  bool IsSet() const;
};

class Command {
 public:
  using Action = std::function<absl::Status(const Arguments& arguments)>;

  // A root, whose name stands at the front of every usage line.
  explicit Command(CommandText text);
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;
  ~Command();

  // Adds a subcommand and returns it; it lives as long as this command.
  Command& Add(CommandText text);
  // Without an action a command only groups subcommands, and shows its help when called. What an action works with
  // besides its arguments it brings along.
  void SetAction(Action action) { action_ = std::move(action); }

  // Adds a flag that subcommands understand as well. `name` is "limit" or "w,write-out"; `target` holds the default
  // now, the value later, and outlives the parsing. A flag given twice counts with its last value; a list grows.
  void AddFlag(const std::string& name, bool* target, const std::string& help);
  void AddFlag(const std::string& name, int64_t* target, const std::string& help);
  void AddFlag(const std::string& name, uint64_t* target, const std::string& help);
  void AddFlag(const std::string& name, std::string* target, const std::string& help);
  void AddFlag(const std::string& name, Duration* target, const std::string& help);
  void AddFlag(const std::string& name, std::vector<std::string>* target, const std::string& help);

  // A line without the flag is refused.
  void RequireFlag(const std::string& name) { required_flags_.push_back(name); }
  // A line with another number of arguments is refused; without this any number is let through.
  void RequireArguments(size_t count) { required_arguments_ = count; }

  const CommandText& text() const { return text_; }
  const Command* parent() const { return parent_; }
  const std::vector<std::unique_ptr<Command>>& children() const { return children_; }
  const Action& action() const { return action_; }
  const std::vector<std::string>& required_flags() const { return required_flags_; }
  std::optional<size_t> required_arguments() const { return required_arguments_; }
  // This command's own flags, sorted by name.
  std::vector<const Flag*> OwnFlags() const;
  // Looks in this command, then in those above it; nullptr if there is none.
  const Flag* FindFlag(std::string_view name) const;
  const Flag* FindShorthand(char shorthand) const;
  // The child with this name, or the only one whose name begins so; nullptr if there is none.
  Command* FindChild(std::string_view name) const;
  // The names from the root to here.
  std::string Path() const;

 private:
  using Setter = std::function<absl::Status(const std::string&)>;
  Command(CommandText text, Command* parent, CLI::App* app);
  Flag& NewFlag(const std::string& name, const std::string& type, const std::string& help, Setter setter);

  CommandText text_;
  Command* parent_ = nullptr;
  std::unique_ptr<CLI::App> owned_app_;  // of the root
  CLI::App* app_;
  std::vector<std::unique_ptr<Command>> children_;
  std::vector<std::unique_ptr<Flag>> flags_;
  Action action_;
  std::vector<std::string> required_flags_;
  std::optional<size_t> required_arguments_;
  bool asks_for_help_ = false;
};

}  // namespace quorate::tool
