#include <sys/stat.h>

#include <memory>

#include "quorate/etcdfile/reader.h"
#include "quorate/mvcc/hash.h"
#include "quorate/replica/stopped_member.h"
#include "src/utl/commands.h"
#include "src/utl/output.h"
#include "src/utl/paths.h"

namespace quorate::utl {
namespace {

bool IsDirectory(const std::string& path) {
  struct stat status;
  return stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

// Of a saved snapshot, of etcd's member/snap/db, or of a data directory of ours.
absl::StatusOr<mvcc::HashResult> HashOf(const std::string& path, int64_t revision, std::chrono::nanoseconds patience) {
  using replica::StoppedMember;
  if (!IsDirectory(path)) {
    QUORATE_ASSIGN_OR_RETURN(const auto file, etcdfile::SnapshotFile::Open(path));
    return file->HashKV(revision);
  }
  QUORATE_ASSIGN_OR_RETURN(StoppedMember member, StoppedMember::Open(path, StoppedMember::Mode::kReadOnly, patience));
  return mvcc::HashHistory(member.database(), revision);
}

// The API's errors begin with the server's name, which a tool leaves out.
absl::Status WithoutServer(const absl::Status& status) {
  constexpr std::string_view kServer = "etcdserver: ";
  std::string_view message = base::MessageOf(status);
  if (message.starts_with(kServer)) message.remove_prefix(kServer.size());
  return base::MakeStatus(status.code(), std::string(message));
}

}  // namespace

void AddHashKv(tool::Command& root, const GlobalFlags& flags, const tool::Streams& streams) {
  const auto revision = std::make_shared<int64_t>(0);
  tool::Command& command =
      root.Add({"hashkv", "<filename>", "Hashes the history in a saved snapshot, a db file or a data directory"});
  command.AddFlag("rev", revision.get(), "highest revision to hash (default: the latest)");
  command.RequireArguments(1);
  command.SetAction([&flags, &streams, revision](const tool::Arguments& arguments) {
    QUORATE_RETURN_IF_ERROR(CheckFormat(flags.write_out));
    QUORATE_RETURN_IF_ERROR(CheckExists(arguments[0]));
    const auto hash = HashOf(arguments[0], *revision, flags.timeout);
    if (!hash.ok()) return WithoutServer(hash.status());
    const auto text = [](int64_t number) { return std::to_string(number); };
    const int64_t value = hash->hash;
    return Print(flags.write_out,
                 {{"hash", text(value), "Hash", "hash", value},
                  {"hash revision", text(hash->hash_revision), "Hash revision", "hashRevision", hash->hash_revision},
                  {"compact revision", text(hash->compact_revision), "Compact revision", "compactRevision",
                   hash->compact_revision}},
                 streams.out);
  });
}

}  // namespace quorate::utl
