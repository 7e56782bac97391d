#pragma once

// The flags and arguments of a watch, on a command line or on a line of the interactive mode.

#include <string>

#include "etcdserverpb/rpc.pb.h"
#include "quorate/base/status.h"
#include "quorate/tool/command_line.h"
#include "src/ctl/names.h"

namespace quorate::ctl {

struct WatchFlags {
  bool prefix = false;
  bool prev_kv = false;
  bool progress_notify = false;
  bool interactive = false;
  int64_t rev = 0;
};

// Stand for arguments that are not given; empty where there are none.
struct WatchVariables {
  std::string key;
  std::string range_end;
};

// A command line taken apart: what to watch, and a program to run for every event.
struct WatchArguments {
  Arguments range;
  Arguments program;
};

// The flags outlive the command.
void AddWatchFlags(Command& watch, WatchFlags& flags);

absl::StatusOr<WatchArguments> WatchArgumentsOf(const tool::ParsedLine& line, const WatchVariables& variables);
absl::StatusOr<etcdserverpb::WatchCreateRequest> WatchRequestOf(const WatchFlags& flags, const Arguments& range);

// Reads the words behind "watch" of an interactive line: flags given there count, those of the command line do not.
absl::StatusOr<WatchArguments> ReadWatchLine(const Arguments& words, const WatchVariables& variables,
                                             WatchFlags& flags);

}  // namespace quorate::ctl
