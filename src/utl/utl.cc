#include "quorate/utl/utl.h"

#include <memory>

#include "quorate/tool/failure.h"
#include "quorate/tool/run_line.h"
#include "src/utl/commands.h"

namespace quorate::utl {
namespace {

// An etcd server writes its files in the form of its own version; there is one form here.
constexpr char kMigrateAnswer[] =
    "migrate does not apply to Quorate: its data directories have one form, which every version reads. To move data "
    "between etcd and Quorate, save a snapshot on one side (snapshot save) and restore it on the other (snapshot "
    "restore)";

}  // namespace

void AddMigrate(tool::Command& root) {
  struct Flags {
    std::string data_dir;
    std::string target_version;
    bool force = false;
  };
  const auto flags = std::make_shared<Flags>();
  tool::Command& migrate = root.Add({"migrate", "", "Tells why there is nothing to migrate"});
  migrate.AddFlag("data-dir", &flags->data_dir, "data directory");
  migrate.AddFlag("target-version", &flags->target_version, "etcd version to migrate to, as X.Y");
  migrate.AddFlag("force", &flags->force, "go on where the migration fails");
  migrate.RequireFlag("data-dir");
  migrate.RequireFlag("target-version");
  migrate.SetAction([flags](const tool::Arguments&) { return tool::Fail(tool::Exit::kBadFeature, kMigrateAnswer); });
}

int Run(const std::vector<std::string>& arguments, const tool::Streams& streams) {
  GlobalFlags flags;
  tool::Command root({"quorateutl", "", "Works on saved snapshots and on the files of a member that is not running."});
  root.AddFlag("timeout", &flags.timeout, "time to wait for a server to let go of a data directory, 0 for ever");
  root.AddFlag("w,write-out", &flags.write_out, "output format (fields, json, protobuf, simple, table)");
  AddHelp(root, streams);
  AddCompletion(root, streams);
  AddDefrag(root, flags, streams);
  AddHashKv(root, flags, streams);
  AddMigrate(root);
  tool::Command& snapshot = root.Add({"snapshot", "", "Works on saved snapshots"});
  AddSnapshotRestore(snapshot, streams);
  AddSnapshotStatus(snapshot, flags, streams);
  AddVersion(root, streams);
  return tool::RunLine(root, arguments, streams, {.usage = FullUsageOf, .help = FullUsageOf});
}

}  // namespace quorate::utl
