#include <chrono>
#include <functional>
#include <ostream>

#include "etcdserverpb/rpc.pb.h"
#include "quorate/tool/progress_bar.h"
#include "src/ctl/cancellation.h"
#include "src/ctl/commands.h"
#include "src/ctl/log_line.h"
#include "src/ctl/names.h"
#include "src/ctl/session.h"
#include "src/ctl/signals.h"
#include "src/ctl/snapshot_file.h"

namespace quorate::ctl {
namespace {

constexpr char kCaller[] = "ctl/command_snapshot.cc";

absl::StatusOr<std::string> OneEndpoint(Session& session) {
  std::vector<std::string> endpoints = session.Endpoints();
  if (endpoints.size() == 1) return endpoints[0];
  std::string shown;
  for (const std::string& endpoint : endpoints) shown += (shown.empty() ? "" : " ") + endpoint;
  return Fail(Exit::kInterrupted, "snapshot must be requested to one selected node, not multiple [" + shown + "]");
}

// Writes what the member streams to the file; returns the version of the store it is for.
absl::StatusOr<std::string> Fetch(Session& session, Client& client, Cancellation& interrupted, SnapshotFile& file) {
  // Only a limit that was asked for: a snapshot takes as long as it takes.
  bool is_bounded = session.line().command->FindFlag("command-timeout")->IsSet();
  Call call = {"/etcdserverpb.Maintenance/Snapshot", false, is_bounded ? session.command_timeout() : Duration{}};
  call.cancellation = &interrupted;
  tool::ProgressBar bar(session.shows_progress() ? &session.err() : nullptr, tool::ProgressBar::Unit::kBytes);
  std::string version;
  etcdserverpb::SnapshotResponse response;
  absl::Status status = client.ServerStream(call, etcdserverpb::SnapshotRequest(), response, [&]() -> absl::Status {
    if (version.empty()) version = response.version();
    QUORATE_RETURN_IF_ERROR(file.Append(response.blob()));
    bar.Show(file.size(), file.size() + response.remaining_bytes());
    return absl::OkStatus();
  });
  if (status.ok()) return version;
  if (IsFailure(status)) return status;
  std::string context = file.size() > 0 ? "could not write snapshot: " : "";
  return Fail(Exit::kInterrupted, context + std::string(base::MessageOf(status)));
}

absl::Status Save(Session& session, const Arguments& arguments) {
  if (arguments.size() != 1) return Fail(Exit::kBadArguments, "snapshot save expects one argument <filename>");
  const std::string& path = arguments[0];
  QUORATE_RETURN_IF_ERROR(session.Prepare());
  QUORATE_ASSIGN_OR_RETURN(std::string endpoint, OneEndpoint(session));
  auto log = [&](const char* message, const LogFields& fields) {
    if (!session.shows_progress()) WriteLogLine(session.err(), "info", kCaller, message, fields);
  };
  absl::StatusOr<std::unique_ptr<Client>> client = session.ClientFor({endpoint});
  if (!client.ok()) return Fail(Exit::kInterrupted, base::MessageOf(client.status()));
  Cancellation interrupted;
  SignalWatch signals([&](const Signal&) { interrupted.Cancel(); });
  QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<SnapshotFile> file, SnapshotFile::Create(path));
  log("created temporary db file", {{"path", file->partial_path()}});
  log("fetching snapshot", {{"endpoint", endpoint}});
  auto start = std::chrono::steady_clock::now();
  QUORATE_ASSIGN_OR_RETURN(std::string version, Fetch(session, **client, interrupted, *file));
  QUORATE_RETURN_IF_ERROR(file->Complete());
  log("fetched snapshot", {{"endpoint", endpoint},
                           {"size", FormatBytes(file->size())},
                           {"took", FormatDuration(std::chrono::steady_clock::now() - start)},
                           {"etcd-version", version}});
  log("saved", {{"path", path}});
  session.out() << "Snapshot saved at " << path << "\n";
  if (!version.empty()) session.out() << "Server version " << version << "\n";
  return absl::OkStatus();
}

}  // namespace

void AddSnapshot(Command& root, Session& session) {
  Command& snapshot = root.Add({"snapshot", "", "Takes snapshots of a member", "", Group::kClusterMaintenance});
  snapshot
      .Add({"save", "<filename>", "Saves all that a member stores to a file",
            "Saves all that one member stores to a file in etcd's own format, which quorateutl and etcdutl restore "
            "from.\n"
            "The file has its name only once it is whole and checked; until then it is <filename>.part."})
      .SetAction(std::bind_front(Save, std::ref(session)));
}

}  // namespace quorate::ctl
