#include "src/ctl/rows.h"

#include "absl/strings/str_join.h"
#include "src/ctl/names.h"

namespace quorate::ctl {
namespace {

std::string YesNo(bool value) { return value ? "true" : "false"; }

// Share of the store that holds no data, in whole percent.
std::string PercentNotInUse(const etcdserverpb::StatusResponse& status) {
  if (status.dbsize() == 0) return "0%";
  return std::to_string(100 - status.dbsizeinuse() * 100 / status.dbsize()) + "%";
}

}  // namespace

std::vector<tool::Row> MemberRows(const etcdserverpb::MemberListResponse& response) {
  std::vector<tool::Row> rows = {{"ID", "STATUS", "NAME", "PEER ADDRS", "CLIENT ADDRS", "IS LEARNER"}};
  for (const auto& member : response.members()) {
    rows.push_back({Hex(member.id()), member.name().empty() ? "unstarted" : "started", member.name(),
                    absl::StrJoin(member.peerurls(), ","), absl::StrJoin(member.clienturls(), ","),
                    YesNo(member.islearner())});
  }
  return rows;
}

std::vector<tool::Row> HealthRows(const std::vector<EndpointHealth>& endpoints) {
  std::vector<tool::Row> rows = {{"ENDPOINT", "HEALTH", "TOOK", "ERROR"}};
  for (const auto& health : endpoints) {
    rows.push_back({health.endpoint, YesNo(health.healthy), health.took, health.error});
  }
  return rows;
}

std::vector<tool::Row> StatusRows(const std::vector<EndpointStatus>& endpoints) {
  std::vector<tool::Row> rows = {{"ENDPOINT", "ID", "VERSION", "STORAGE VERSION", "DB SIZE", "IN USE",
                                  "PERCENTAGE NOT IN USE", "QUOTA", "IS LEADER", "IS LEARNER", "RAFT TERM",
                                  "RAFT INDEX", "RAFT APPLIED INDEX", "ERRORS", "DOWNGRADE TARGET VERSION",
                                  "DOWNGRADE ENABLED"}};
  for (const auto& [endpoint, status] : endpoints) {
    rows.push_back({endpoint, Hex(status.header().member_id()), status.version(), status.storageversion(),
                    FormatBytes(static_cast<uint64_t>(status.dbsize())),
                    FormatBytes(static_cast<uint64_t>(status.dbsizeinuse())), PercentNotInUse(status),
                    FormatBytes(static_cast<uint64_t>(status.dbsizequota())),
                    YesNo(status.leader() == status.header().member_id()), YesNo(status.islearner()),
                    std::to_string(status.raftterm()), std::to_string(status.raftindex()),
                    std::to_string(status.raftappliedindex()), absl::StrJoin(status.errors(), ", "),
                    status.downgradeinfo().targetversion(), YesNo(status.downgradeinfo().enabled())});
  }
  return rows;
}

std::vector<tool::Row> HashRows(const std::vector<EndpointHash>& endpoints) {
  std::vector<tool::Row> rows = {{"ENDPOINT", "HASH", "HASH REVISION"}};
  for (const auto& [endpoint, hash] : endpoints) {
    rows.push_back({endpoint, std::to_string(hash.hash()), std::to_string(hash.hash_revision())});
  }
  return rows;
}

}  // namespace quorate::ctl
