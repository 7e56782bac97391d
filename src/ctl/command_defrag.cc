#include <chrono>
#include <ostream>

#include "etcdserverpb/rpc.pb.h"
#include "src/ctl/cluster_endpoints.h"
#include "src/ctl/commands.h"
#include "src/ctl/names.h"
#include "src/ctl/session.h"

namespace quorate::ctl {
namespace {

absl::Status Defragment(Session& session, bool cluster) {
  QUORATE_ASSIGN_OR_RETURN(std::vector<std::string> endpoints, EndpointsToAsk(session, cluster));
  bool failed = false;
  for (const std::string& endpoint : endpoints) {
    QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<Client> client, session.ClientFor({endpoint}));
    auto start = std::chrono::steady_clock::now();
    etcdserverpb::DefragmentResponse response;
    absl::Status status = client->Unary(session.Bounded("/etcdserverpb.Maintenance/Defragment"),
                                        etcdserverpb::DefragmentRequest(), response);
    std::string took = FormatDuration(std::chrono::steady_clock::now() - start);
    if (status.ok()) {
      session.out() << "Finished defragmenting etcd member[" << endpoint << "]. took " << took << "\n" << std::flush;
    } else {
      failed = true;
      session.err() << "Failed to defragment etcd member[" << endpoint << "]. took " << took << ". ("
                    << base::MessageOf(status) << ")\n";
    }
  }
  return failed ? FailSilently(Exit::kError) : absl::OkStatus();
}

}  // namespace

void AddDefrag(Command& root, Session& session) {
  auto cluster = std::make_shared<bool>(false);
  Command& defrag =
      root.Add({"defrag", "", "Gives unused space of each endpoint back", "", Group::kClusterMaintenance});
  defrag.AddFlag("cluster", cluster.get(), "ask every member of the cluster instead of --endpoints");
  defrag.SetAction([cluster, &session](const Arguments&) { return Defragment(session, *cluster); });
}

}  // namespace quorate::ctl
