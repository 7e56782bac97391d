#pragma once

// The values given on a command line and in the environment, each parsed by its flag's type.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "quorate/base/status.h"
#include "src/config/flag_table.h"
#include "src/config/value.h"

namespace quorate::config {

class FlagSet {
 public:
  // Reads flags as Go's flag package does: one or two dashes, "=value" or the next argument, booleans without one; the
  // last of several wins. A help flag ends reading. Errors: InvalidArgument.
  absl::Status ReadCommandLine(const std::vector<std::string>& arguments);
  // Takes QUORATE_<NAME>, then ETCD_<NAME>, for flags not given on the command line. Empty means not set.
  absl::Status ReadEnvironment(const std::vector<std::string>& environment);
  // Refuses what is not yet supported (Unimplemented), and gathers a warning for what has no effect.
  absl::Status CheckSupport();

  // Whether -h or --help was met.
  bool wants_help() const { return wants_help_; }
  bool IsGiven(std::string_view name) const { return given_.contains(name); }
  // "--name", "ETCD_NAME" or "QUORATE_NAME": what to blame in an error. The flag itself when only the default speaks.
  std::string SourceOf(std::string_view name) const;

  // The value given, else the default. Broken invariant when the flag is unknown or T is not its type's.
  template <typename T>
  T Get(std::string_view name) const {
    return std::get<T>(Find(name));
  }

  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  struct Given {
    Value value;
    std::string source;
  };

  absl::Status Set(const Flag& flag, std::string_view text, std::string source);
  absl::Status ReadOne(const std::vector<std::string>& arguments, size_t* at);
  Value Find(std::string_view name) const;

  std::map<std::string, Given, std::less<>> given_;
  std::vector<std::string> warnings_;
  bool wants_help_ = false;
};

}  // namespace quorate::config
