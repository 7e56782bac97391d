#include <ostream>
#include <thread>

#include "quorate/base/mutex.h"
#include "src/ctl/cancellation.h"
#include "src/ctl/commands.h"
#include "src/ctl/input_lines.h"
#include "src/ctl/names.h"
#include "src/ctl/printer.h"
#include "src/ctl/run_program.h"
#include "src/ctl/session.h"
#include "src/ctl/txn_syntax.h"
#include "src/ctl/watch_syntax.h"
#include "src/ctl/watcher.h"

namespace quorate::ctl {
namespace {

using etcdserverpb::WatchResponse;

bool IsProgress(const WatchResponse& response) {
  return response.events().empty() && !response.canceled() && response.compact_revision() == 0 &&
         response.header().revision() != 0;
}

// Most programs find the first of a name: what the environment has of it already goes.
void SetVariable(std::vector<std::string>& environment, const std::string& name, const std::string& value) {
  std::erase_if(environment, [&](const std::string& entry) { return entry.starts_with(name + "="); });
  environment.push_back(name + "=" + value);
}

absl::Status RunForEvents(Session& session, const Arguments& program, const WatchResponse& response) {
  for (const auto& event : response.events()) {
    std::vector<std::string> environment = session.environment();
    SetVariable(environment, "ETCD_WATCH_REVISION", std::to_string(response.header().revision()));
    SetVariable(environment, "ETCD_WATCH_EVENT_TYPE", Quote(mvccpb::Event::EventType_Name(event.type())));
    SetVariable(environment, "ETCD_WATCH_KEY", Quote(event.kv().key()));
    SetVariable(environment, "ETCD_WATCH_VALUE", Quote(event.kv().value()));
    absl::Status status = RunProgram(program, environment);
    if (status.ok()) continue;
    std::string words;
    for (const std::string& word : program) words += (words.empty() ? "" : " ") + Quote(word);
    session.err() << "command [" << words << "] error (" << base::MessageOf(status) << ")\n";
    return FailSilently(Exit::kError);
  }
  return absl::OkStatus();
}

absl::Status Show(Session& session, const Arguments& program, const WatchResponse& response,
                  const absl::Status& error) {
  if (!error.ok()) session.err() << "watch was canceled (" << base::MessageOf(error) << ")\n";
  if (IsProgress(response)) session.out() << "progress notify: " << response.header().revision() << "\n";
  QUORATE_RETURN_IF_ERROR(session.printer().Watch(response));
  session.out() << std::flush;
  return program.empty() ? absl::OkStatus() : RunForEvents(session, program, response);
}

absl::Status WatchOnce(Session& session, Client& client, const etcdserverpb::WatchCreateRequest& request,
                       const Arguments& program) {
  Cancellation never;
  Watcher watcher(client, true, never);
  absl::Status failure;
  watcher.Add(request, [&](const WatchResponse& response, const absl::Status& error) {
    failure = Show(session, program, response, error);
    return failure.ok();
  });
  watcher.Run(false);
  QUORATE_RETURN_IF_ERROR(failure);
  return Fail(Exit::kInterrupted, "watch is canceled by the server");
}

// Reads lines that begin with "watch" or "progress"; the watches are shown by a thread of their own.
class InteractiveWatch {
 public:
  InteractiveWatch(Session& session, Client& client, WatchVariables variables)
      : session_(session), variables_(std::move(variables)), watcher_(client, true, stop_) {}

  absl::Status Run() {
    std::thread server([this] { watcher_.Run(true); });
    absl::Status status = ReadLines();
    stop_.Cancel();
    server.join();
    base::MutexLock lock(&mutex_);
    return failure_.ok() ? status : failure_;
  }

