#include <ostream>

#include "src/ctl/commands.h"
#include "src/ctl/failure.h"
#include "src/ctl/kv_requests.h"
#include "src/ctl/printer.h"
#include "src/ctl/run_program.h"
#include "src/ctl/session.h"

namespace quorate::ctl {
namespace {

struct WatchFlags {
  bool prefix = false;
  bool prev_kv = false;
  bool progress_notify = false;
  int64_t rev = 0;
};

// What a command line asks for: a range to watch, and a program to run for every event.
struct WatchPlan {
  etcdserverpb::WatchCreateRequest range;
  Arguments program;
};

absl::StatusOr<WatchPlan> PlanOf(const Session& session, const WatchFlags& flags, const Arguments& arguments) {
  auto split = arguments.begin() + static_cast<std::ptrdiff_t>(session.line().before_dashes);
  Arguments range(arguments.begin(), split);
  WatchPlan plan;
  plan.program.assign(split, arguments.end());
  std::string key = session.Variable("WATCH_KEY");
  std::string range_end = session.Variable("WATCH_RANGE_END");
  if (key.empty() && !range_end.empty()) {
    return Fail(Exit::kBadArguments, "ETCDCTL_WATCH_KEY is empty but got ETCDCTL_WATCH_RANGE_END=" + Quote(range_end));
  }
  if (session.line().has_dashes && plan.program.empty()) {
    return Fail(Exit::kBadArguments, "bad number of arguments (found separator --, but no commands)");
  }
  if (!key.empty()) {
    if (!range.empty()) {
      return Fail(Exit::kBadArguments, "bad number of arguments (found conflicting environment key)");
    }
    range.push_back(key);
    if (!range_end.empty()) range.push_back(range_end);
  }
  if (range.empty()) return Fail(Exit::kBadArguments, "bad number of arguments");
  if (range.size() == 2 && flags.prefix) {
    return Fail(Exit::kBadArguments, "`range_end` and `--prefix` are mutually exclusive");
  }
  plan.range.set_key(range[0]);
  if (range.size() == 2) plan.range.set_range_end(range[1]);
  if (flags.prefix) {
    // Every key begins with nothing.
    plan.range.set_range_end(PrefixEnd(range[0]));
    if (range[0].empty()) plan.range.set_key(std::string(1, '\0'));
  }
  plan.range.set_start_revision(flags.rev);
  plan.range.set_prev_kv(flags.prev_kv);
  plan.range.set_progress_notify(flags.progress_notify);
  return plan;
}

bool IsProgress(const etcdserverpb::WatchResponse& response) {
  return response.events().empty() && !response.canceled() && response.compact_revision() == 0;
}

std::string CancelText(const etcdserverpb::WatchResponse& response) {
  if (response.compact_revision() != 0) return "etcdserver: mvcc: required revision has been compacted";
  if (response.cancel_reason().empty()) return "etcdserver: mvcc: required revision is a future revision";
  return response.cancel_reason();
}

absl::Status RunForEvents(Session& session, const Arguments& program, const etcdserverpb::WatchResponse& response) {
  for (const auto& event : response.events()) {
    std::vector<std::string> environment = session.environment();
    environment.push_back("ETCD_WATCH_REVISION=" + std::to_string(response.header().revision()));
    environment.push_back("ETCD_WATCH_EVENT_TYPE=" + Quote(mvccpb::Event::EventType_Name(event.type())));
    environment.push_back("ETCD_WATCH_KEY=" + Quote(event.kv().key()));
    environment.push_back("ETCD_WATCH_VALUE=" + Quote(event.kv().value()));
    absl::Status status = RunProgram(program, environment);
    if (status.ok()) continue;
    std::string words;
    for (const std::string& word : program) words += (words.empty() ? "" : " ") + Quote(word);
    session.err() << "command [" << words << "] error (" << base::MessageOf(status) << ")\n";
    return FailSilently(Exit::kError);
  }
  return absl::OkStatus();
}

absl::Status Show(Session& session, const Arguments& program, const etcdserverpb::WatchResponse& response) {
  if (response.created() && !response.canceled()) return absl::OkStatus();
  if (response.canceled()) session.err() << "watch was canceled (" << CancelText(response) << ")\n";
  if (IsProgress(response)) session.out() << "progress notify: " << response.header().revision() << "\n";
  QUORATE_RETURN_IF_ERROR(session.printer().Watch(response));
  session.out() << std::flush;
  if (!program.empty()) QUORATE_RETURN_IF_ERROR(RunForEvents(session, program, response));
  if (response.canceled()) return Fail(Exit::kInterrupted, "watch is canceled by the server");
  return absl::OkStatus();
}

absl::Status Watch(Session& session, const WatchFlags& flags, const Arguments& arguments) {
  QUORATE_ASSIGN_OR_RETURN(WatchPlan plan, PlanOf(session, flags, arguments));
  QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<Client> client, session.Connect());
  const Call call = {"/etcdserverpb.Watch/Watch", false, Duration{}, true, true};
  while (true) {
    etcdserverpb::WatchRequest request;
    *request.mutable_create_request() = plan.range;
    etcdserverpb::WatchResponse response;
    absl::Status status = client->ServerStream(call, request, response, [&]() -> absl::Status {
      QUORATE_RETURN_IF_ERROR(Show(session, plan.program, response));
      // After a broken connection the watch goes on behind what has been shown, or behind its beginning.
      if (!response.events().empty() || (response.created() && plan.range.start_revision() == 0)) {
        plan.range.set_start_revision(response.header().revision() + 1);
      }
      return absl::OkStatus();
    });
    if (!status.ok() && status.code() != absl::StatusCode::kUnavailable) return status;
  }
}

}  // namespace

void AddWatch(Command& root) {
  auto flags = std::make_shared<WatchFlags>();
  Command& watch =
      root.Add({"watch", "[options] [key or prefix] [range_end] [--] [exec-command arg1 arg2 ...]",
                "Follows the changes of a key or a range of keys",
                R"(Shows every change of a key, of a range of keys, or with --prefix of all keys that begin so.

A program behind '--' is run for each change, with ETCD_WATCH_REVISION, ETCD_WATCH_EVENT_TYPE, ETCD_WATCH_KEY
and ETCD_WATCH_VALUE in its environment. Without a key, ETCDCTL_WATCH_KEY and ETCDCTL_WATCH_RANGE_END name one.)",
                Group::kKeyValue});
  watch.AddFlag("prefix", &flags->prefix, "every key that begins with the key");
  watch.AddFlag("rev", &flags->rev, "first revision to show");
  watch.AddFlag("prev-kv", &flags->prev_kv, "show the key before each change as well");
  watch.AddFlag("progress-notify", &flags->progress_notify, "show from time to time how far the watch is");
  watch.SetAction([flags](Session& session, const Arguments& arguments) { return Watch(session, *flags, arguments); });
}

}  // namespace quorate::ctl
