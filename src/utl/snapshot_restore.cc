#include <memory>
#include <optional>
#include <ostream>

#include "absl/strings/str_join.h"
#include "quorate/base/hex.h"
#include "quorate/config/url.h"
#include "quorate/membership/membership.h"
#include "quorate/tool/failure.h"
#include "quorate/tool/progress_bar.h"
#include "quorate/utl/restore.h"
#include "src/utl/commands.h"

namespace quorate::utl {
namespace {

struct RestoreFlags {
  std::string data_dir;
  std::string wal_dir;
  std::string initial_cluster = "default=http://localhost:2380";
  std::string initial_cluster_token = "etcd-cluster";
  std::string initial_advertise_peer_urls = "http://localhost:2380";
  std::string name = "default";
  bool skip_hash_check = false;
  uint64_t initial_memory_map_size = 10737418240;
  uint64_t bump_revision = 0;
  bool mark_compacted = false;
};

absl::StatusOr<RestoreOptions> OptionsOf(const RestoreFlags& flags, const std::string& snapshot) {
  RestoreOptions options;
  options.snapshot = snapshot;
  options.skip_hash_check = flags.skip_hash_check;
  options.bump_revision = flags.bump_revision;
  options.member.name = flags.name;
  options.member.cluster_token = flags.initial_cluster_token;
  options.member.data_dir = flags.data_dir.empty() ? flags.name + ".etcd" : flags.data_dir;
  options.member.wal_dir = flags.wal_dir;
  QUORATE_ASSIGN_OR_RETURN(options.member.initial_cluster, config::ParseInitialCluster(flags.initial_cluster));
  QUORATE_ASSIGN_OR_RETURN(const std::vector<std::string> advertised,
                           config::ParseUrls(flags.initial_advertise_peer_urls));
  QUORATE_RETURN_IF_ERROR(config::CheckSelf(options.member.initial_cluster, flags.name, advertised));
  // What no server would start on is not made.
  QUORATE_RETURN_IF_ERROR(config::CheckAlone(options.member.initial_cluster, flags.name));
  return options;
}

void TellMembers(const RestoreOptions& options, std::ostream& err) {
  const replica::NewMemberOptions& member = options.member;
  const auto cluster = membership::Bootstrap(member.initial_cluster, member.cluster_token, member.name);
  if (!cluster.ok()) return;  // it would not have been restored
  for (const membership::Member& one : cluster->members) {
    err << "added member " << base::Hex(one.id) << " with the peer URLs " << absl::StrJoin(one.peer_urls, ",")
        << " to the cluster " << base::Hex(cluster->id) << "\n";
  }
}

void Tell(const RestoreOptions& options, const Restored& restored, std::ostream& err) {
  TellMembers(options, err);
  err << "restored " << restored.keys << " keys, " << restored.changes << " changes and " << restored.leases
      << " leases at revision " << restored.revision;
  if (restored.compacted_revision >= 0) err << ", compacted at " << restored.compacted_revision << ",";
  err << " into " << options.member.data_dir << "\n";
  for (const replica::Alarm& alarm : restored.alarms) {
    err << "the alarm " << replica::NameOf(alarm.type)
        << " is raised in the snapshot and stays raised; see `quoratectl alarm disarm`\n";
  }
  if (restored.dropped_users_and_roles > 0) {
    err << "the snapshot's " << restored.dropped_users_and_roles
        << " users and roles are left out: authentication is off in it, and not yet supported here\n";
  }
}

absl::Status Restore(const RestoreFlags& flags, const tool::Streams& streams, const tool::Arguments& arguments) {
  if (arguments.size() != 1) {
    return tool::Fail(tool::Exit::kBadArguments, "snapshot restore requires exactly one argument");
  }
  if ((flags.bump_revision > 0) != flags.mark_compacted) {
    return tool::Fail(tool::Exit::kBadArguments, "--mark-compacted required if --revision-bump > 0");
  }
  QUORATE_ASSIGN_OR_RETURN(const RestoreOptions options, OptionsOf(flags, arguments[0]));
  std::optional<tool::ProgressBar> bar;
  std::ostream* const terminal = streams.err_is_terminal ? &streams.err : nullptr;
  RestoreStage shown = RestoreStage::kVerify;
  const auto restored = RestoreSnapshot(options, [&](RestoreStage stage, uint64_t done, uint64_t total) {
    if (!bar.has_value() || stage != shown) bar.emplace(terminal, tool::ProgressBar::Unit::kBytes);
    shown = stage;
    bar->Show(done, total);
  });
  bar.reset();
  if (!restored.ok()) return restored.status();
  Tell(options, *restored, streams.err);
  return absl::OkStatus();
}

}  // namespace

void AddSnapshotRestore(tool::Command& snapshot, const tool::Streams& streams) {
  const auto flags = std::make_shared<RestoreFlags>();
  tool::Command& restore = snapshot.Add({"restore", "<filename> --data-dir {output dir} [options]",
                                         "Makes a member's data directory out of a saved snapshot"});
  restore.AddFlag("data-dir", &flags->data_dir, "data directory to make; must not exist, or be empty");
  restore.AddFlag("wal-dir", &flags->wal_dir, "directory for the log to make; inside --data-dir if not given");
  restore.AddFlag("initial-cluster", &flags->initial_cluster, "members of the new cluster: name=peer URL,...");
  restore.AddFlag("initial-cluster-token", &flags->initial_cluster_token, "token of the new cluster");
  restore.AddFlag("initial-advertise-peer-urls", &flags->initial_advertise_peer_urls,
                  "this member's peer URLs, as they stand in --initial-cluster");
  restore.AddFlag("name", &flags->name, "this member's name");
  restore.AddFlag("skip-hash-check", &flags->skip_hash_check,
                  "do not insist on the snapshot's SHA-256 (needed for a copy of etcd's db file)");
  restore.AddFlag("initial-memory-map-size", &flags->initial_memory_map_size, "accepted, without effect");
  restore.AddFlag("bump-revision", &flags->bump_revision, "how much to add to the latest revision");
  restore.AddFlag("mark-compacted", &flags->mark_compacted,
                  "count the latest revision as compacted (required with --bump-revision, refused without)");
  restore.SetAction(
      [flags, &streams](const tool::Arguments& arguments) { return Restore(*flags, streams, arguments); });
}

}  // namespace quorate::utl
