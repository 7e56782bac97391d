#include <memory>
#include <ostream>

#include "quorate/replica/stopped_member.h"
#include "src/utl/commands.h"

namespace quorate::utl {
namespace {

absl::Status Defragment(const std::string& data_dir, std::chrono::nanoseconds patience) {
  using replica::StoppedMember;
  QUORATE_ASSIGN_OR_RETURN(StoppedMember member,
                           StoppedMember::Open(data_dir, StoppedMember::Mode::kReadWrite, patience));
  QUORATE_RETURN_IF_ERROR(member.database().CompactAll());
  return member.database().Flush();
}

}  // namespace

void AddDefrag(tool::Command& root, const GlobalFlags& flags, const tool::Streams& streams) {
  const auto data_dir = std::make_shared<std::string>();
  tool::Command& defrag = root.Add({"defrag", "", "Rewrites the tables of a store without the garbage in them"});
  defrag.AddFlag("data-dir", data_dir.get(), "Required. Data directory of a member that is not running");
  defrag.RequireFlag("data-dir");
  defrag.SetAction([&flags, &streams, data_dir](const tool::Arguments&) {
    const absl::Status status = Defragment(*data_dir, flags.timeout);
    if (status.ok()) {
      streams.err << "finished defragmenting directory " << *data_dir << "\n";
      return status;
    }
    return base::MakeStatus(status.code(), "Failed to defragment etcd data[" + *data_dir + "] (" +
                                               std::string(base::MessageOf(status)) + ")");
  });
}

}  // namespace quorate::utl
