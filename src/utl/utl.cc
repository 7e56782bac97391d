#include "quorate/utl/utl.h"

#include <ostream>

#include "src/utl/commands.h"

namespace quorate::utl {
namespace {

// An etcd server writes its files in the form of its own version; there is one form here.
constexpr char kMigrateAnswer[] =
    "migrate does not apply to Quorate: its data directories have one form, which every version reads. To move data "
    "between etcd and Quorate, save a snapshot on one side (snapshot save) and restore it on the other (snapshot "
    "restore)";

}  // namespace

void AddVersion(const tool::Tool::Entry& root) {
  root.Add({"version", "", "Shows the version of the tool"})
      .SetAction([](const tool::Streams& streams, const tool::Tool::Arguments&) {
        streams.out << tool::ShowVersions("etcdutl", "quorateutl");
        return absl::OkStatus();
      });
}

void AddMigrate(const tool::Tool::Entry& root) {
  struct Flags {
    std::string data_dir;
    std::string target_version;
    bool force = false;
  };
  const auto flags = std::make_shared<Flags>();
  const auto migrate = root.Add({"migrate", "", "Tells why there is nothing to migrate"});
  migrate.AddFlag("data-dir", &flags->data_dir, "data directory");
  migrate.AddFlag("target-version", &flags->target_version, "etcd version to migrate to, as X.Y");
  migrate.AddFlag("force", &flags->force, "go on where the migration fails");
  migrate.RequireFlag("data-dir");
  migrate.RequireFlag("target-version");
  migrate.SetAction([flags](const tool::Streams&, const tool::Tool::Arguments&) {
    return tool::FailWith(tool::kExitBadFeature, kMigrateAnswer);
  });
}

int Run(const std::vector<std::string>& arguments, const tool::Streams& streams) {
  GlobalFlags flags;
  tool::Tool tool({"quorateutl", "", "Works on saved snapshots and on the files of a member that is not running."});
  const tool::Tool::Entry root = tool.root();
  root.AddFlag("timeout", &flags.timeout, "time to wait for a server to let go of a data directory, 0 for ever");
  root.AddFlag("w,write-out", &flags.write_out, "output format (fields, json, protobuf, simple, table)");
  AddDefrag(root, &flags);
  AddHashKv(root, &flags);
  AddMigrate(root);
  const auto snapshot = root.Add({"snapshot", "", "Works on saved snapshots"});
  AddSnapshotRestore(snapshot);
  AddSnapshotStatus(snapshot, &flags);
  AddVersion(root);
  return tool.Run(arguments, streams);
}

}  // namespace quorate::utl
