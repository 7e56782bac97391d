#include <functional>
#include <ostream>

#include "src/ctl/json.h"
#include "src/ctl/names.h"
#include "src/ctl/printer.h"

namespace quorate::ctl {
namespace {

using google::protobuf::RepeatedPtrField;

template <typename Item>
std::string List(const std::vector<Item>& items, const std::function<std::string(const Item&)>& show) {
  if (items.empty()) return "null";
  std::string list;
  for (const Item& item : items) list += (list.empty() ? "[" : ",") + show(item);
  return list + "]";
}

std::string Strings(const RepeatedPtrField<std::string>& items) {
  std::string list = "[";
  for (const std::string& item : items) list += (list.size() == 1 ? "" : ",") + JsonString(item);
  return list + "]";
}

// With --hex the ids of cluster and members become hexadecimal strings; nothing else does.
std::string HexHeader(const etcdserverpb::ResponseHeader& header) {
  std::string json = "{\"cluster_id\":" + JsonString(Hex(header.cluster_id())) +
                     ",\"member_id\":" + JsonString(Hex(header.member_id()));
  if (header.revision() != 0) json += ",\"revision\":" + std::to_string(header.revision());
  if (header.raft_term() != 0) json += ",\"raft_term\":" + std::to_string(header.raft_term());
  return json + "}";
}

std::string HexMember(const etcdserverpb::Member& member) {
  std::string json = "{\"ID\":" + JsonString(Hex(member.id()));
  if (!member.name().empty()) json += ",\"name\":" + JsonString(member.name());
  if (!member.peerurls().empty()) json += ",\"peerURLs\":" + Strings(member.peerurls());
  if (!member.clienturls().empty()) json += ",\"clientURLs\":" + Strings(member.clienturls());
  if (member.islearner()) json += ",\"isLearner\":true";
  return json + "}";
}

std::string HexMembers(const RepeatedPtrField<etcdserverpb::Member>& members) {
  std::string list = "[";
  for (const auto& member : members) list += (list.size() == 1 ? "" : ",") + HexMember(member);
  return list + "]";
}

class JsonPrinter : public Printer {
 public:
  JsonPrinter(bool hex, std::ostream& out) : Printer("json", out), hex_(hex) {}

  absl::Status MemberAdd(const etcdserverpb::MemberAddResponse& response) override {
    if (!hex_) return Any(response);
    return Show("{\"header\":" + HexHeader(response.header()) + ",\"member\":" + HexMember(response.member()) +
                ",\"members\":" + HexMembers(response.members()) + "}");
  }
  absl::Status MemberRemove(uint64_t id, const etcdserverpb::MemberRemoveResponse& response) override {
    return Members(response);
  }
  absl::Status MemberUpdate(uint64_t id, const etcdserverpb::MemberUpdateResponse& response) override {
    return Members(response);
  }
  absl::Status MemberPromote(uint64_t id, const etcdserverpb::MemberPromoteResponse& response) override {
    return Members(response);
  }
  absl::Status MemberList(const etcdserverpb::MemberListResponse& response) override { return Members(response); }

  absl::Status Watch(const etcdserverpb::WatchResponse& response) override {
    std::string events;
    for (const auto& event : response.events()) events += (events.empty() ? "[" : ",") + ToJson(event);
    return Show("{\"Header\":" + ToJson(response.header()) + ",\"Events\":" + (events.empty() ? "null" : events + "]") +
                ",\"CompactRevision\":" + std::to_string(response.compact_revision()) + ",\"Canceled\":" +
                (response.canceled() ? "true" : "false") + ",\"Created\":" + (response.created() ? "true" : "false") +
                ",\"CancelReason\":" + JsonString(response.cancel_reason()) + "}");
  }

  absl::Status LeaseGrant(const etcdserverpb::LeaseGrantResponse& response) override {
    return Lease(response.header(), ",\"ID\":" + std::to_string(response.id()) + ",\"TTL\":" +
                                        std::to_string(response.ttl()) + ",\"Error\":" + JsonString(response.error()));
  }
  absl::Status LeaseKeepAlive(const etcdserverpb::LeaseKeepAliveResponse& response) override {
    return Lease(response.header(),
                 ",\"ID\":" + std::to_string(response.id()) + ",\"TTL\":" + std::to_string(response.ttl()));
  }
  absl::Status LeaseTimeToLive(const etcdserverpb::LeaseTimeToLiveResponse& response, bool keys) override {
    std::string list;
    for (const auto& key : response.keys()) list += (list.empty() ? "[\"" : ",\"") + Base64(key) + "\"";
    return Lease(response.header(), ",\"id\":" + std::to_string(response.id()) +
                                        ",\"ttl\":" + std::to_string(response.ttl()) +
                                        ",\"granted-ttl\":" + std::to_string(response.grantedttl()) +
                                        ",\"keys\":" + (list.empty() ? "null" : list + "]"));
  }
  absl::Status Leases(const etcdserverpb::LeaseLeasesResponse& response) override {
    std::string list;
    for (const auto& lease : response.leases()) {
      list += (list.empty() ? "{\"id\":" : ",{\"id\":") + std::to_string(lease.id()) + "}";
    }
    return Lease(response.header(), ",\"leases\":[" + list + "]");
  }

  absl::Status Health(const std::vector<EndpointHealth>& endpoints) override {
    return Show(List<EndpointHealth>(endpoints, [](const EndpointHealth& health) {
      return "{\"endpoint\":" + JsonString(health.endpoint) + ",\"health\":" + (health.healthy ? "true" : "false") +
             ",\"took\":" + JsonString(health.took) +
             (health.error.empty() ? "" : ",\"error\":" + JsonString(health.error)) + "}";
    }));
  }
  absl::Status StatusOf(const std::vector<EndpointStatus>& endpoints) override {
    return Show(List<EndpointStatus>(endpoints, [](const EndpointStatus& status) {
      return "{\"Endpoint\":" + JsonString(status.endpoint) + ",\"Status\":" + ToJson(status.status) + "}";
    }));
  }
  absl::Status HashKv(const std::vector<EndpointHash>& endpoints) override {
    return Show(List<EndpointHash>(endpoints, [](const EndpointHash& hash) {
      return "{\"Endpoint\":" + JsonString(hash.endpoint) + ",\"HashKV\":" + ToJson(hash.hash) + "}";
    }));
  }

 protected:
  absl::Status Any(const google::protobuf::Message& response) override { return Show(ToJson(response)); }

 private:
  // Answers about leases have the header's fields beside their own.
  absl::Status Lease(const etcdserverpb::ResponseHeader& header, const std::string& fields) {
    std::string json = ToJson(header);
    json.pop_back();
    return Show(json + (json.size() == 1 ? fields.substr(1) : fields) + "}");
  }

  template <typename Response>
  absl::Status Members(const Response& response) {
    if (!hex_) return Any(response);
    return Show("{\"header\":" + HexHeader(response.header()) + ",\"members\":" + HexMembers(response.members()) + "}");
  }

  absl::Status Show(const std::string& json) {
    out() << json << "\n";
    return absl::OkStatus();
  }

  const bool hex_;
};

}  // namespace

std::unique_ptr<Printer> MakeJsonPrinter(bool hex, std::ostream& out) {
  return std::make_unique<JsonPrinter>(hex, out);
}

}  // namespace quorate::ctl
