#include <ostream>

#include "absl/strings/str_join.h"
#include "src/ctl/names.h"
#include "src/ctl/printer.h"

namespace quorate::ctl {
namespace {

class FieldsPrinter : public Printer {
 public:
  FieldsPrinter(bool hex, std::ostream& out) : Printer("fields", out), hex_(hex) {}

  absl::Status Get(const etcdserverpb::RangeResponse& response) override {
    Header(response.header());
    for (const auto& kv : response.kvs()) KeyValue("", kv);
    Field("More", response.more());
    Field("Count", response.count());
    return absl::OkStatus();
  }
  absl::Status Put(const etcdserverpb::PutResponse& response) override {
    Header(response.header());
    if (response.has_prev_kv()) KeyValue("Prev", response.prev_kv());
    return absl::OkStatus();
  }
  absl::Status Delete(const etcdserverpb::DeleteRangeResponse& response) override {
    Header(response.header());
    Field("Deleted", response.deleted());
    for (const auto& kv : response.prev_kvs()) KeyValue("Prev", kv);
    return absl::OkStatus();
  }
  absl::Status Txn(const etcdserverpb::TxnResponse& response) override {
    Header(response.header());
    Field("Succeeded", response.succeeded());
    for (const auto& op : response.responses()) QUORATE_RETURN_IF_ERROR(Operation(op));
    return absl::OkStatus();
  }

  absl::Status MemberList(const etcdserverpb::MemberListResponse& response) override {
    Header(response.header());
    for (const auto& member : response.members()) {
      Id("ID", member.id());
      Text("Name", member.name());
      for (const auto& url : member.peerurls()) Text("PeerURL", url);
      for (const auto& url : member.clienturls()) Text("ClientURL", url);
      Field("IsLearner", member.islearner());
      out() << "\n";
    }
    return absl::OkStatus();
  }

  absl::Status Watch(const etcdserverpb::WatchResponse& response) override {
    Header(response.header());
    for (const auto& event : response.events()) {
      Field("Type", mvccpb::Event::EventType_Name(event.type()));
      if (event.has_prev_kv()) KeyValue("Prev", event.prev_kv());
      KeyValue("", event.kv());
    }
    return absl::OkStatus();
  }

  absl::Status LeaseGrant(const etcdserverpb::LeaseGrantResponse& response) override {
    Header(response.header());
    LeaseId(response.id());
    Field("TTL", response.ttl());
    return absl::OkStatus();
  }
  absl::Status LeaseRevoke(int64_t id, const etcdserverpb::LeaseRevokeResponse& response) override {
    Header(response.header());
    return absl::OkStatus();
  }
  absl::Status LeaseKeepAlive(const etcdserverpb::LeaseKeepAliveResponse& response) override {
    Header(response.header());
    LeaseId(response.id());
    Field("TTL", response.ttl());
    return absl::OkStatus();
  }
  absl::Status LeaseTimeToLive(const etcdserverpb::LeaseTimeToLiveResponse& response, bool keys) override {
    Header(response.header());
    LeaseId(response.id());
    Field("TTL", response.ttl());
    Field("GrantedTTL", response.grantedttl());
    for (const auto& key : response.keys()) Text("Key", key);
    return absl::OkStatus();
  }
  absl::Status Leases(const etcdserverpb::LeaseLeasesResponse& response) override {
    Header(response.header());
    for (const auto& lease : response.leases()) LeaseId(lease.id());
    return absl::OkStatus();
  }

  absl::Status Alarms(const etcdserverpb::AlarmResponse& response) override {
    Header(response.header());
    for (const auto& alarm : response.alarms()) {
      Id("MemberID", alarm.memberid());
      Field("AlarmType", etcdserverpb::AlarmType_Name(alarm.alarm()));
      out() << "\n";
    }
    return absl::OkStatus();
  }

