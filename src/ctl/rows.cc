#include "src/ctl/rows.h"

#include <algorithm>

#include "src/ctl/values.h"

namespace quorate::ctl {
namespace {

std::string YesNo(bool value) { return value ? "true" : "false"; }

// Characters a terminal shows for a text, one for each code point.
size_t Width(const std::string& text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string Repeat(const std::string& text, size_t times) {
  std::string repeated;
  for (size_t i = 0; i < times; ++i) repeated += text;
  return repeated;
}

// Share of the store that holds no data, in whole percent.
std::string PercentNotInUse(const etcdserverpb::StatusResponse& status) {
  if (status.dbsize() == 0) return "0%";
  return std::to_string(100 - status.dbsizeinuse() * 100 / status.dbsize()) + "%";
}

}  // namespace

std::string Join(const std::vector<std::string>& parts, const std::string& separator) {
  std::string joined;
  for (size_t i = 0; i < parts.size(); ++i) joined += (i == 0 ? "" : separator) + parts[i];
  return joined;
}

std::vector<Row> MemberRows(const etcdserverpb::MemberListResponse& response) {
  std::vector<Row> rows = {{"ID", "STATUS", "NAME", "PEER ADDRS", "CLIENT ADDRS", "IS LEARNER"}};
  for (const auto& member : response.members()) {
    rows.push_back({Hex(member.id()), member.name().empty() ? "unstarted" : "started", member.name(),
                    Join({member.peerurls().begin(), member.peerurls().end()}, ","),
                    Join({member.clienturls().begin(), member.clienturls().end()}, ","), YesNo(member.islearner())});
  }
  return rows;
}

std::vector<Row> HealthRows(const std::vector<EndpointHealth>& endpoints) {
  std::vector<Row> rows = {{"ENDPOINT", "HEALTH", "TOOK", "ERROR"}};
  for (const auto& health : endpoints) {
    rows.push_back({health.endpoint, YesNo(health.healthy), health.took, health.error});
  }
  return rows;
}

std::vector<Row> StatusRows(const std::vector<EndpointStatus>& endpoints) {
  std::vector<Row> rows = {{"ENDPOINT", "ID", "VERSION", "STORAGE VERSION", "DB SIZE", "IN USE",
                            "PERCENTAGE NOT IN USE", "QUOTA", "IS LEADER", "IS LEARNER", "RAFT TERM", "RAFT INDEX",
                            "RAFT APPLIED INDEX", "ERRORS", "DOWNGRADE TARGET VERSION", "DOWNGRADE ENABLED"}};
  for (const auto& [endpoint, status] : endpoints) {
    rows.push_back(
        {endpoint, Hex(status.header().member_id()), status.version(), status.storageversion(),
         FormatBytes(static_cast<uint64_t>(status.dbsize())), FormatBytes(static_cast<uint64_t>(status.dbsizeinuse())),
         PercentNotInUse(status), FormatBytes(static_cast<uint64_t>(status.dbsizequota())),
         YesNo(status.leader() == status.header().member_id()), YesNo(status.islearner()),
         std::to_string(status.raftterm()), std::to_string(status.raftindex()),
         std::to_string(status.raftappliedindex()), Join({status.errors().begin(), status.errors().end()}, ", "),
         status.downgradeinfo().targetversion(), YesNo(status.downgradeinfo().enabled())});
  }
  return rows;
}

std::vector<Row> HashRows(const std::vector<EndpointHash>& endpoints) {
  std::vector<Row> rows = {{"ENDPOINT", "HASH", "HASH REVISION"}};
  for (const auto& [endpoint, hash] : endpoints) {
    rows.push_back({endpoint, std::to_string(hash.hash()), std::to_string(hash.hash_revision())});
  }
  return rows;
}

std::string RenderTable(const std::vector<Row>& rows) {
  std::vector<size_t> widths(rows.front().size());
  for (const Row& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], Width(row[i]));
  }
  auto rule = [&](const char* left, const char* cross, const char* right) {
    std::vector<std::string> parts;
    for (size_t width : widths) parts.push_back(Repeat("─", width + 2));
    return left + Join(parts, cross) + right + "\n";
  };
  std::string table = rule("┌", "┬", "┐");
  for (size_t r = 0; r < rows.size(); ++r) {
    std::vector<std::string> cells;
    for (size_t i = 0; i < widths.size(); ++i) {
      size_t room = widths[i] - Width(rows[r][i]);
      size_t behind = r == 0 ? room - room / 2 : 0;
      cells.push_back(" " + std::string(room - behind, ' ') + rows[r][i] + std::string(behind, ' ') + " ");
    }
    table += "│" + Join(cells, "│") + "│\n";
    if (r == 0 && rows.size() > 1) table += rule("├", "┼", "┤");
  }
  // Under a heading alone the frame closes with the columns' marks as under rows.
  return table + rule("└", "┴", "┘");
}

}  // namespace quorate::ctl