 private:
  absl::Status ReadLines() {
    InputLines lines(session_.in(), session_.in_descriptor(), stop_);
    while (std::optional<std::string> line = lines.Next()) {
      QUORATE_ASSIGN_OR_RETURN(std::vector<std::string> words, SplitWords(*line));
      if (words.empty()) {
        session_.err() << "Invalid command: " << *line << " (watch and progress supported)\n";
      } else if (words[0] == "watch") {
        QUORATE_RETURN_IF_ERROR(Watch(*line, words));
      } else if (words[0] == "progress") {
        watcher_.RequestProgress();
      } else {
        Refuse(*line, "only support watch");
      }
    }
    return Fail(Exit::kInvalidInput, "error reading watch request line: EOF");
  }

  absl::Status Watch(const std::string& line, Arguments words) {
    if (words.size() < 2 && variables_.key.empty()) {
      Refuse(line, "command type or key is not provided");
      return absl::OkStatus();
    }
    words.erase(words.begin());
    WatchFlags flags;
    QUORATE_ASSIGN_OR_RETURN(WatchArguments arguments, ReadWatchLine(words, variables_, flags));
    absl::StatusOr<etcdserverpb::WatchCreateRequest> request = WatchRequestOf(flags, arguments.range);
    if (!request.ok()) {
      Refuse(line, base::MessageOf(request.status()));
      return absl::OkStatus();
    }
    watcher_.Add(*request,
                 [this, program = arguments.program](const WatchResponse& response, const absl::Status& error) {
                   absl::Status status = Show(session_, program, response, error);
                   if (status.ok()) return true;
                   base::MutexLock lock(&mutex_);
                   failure_ = status;
                   stop_.Cancel();
                   return false;
                 });
    return absl::OkStatus();
  }

  void Refuse(const std::string& line, std::string_view reason) {
    session_.err() << "Invalid command " << line << " (" << reason << ")\n";
  }

  Session& session_;
  const WatchVariables variables_;
  Cancellation stop_;
  Watcher watcher_;
  base::Mutex mutex_;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);  // ends the mode
};

absl::Status Watch(Session& session, const WatchFlags& flags) {
  WatchVariables variables{session.Variable("WATCH_KEY"), session.Variable("WATCH_RANGE_END")};
  if (variables.key.empty() && !variables.range_end.empty()) {
    return Fail(Exit::kBadArguments,
                "ETCDCTL_WATCH_KEY is empty but got ETCDCTL_WATCH_RANGE_END=" + Quote(variables.range_end));
  }
  if (flags.interactive) {
    QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<Client> client, session.Connect());
    return InteractiveWatch(session, *client, variables).Run();
  }
  QUORATE_ASSIGN_OR_RETURN(WatchArguments arguments, WatchArgumentsOf(session.line(), variables));
  QUORATE_ASSIGN_OR_RETURN(etcdserverpb::WatchCreateRequest request, WatchRequestOf(flags, arguments.range));
  QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<Client> client, session.Connect());
  return WatchOnce(session, *client, request, arguments.program);
}

}  // namespace

void AddWatch(Command& root, Session& session) {
  auto flags = std::make_shared<WatchFlags>();
  Command& watch =
      root.Add({"watch", "[options] [key or prefix] [range_end] [--] [exec-command arg1 arg2 ...]",
                "Follows the changes of a key or a range of keys",
                R"(Shows every change of a key, of a range of keys, or with --prefix of all keys that begin so.

A program behind '--' is run for each change, with ETCD_WATCH_REVISION, ETCD_WATCH_EVENT_TYPE, ETCD_WATCH_KEY
and ETCD_WATCH_VALUE in its environment. Without a key, ETCDCTL_WATCH_KEY and ETCDCTL_WATCH_RANGE_END name one.

With --interactive, every line of standard input is a watch of its own, written as on the command line, or the word
'progress', which has each watch show how far it is.)",
                Group::kKeyValue});
  AddWatchFlags(watch, *flags);
  watch.SetAction([flags, &session](const Arguments&) { return Watch(session, *flags); });
}

}  // namespace quorate::ctl
