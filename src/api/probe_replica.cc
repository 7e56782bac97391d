#include <algorithm>

#include "quorate/base/hex.h"
#include "src/api/probes.h"

namespace quorate::api {
namespace {

void ProbeProposals(const replica::ReplicaStatus& status, MetricsPage& page) {
  page.Gauge("etcd_server_proposals_committed_total", "Index of the last committed entry.",
             static_cast<double>(status.commit_index));
  page.Gauge("etcd_server_proposals_applied_total", "Index of the last executed entry.",
             static_cast<double>(status.applied_index));
  page.Gauge("etcd_server_proposals_pending", "Proposals waiting to be committed.",
             static_cast<double>(status.proposals_pending));
  page.Counter("etcd_server_proposals_failed_total", "Proposals refused or lost.",
               static_cast<double>(status.proposals_failed));
  page.Counter("etcd_server_slow_apply_total", "Groups of entries that took long to execute.",
               static_cast<double>(status.slow_applies));
  page.Counter("etcd_server_read_indexes_failed_total", "Confirmations of reads that failed.",
               static_cast<double>(status.read_indexes_failed));
}

std::string_view NameOf(replica::CommandType type) {
  switch (type) {
    case replica::CommandType::kPut:
      return "Put";
    case replica::CommandType::kDeleteRange:
      return "DeleteRange";
    case replica::CommandType::kTxn:
      return "Txn";
    case replica::CommandType::kCompact:
      return "Compaction";
    case replica::CommandType::kMemberAttributes:
      return "ClusterMemberAttrSet";
    case replica::CommandType::kLeaseGrant:
      return "LeaseGrant";
    case replica::CommandType::kLeaseRevoke:
      return "LeaseRevoke";
    case replica::CommandType::kAlarm:
      return "Alarm";
    case replica::CommandType::kDowngrade:
      return "DowngradeInfoSet";
  }
  return "";
}

void ProbeExecution(const replica::ExecutionStatistics& statistics, MetricsPage& page) {
  for (size_t type = 0; type < statistics.commands.size(); ++type) {
    const std::string name(NameOf(static_cast<replica::CommandType>(type)));
    for (const bool success : {true, false}) {
      const auto& latency = success ? statistics.commands[type].succeeded : statistics.commands[type].failed;
      // As in etcd, what never happened is not listed.
      if (latency.count() == 0) continue;
      page.Histogram("etcd_server_apply_duration_seconds", "How long commands took to execute.", latency,
                     {{"op", name}, {"success", success ? "true" : "false"}, {"version", "v3"}});
    }
  }
}

void ProbeMembership(const ServiceContext& context, const replica::ReplicaStatus& status, MetricsPage& page) {
  const membership::Cluster cluster = context.replica->cluster();
  const membership::Member* self = cluster.Find(cluster.self);
  page.Gauge("etcd_server_id", "This member.", 1, {{"server_id", base::Hex(status.member_id)}});
  page.Gauge("etcd_server_has_leader", "Whether a leader is known.", status.leader != 0);
  page.Gauge("etcd_server_is_leader", "Whether this member leads.", status.leader == status.member_id);
  page.Gauge("etcd_server_is_learner", "Whether this member only learns.", self != nullptr && self->learner);
  page.Counter("etcd_server_leader_changes_seen_total", "Changes of leader.",
               static_cast<double>(status.leader_changes));
  for (const membership::Member& member : cluster.members) {
    page.Gauge("etcd_network_known_peers", "Members known.", 1,
               {{"Local", base::Hex(status.member_id)}, {"Remote", base::Hex(member.id)}});
  }
}

void ProbeAlarms(const ServiceContext& context, MetricsPage& page) {
  for (const replica::Alarm& alarm : context.replica->alarms()) {
    page.Gauge("etcd_debugging_server_alarms", "Alarms raised, by who raised them and why.", 1,
               {{"alarm_type", NameOf(alarm.type)}, {"server_id", base::Hex(alarm.member)}});
  }
}

}  // namespace

void ProbeReplica(const ServiceContext& context, MetricsPage& page) {
  const replica::ReplicaStatus status = context.replica->status();
  const Versions& versions = context.options.versions;
  ProbeProposals(status, page);
  ProbeExecution(context.replica->execution_statistics(), page);
  ProbeMembership(context, status, page);
  ProbeAlarms(context, page);
  page.Gauge("etcd_server_version", "Level of the etcd API.", 1, {{"server_version", versions.server}});
  page.Gauge("etcd_cluster_version", "Level the cluster agreed on.", 1,
             {{"cluster_version", versions.ClusterMajorMinor()}});
  page.Gauge("quorate_version", "Version of Quorate.", 1, {{"version", versions.quorate}});
  page.Gauge("etcd_server_quota_backend_bytes", "How much users may store.",
             static_cast<double>(context.quota.bytes()));
  page.Gauge("quorate_raft_term", "Raft term.", static_cast<double>(status.term));
  page.Gauge("quorate_log_queue_length", "Committed entries not executed yet.",
             static_cast<double>(status.commit_index - std::min(status.applied_index, status.commit_index)));
  page.Gauge("quorate_writes_possible", "0 while writes cannot go on, such as on a full disk.", status.trouble.ok());
  page.Gauge("quorate_data_damaged", "1 once a file was found to be damaged.",
             status.trouble.code() == absl::StatusCode::kDataLoss);
}

}  // namespace quorate::api
