#include <algorithm>
#include <future>
#include <ostream>

#include "src/ctl/cluster_endpoints.h"
#include "src/ctl/commands.h"
#include "src/ctl/names.h"
#include "src/ctl/printer.h"
#include "src/ctl/session.h"

namespace quorate::ctl {
namespace {

struct EndpointFlags {
  bool cluster = false;
  int64_t rev = 0;
};

// The alarms that make a member unhealthy, as part of its error; empty if there are none.
std::string AlarmError(Session& session, Client& client) {
  etcdserverpb::AlarmRequest request;
  etcdserverpb::AlarmResponse response;
  if (!client.Unary(session.Bounded("/etcdserverpb.Maintenance/Alarm", true), request, response).ok()) {
    return "Unable to fetch the alarm list";
  }
  if (response.alarms().empty()) return "";
  std::string error = "Active Alarm(s): ";
  for (const auto& alarm : response.alarms()) {
    bool known = alarm.alarm() == etcdserverpb::NOSPACE || alarm.alarm() == etcdserverpb::CORRUPT;
    error += (known ? etcdserverpb::AlarmType_Name(alarm.alarm()) : "UNKNOWN") + " ";
  }
  return error;
}

// A member that answers a linearizable read has a cluster behind it.
EndpointHealth CheckHealth(Session& session, const std::string& endpoint) {
  EndpointHealth health{endpoint, false, "", ""};
  absl::StatusOr<std::unique_ptr<Client>> client = session.ClientFor({endpoint});
  if (!client.ok()) {
    health.error = base::MessageOf(client.status());
    return health;
  }
  auto start = std::chrono::steady_clock::now();
  etcdserverpb::RangeRequest request;
  request.set_key("health");
  etcdserverpb::RangeResponse response;
  absl::Status status = (*client)->Unary(session.Bounded("/etcdserverpb.KV/Range", true), request, response);
  health.took = FormatDuration(std::chrono::steady_clock::now() - start);
  // The read went through the cluster before it was refused.
  bool answered = status.ok() || base::MessageOf(status) == "etcdserver: permission denied";
  health.error = answered ? AlarmError(session, **client) : std::string(base::MessageOf(status));
  health.healthy = health.error.empty();
  return health;
}

absl::Status Health(Session& session, const EndpointFlags& flags) {
  QUORATE_ASSIGN_OR_RETURN(std::vector<std::string> endpoints, EndpointsToAsk(session, flags.cluster));
  std::vector<std::future<EndpointHealth>> checks;
  for (const std::string& endpoint : endpoints) {
    checks.push_back(std::async(std::launch::async, [&session, endpoint] { return CheckHealth(session, endpoint); }));
  }
  std::vector<EndpointHealth> results;
  for (auto& check : checks) results.push_back(check.get());
  QUORATE_RETURN_IF_ERROR(session.printer().Health(results));
  bool healthy = std::all_of(results.begin(), results.end(), [](const auto& health) { return health.error.empty(); });
  return healthy ? absl::OkStatus() : Fail(Exit::kError, "unhealthy cluster");
}

// Asks every endpoint in turn; those that fail are named on standard error, and the last failure is returned.
template <typename Request, typename Response, typename Result>
absl::Status AskEach(Session& session, bool cluster, const char* method, const char* what, const Request& request,
                     std::vector<Result>& results) {
  QUORATE_ASSIGN_OR_RETURN(std::vector<std::string> endpoints, EndpointsToAsk(session, cluster));
  absl::Status last;
  for (const std::string& endpoint : endpoints) {
    QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<Client> client, session.ClientFor({endpoint}));
    Response response;
    absl::Status status = client->Unary(session.Bounded(method, true), request, response);
    if (status.ok()) {
      results.push_back({endpoint, std::move(response)});
    } else {
      last = status;
      session.err() << "Failed to get the " << what << " of endpoint " << endpoint << " (" << base::MessageOf(status)
                    << ")\n";
    }
  }
  return last;
}

absl::Status ShowStatus(Session& session, const EndpointFlags& flags) {
  std::vector<EndpointStatus> results;
  absl::Status status = AskEach<etcdserverpb::StatusRequest, etcdserverpb::StatusResponse>(
      session, flags.cluster, "/etcdserverpb.Maintenance/Status", "status", {}, results);
  if (IsFailure(status)) return status;
  QUORATE_RETURN_IF_ERROR(session.printer().StatusOf(results));
  return status.ok() ? status : FailSilently(Exit::kError);
}

absl::Status ShowHash(Session& session, const EndpointFlags& flags) {
  etcdserverpb::HashKVRequest request;
  request.set_revision(flags.rev);
  std::vector<EndpointHash> results;
  absl::Status status = AskEach<etcdserverpb::HashKVRequest, etcdserverpb::HashKVResponse>(
      session, flags.cluster, "/etcdserverpb.Maintenance/HashKV", "hash", request, results);
  if (IsFailure(status)) return status;
  QUORATE_RETURN_IF_ERROR(session.printer().HashKv(results));
  return status;
}

}  // namespace

void AddEndpoint(Command& root, Session& session) {
  auto flags = std::make_shared<EndpointFlags>();
  Command& endpoint = root.Add({"endpoint", "", "Asks single members how they are", "", Group::kClusterMaintenance});
  endpoint.AddFlag("cluster", &flags->cluster, "ask every member of the cluster instead of --endpoints");
  endpoint.Add({"health", "", "Checks that each endpoint can serve"}).SetAction([flags, &session](const Arguments&) {
    return Health(session, *flags);
  });
  endpoint
      .Add({"status", "", "Shows version, size and raft state of each endpoint",
            "Shows how each endpoint is. In the simple format a line is: endpoint, ID, version, storage version, db "
            "size,\n"
            "in use, percentage not in use, quota, is leader, is learner, raft term, raft index, raft applied index,\n"
            "errors, downgrade target version, downgrade enabled."})
      .SetAction([flags, &session](const Arguments&) { return ShowStatus(session, *flags); });
  Command& hash = endpoint.Add({"hashkv", "", "Shows the hash of each endpoint's history"});
  hash.AddFlag("rev", &flags->rev, "last revision that counts (default: the newest)");
  hash.SetAction([flags, &session](const Arguments&) { return ShowHash(session, *flags); });
}

}  // namespace quorate::ctl
