#include "src/ctl/watch_syntax.h"

#include "src/ctl/kv_requests.h"
#include "src/ctl/names.h"

namespace quorate::ctl {
namespace {

absl::Status WrongNumber(const std::string& detail) {
  return Fail(Exit::kBadArguments, "bad number of arguments" + detail);
}

}  // namespace

void AddWatchFlags(Command& watch, WatchFlags& flags) {
  watch.AddFlag("i,interactive", &flags.interactive, "read watches and requests for progress from standard input");
  watch.AddFlag("prefix", &flags.prefix, "every key that begins with the key");
  watch.AddFlag("rev", &flags.rev, "first revision to show");
  watch.AddFlag("prev-kv", &flags.prev_kv, "show the key before each change as well");
  watch.AddFlag("progress-notify", &flags.progress_notify, "show from time to time how far the watch is");
}

absl::StatusOr<WatchArguments> WatchArgumentsOf(const tool::ParsedLine& line, const WatchVariables& variables) {
  auto split = line.arguments.begin() + static_cast<std::ptrdiff_t>(line.before_dashes);
  WatchArguments arguments;
  arguments.range.assign(line.arguments.begin(), split);
  arguments.program.assign(split, line.arguments.end());
  if (line.has_dashes && arguments.program.empty()) return WrongNumber(" (found separator --, but no commands)");
  if (!variables.key.empty()) {
    if (!arguments.range.empty()) return WrongNumber(" (found conflicting environment key)");
    arguments.range.push_back(variables.key);
    if (!variables.range_end.empty()) arguments.range.push_back(variables.range_end);
  }
  if (arguments.range.empty() && !line.has_dashes) return WrongNumber("");
  return arguments;
}

absl::StatusOr<etcdserverpb::WatchCreateRequest> WatchRequestOf(const WatchFlags& flags, const Arguments& range) {
  if (range.empty()) return WrongNumber("");
  if (range.size() == 2 && flags.prefix) {
    return Fail(Exit::kBadArguments, "`range_end` and `--prefix` are mutually exclusive");
  }
  etcdserverpb::WatchCreateRequest request;
  request.set_key(range[0]);
  if (range.size() == 2) request.set_range_end(range[1]);
  if (flags.prefix) {
    // Every key begins with nothing.
    request.set_range_end(PrefixEnd(range[0]));
    if (range[0].empty()) request.set_key(std::string(1, '\0'));
  }
  request.set_start_revision(flags.rev);
  request.set_prev_kv(flags.prev_kv);
  request.set_progress_notify(flags.progress_notify);
  return request;
}

absl::StatusOr<WatchArguments> ReadWatchLine(const Arguments& words, const WatchVariables& variables,
                                             WatchFlags& flags) {
  if (!words.empty() && words.back() == "--") return WrongNumber(" (found separator --, but no commands)");
  Command watch({"watch", "", ""});
  AddWatchFlags(watch, flags);
  tool::ParsedLine line;
  tool::LineError error = tool::ParseCommandLine(watch, words, line);
  if (!error.status.ok()) return Fail(Exit::kBadArguments, base::MessageOf(error.status));
  if (line.wants_help) return Fail(Exit::kBadArguments, "pflag: help requested");
  return WatchArgumentsOf(line, variables);
}

}  // namespace quorate::ctl
