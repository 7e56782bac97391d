#include <ostream>

#include "absl/strings/str_join.h"
#include "src/ctl/kv_requests.h"
#include "src/ctl/names.h"
#include "src/ctl/printer.h"
#include "src/ctl/rows.h"

namespace quorate::ctl {
namespace {

// Member ids in sentences are set in a field of sixteen places.
std::string WideHex(uint64_t id) {
  std::string digits = Hex(id);
  return std::string(16 - digits.size(), ' ') + digits;
}

// What a permission is about: one key, or a range and the prefix it is.
std::string RangeOf(const authpb::Permission& permission) {
  const std::string& key = permission.key();
  const std::string& end = permission.range_end();
  if (end.empty()) return key;
  std::string range = "[" + key + ", " + (end == std::string(1, '\0') ? "<open ended>" : end + ")");
  return !key.empty() && PrefixEnd(key) == end ? range + " (prefix " + key + ")" : range;
}

std::string LeaseName(int64_t id) { return "lease " + PaddedHex(static_cast<uint64_t>(id)); }

class SimplePrinter : public Printer {
 public:
  SimplePrinter(bool hex, std::ostream& out, std::ostream& err) : Printer("simple", out), hex_(hex), err_(err) {}

  bool SetValuesOnly() override { return values_only_ = true; }

  absl::Status Get(const etcdserverpb::RangeResponse& response) override {
    for (const auto& kv : response.kvs()) Show(kv);
    return absl::OkStatus();
  }
  absl::Status Put(const etcdserverpb::PutResponse& response) override {
    out() << "OK\n";
    if (response.has_prev_kv()) Show(response.prev_kv());
    return absl::OkStatus();
  }
  absl::Status Delete(const etcdserverpb::DeleteRangeResponse& response) override {
    out() << response.deleted() << "\n";
    for (const auto& kv : response.prev_kvs()) Show(kv);
    return absl::OkStatus();
  }
  absl::Status Txn(const etcdserverpb::TxnResponse& response) override {
    out() << (response.succeeded() ? "SUCCESS\n" : "FAILURE\n");
    for (const auto& op : response.responses()) {
      out() << "\n";
      QUORATE_RETURN_IF_ERROR(Operation(op));
    }
    return absl::OkStatus();
  }

  absl::Status MemberAdd(const etcdserverpb::MemberAddResponse& response) override {
    out() << "Member " << WideHex(response.member().id()) << " added"
          << (response.member().islearner() ? " as learner " : " ") << "to cluster "
          << WideHex(response.header().cluster_id()) << "\n";
    return absl::OkStatus();
  }
  absl::Status MemberRemove(uint64_t id, const etcdserverpb::MemberRemoveResponse& response) override {
    return Member(id, "removed from", response.header());
  }
  absl::Status MemberUpdate(uint64_t id, const etcdserverpb::MemberUpdateResponse& response) override {
    return Member(id, "updated in", response.header());
  }
  absl::Status MemberPromote(uint64_t id, const etcdserverpb::MemberPromoteResponse& response) override {
    return Member(id, "promoted in", response.header());
  }
  absl::Status MemberList(const etcdserverpb::MemberListResponse& response) override {
    return Lines(MemberRows(response));
  }

  absl::Status Watch(const etcdserverpb::WatchResponse& response) override {
    for (const auto& event : response.events()) {
      out() << mvccpb::Event::EventType_Name(event.type()) << "\n";
      if (event.has_prev_kv()) Show(event.prev_kv());
      Show(event.kv());
    }
    return absl::OkStatus();
  }

  absl::Status LeaseGrant(const etcdserverpb::LeaseGrantResponse& response) override {
    out() << LeaseName(response.id()) << " granted with TTL(" << response.ttl() << "s)\n";
    return absl::OkStatus();
  }
  absl::Status LeaseRevoke(int64_t id, const etcdserverpb::LeaseRevokeResponse& response) override {
    out() << LeaseName(id) << " revoked\n";
    return absl::OkStatus();
  }
  absl::Status LeaseKeepAlive(const etcdserverpb::LeaseKeepAliveResponse& response) override {
    out() << LeaseName(response.id()) << " keepalived with TTL(" << response.ttl() << ")\n";
    return absl::OkStatus();
  }
  absl::Status LeaseTimeToLive(const etcdserverpb::LeaseTimeToLiveResponse& response, bool keys) override {
    if (response.grantedttl() == 0 && response.ttl() == -1) {
      out() << LeaseName(response.id()) << " already expired\n";
      return absl::OkStatus();
    }
    out() << LeaseName(response.id()) << " granted with TTL(" << response.grantedttl() << "s), remaining("
          << response.ttl() << "s)";
    if (keys) out() << ", attached keys([" << absl::StrJoin(response.keys(), " ") << "])";
    out() << "\n";
    return absl::OkStatus();
  }
  absl::Status Leases(const etcdserverpb::LeaseLeasesResponse& response) override {
    out() << "found " << response.leases_size() << " leases\n";
    for (const auto& lease : response.leases()) out() << PaddedHex(static_cast<uint64_t>(lease.id())) << "\n";
    return absl::OkStatus();
  }

