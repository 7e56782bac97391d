#include "quorate/base/hex.h"
#include "quorate/etcdfile/reader.h"
#include "quorate/tool/failure.h"
#include "src/utl/commands.h"
#include "src/utl/output.h"
#include "src/utl/paths.h"

namespace quorate::utl {
namespace {

std::vector<Field> FieldsOf(const etcdfile::SnapshotStatus& status) {
  const auto keys = static_cast<int64_t>(status.total_keys);
  const auto bytes = static_cast<int64_t>(status.total_bytes);
  return {
      {"hash", base::Hex(status.hash), "Hash", "hash", int64_t{status.hash}},
      {"revision", std::to_string(status.revision), "Revision", "revision", status.revision},
      {"total keys", std::to_string(keys), "Keys", "totalKey", keys},
      {"total size", tool::FormatBytes(status.total_bytes), "Size", "totalSize", bytes},
      {"version", status.version, "Version", "version", status.version},
  };
}

absl::Status Show(const GlobalFlags& flags, const tool::Streams& streams, const tool::Arguments& arguments) {
  if (arguments.size() != 1) {
    return tool::Fail(tool::Exit::kBadArguments, "snapshot status requires exactly one argument");
  }
  QUORATE_RETURN_IF_ERROR(CheckExists(arguments[0]));
  QUORATE_RETURN_IF_ERROR(CheckFormat(flags.write_out));
  QUORATE_ASSIGN_OR_RETURN(const auto file, etcdfile::SnapshotFile::Open(arguments[0]));
  QUORATE_ASSIGN_OR_RETURN(const etcdfile::SnapshotStatus status, file->Status());
  return Print(flags.write_out, FieldsOf(status), streams.out);
}

}  // namespace

void AddSnapshotStatus(tool::Command& snapshot, const GlobalFlags& flags, const tool::Streams& streams) {
  snapshot.Add({"status", "<filename>", "Shows hash, revision, keys, size and version of a saved snapshot"})
      .SetAction([&flags, &streams](const tool::Arguments& arguments) { return Show(flags, streams, arguments); });
}

}  // namespace quorate::utl