  absl::Status RoleGet(const std::string& role, const etcdserverpb::AuthRoleGetResponse& response) override {
    Header(response.header());
    for (const auto& permission : response.perm()) {
      Field("PermType", " " + authpb::Permission::Type_Name(permission.permtype()));
      Text("Key", permission.key());
      Text("RangeEnd", permission.range_end());
    }
    return absl::OkStatus();
  }
  absl::Status RoleList(const etcdserverpb::AuthRoleListResponse& response) override {
    Header(response.header());
    out() << "\"Roles\" :";
    for (const auto& role : response.roles()) out() << " " << Quote(role);
    out() << "\n";
    return absl::OkStatus();
  }
  absl::Status Done(const std::string& sentence, const google::protobuf::Message& response,
                    const etcdserverpb::ResponseHeader* header) override {
    if (header == nullptr) return Unsupported();
    Header(*header);
    return absl::OkStatus();
  }

  absl::Status Health(const std::vector<EndpointHealth>& endpoints) override {
    for (const auto& health : endpoints) {
      Text("Endpoint", health.endpoint);
      Field("Health", health.healthy);
      Field("Took", health.took);
      Field("Error", health.error);
      out() << "\n";
    }
    return absl::OkStatus();
  }
  absl::Status StatusOf(const std::vector<EndpointStatus>& endpoints) override {
    for (const auto& [endpoint, status] : endpoints) {
      Header(status.header());
      Text("Version", status.version());
      Text("StorageVersion", status.storageversion());
      Field("DBSize", status.dbsize());
      Field("DBSizeInUse", status.dbsizeinuse());
      Field("DBSizeQuota", status.dbsizequota());
      Field("Leader", status.leader());
      Field("IsLearner", status.islearner());
      Field("RaftIndex", status.raftindex());
      Field("RaftTerm", status.raftterm());
      Field("RaftAppliedIndex", status.raftappliedindex());
      Field("Errors", "[" + absl::StrJoin(status.errors(), " ") + "]");
      Text("Endpoint", endpoint);
      Text("DowngradeTargetVersion", status.downgradeinfo().targetversion());
      Field("DowngradeEnabled", status.downgradeinfo().enabled());
      out() << "\n";
    }
    return absl::OkStatus();
  }
  absl::Status HashKv(const std::vector<EndpointHash>& endpoints) override {
    for (const auto& [endpoint, hash] : endpoints) {
      Header(hash.header());
      Text("Endpoint", endpoint);
      Field("Hash", hash.hash());
      Field("HashRevision", hash.hash_revision());
      out() << "\n";
    }
    return absl::OkStatus();
  }

 protected:
  absl::Status EmptyOperation() override {
    Text("Unknown", "");
    return absl::OkStatus();
  }

 private:
  void Header(const etcdserverpb::ResponseHeader& header) {
    Id("ClusterID", header.cluster_id());
    Id("MemberID", header.member_id());
    // Answers that are not about keys have no revision to show.
    if (header.revision() > 0) Field("Revision", header.revision());
    Field("RaftTerm", header.raft_term());
  }

  void KeyValue(const std::string& prefix, const mvccpb::KeyValue& kv) {
    Text(prefix + "Key", kv.key());
    Field(prefix + "CreateRevision", kv.create_revision());
    Field(prefix + "ModRevision", kv.mod_revision());
    Field(prefix + "Version", kv.version());
    Text(prefix + "Value", kv.value());
    Field(prefix + "Lease", hex_ ? PaddedHex(static_cast<uint64_t>(kv.lease())) : std::to_string(kv.lease()));
  }

  void LeaseId(int64_t id) { Field("ID", hex_ ? PaddedHex(static_cast<uint64_t>(id)) : std::to_string(id)); }
  void Id(const std::string& name, uint64_t id) { Field(name, hex_ ? Hex(id) : std::to_string(id)); }
  void Text(const std::string& name, const std::string& text) { Field(name, Quote(text)); }
  void Field(const std::string& name, bool value) { Field(name, std::string(value ? "true" : "false")); }
  void Field(const std::string& name, int64_t value) { Field(name, std::to_string(value)); }
  void Field(const std::string& name, uint64_t value) { Field(name, std::to_string(value)); }
  void Field(const std::string& name, uint32_t value) { Field(name, std::to_string(value)); }
  void Field(const std::string& name, const std::string& value) { out() << "\"" << name << "\" : " << value << "\n"; }

  const bool hex_;
};

}  // namespace

std::unique_ptr<Printer> MakeFieldsPrinter(bool hex, std::ostream& out) {
  return std::make_unique<FieldsPrinter>(hex, out);
}

}  // namespace quorate::ctl