  absl::Status Alarms(const etcdserverpb::AlarmResponse& response) override {
    for (const auto& alarm : response.alarms()) {
      std::string line;
      if (alarm.memberid() != 0) line = "memberID:" + std::to_string(alarm.memberid());
      if (alarm.alarm() != etcdserverpb::NONE) {
        line += (line.empty() ? "alarm:" : " alarm:") + etcdserverpb::AlarmType_Name(alarm.alarm());
      }
      out() << line << "\n";
    }
    return absl::OkStatus();
  }

  absl::Status AuthStatus(const etcdserverpb::AuthStatusResponse& response) override {
    out() << "Authentication Status: " << (response.enabled() ? "true" : "false")
          << "\nAuthRevision: " << response.authrevision() << "\n";
    return absl::OkStatus();
  }
  absl::Status UserGet(const std::string& user, const etcdserverpb::AuthUserGetResponse& response) override {
    out() << "User: " << user << "\nRoles:";
    for (const auto& role : response.roles()) out() << " " << role;
    out() << "\n";
    return absl::OkStatus();
  }
  absl::Status UserList(const etcdserverpb::AuthUserListResponse& response) override {
    for (const auto& user : response.users()) out() << user << "\n";
    return absl::OkStatus();
  }
  absl::Status RoleGet(const std::string& role, const etcdserverpb::AuthRoleGetResponse& response) override {
    out() << "Role " << role << "\n";
    // The root role may do all without having been granted it.
    bool is_root = role == "root" && response.perm().empty();
    for (auto [title, type] :
         {std::pair("KV Read:", authpb::Permission::READ), {"KV Write:", authpb::Permission::WRITE}}) {
      out() << title << "\n";
      if (is_root) out() << "\t[, <open ended>\n";
      for (const auto& permission : response.perm()) {
        if (permission.permtype() != type && permission.permtype() != authpb::Permission::READWRITE) continue;
        out() << "\t" << RangeOf(permission) << "\n";
      }
    }
    return absl::OkStatus();
  }
  absl::Status RoleList(const etcdserverpb::AuthRoleListResponse& response) override {
    for (const auto& role : response.roles()) out() << role << "\n";
    return absl::OkStatus();
  }
  absl::Status Done(const std::string& sentence, const google::protobuf::Message& response,
                    const etcdserverpb::ResponseHeader* header) override {
    out() << sentence << "\n";
    return absl::OkStatus();
  }

  absl::Status Health(const std::vector<EndpointHealth>& endpoints) override {
    for (const auto& health : endpoints) {
      if (health.error.empty()) {
        out() << health.endpoint << " is healthy: successfully committed proposal: took = " << health.took << "\n";
      } else {
        err_ << health.endpoint << " is unhealthy: failed to commit proposal: " << health.error << "\n";
      }
    }
    return absl::OkStatus();
  }
  absl::Status StatusOf(const std::vector<EndpointStatus>& endpoints) override { return Lines(StatusRows(endpoints)); }
  absl::Status HashKv(const std::vector<EndpointHash>& endpoints) override { return Lines(HashRows(endpoints)); }

 protected:
  absl::Status EmptyOperation() override {
    out() << "unexpected response\n";
    return absl::OkStatus();
  }

 private:
  absl::Status Member(uint64_t id, const char* change, const etcdserverpb::ResponseHeader& header) {
    out() << "Member " << WideHex(id) << " " << change << " cluster " << WideHex(header.cluster_id()) << "\n";
    return absl::OkStatus();
  }

  absl::Status Lines(const std::vector<tool::Row>& rows) {
    for (size_t i = 1; i < rows.size(); ++i) out() << absl::StrJoin(rows[i], ", ") << "\n";
    return absl::OkStatus();
  }

  void Show(const mvccpb::KeyValue& kv) {
    if (!values_only_) out() << (hex_ ? EscapeHex(kv.key()) : kv.key()) << "\n";
    out() << (hex_ ? EscapeHex(kv.value()) : kv.value()) << "\n";
  }

  const bool hex_;
  bool values_only_ = false;
  std::ostream& err_;
};

}  // namespace

std::unique_ptr<Printer> MakeSimplePrinter(bool hex, std::ostream& out, std::ostream& err) {
  return std::make_unique<SimplePrinter>(hex, out, err);
}

}  // namespace quorate::ctl
