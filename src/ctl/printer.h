#pragma once

// The output formats. A printer writes one answer; what a format has no form for is an error that names the format.

#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "etcdserverpb/rpc.pb.h"
#include "quorate/base/status.h"

namespace quorate::ctl {

struct EndpointHealth {
  std::string endpoint;
  bool healthy = false;
  std::string took;
  std::string error;
};

struct EndpointStatus {
  std::string endpoint;
  etcdserverpb::StatusResponse status;
};

struct EndpointHash {
  std::string endpoint;
  etcdserverpb::HashKVResponse hash;
};

class Printer {
 public:
  Printer(std::string format, std::ostream& out) : format_(std::move(format)), out_(out) {}
  virtual ~Printer() = default;

  const std::string& format() const { return format_; }

  virtual absl::Status Get(const etcdserverpb::RangeResponse& response) { return Any(response); }
  virtual absl::Status Put(const etcdserverpb::PutResponse& response) { return Any(response); }
  virtual absl::Status Delete(const etcdserverpb::DeleteRangeResponse& response) { return Any(response); }
  virtual absl::Status Txn(const etcdserverpb::TxnResponse& response) { return Any(response); }

  virtual absl::Status MemberAdd(const etcdserverpb::MemberAddResponse& response) { return Any(response); }
  virtual absl::Status MemberRemove(uint64_t id, const etcdserverpb::MemberRemoveResponse& response) {
    return Any(response);
  }
  virtual absl::Status MemberUpdate(uint64_t id, const etcdserverpb::MemberUpdateResponse& response) {
    return Any(response);
  }
  virtual absl::Status MemberPromote(uint64_t id, const etcdserverpb::MemberPromoteResponse& response) {
    return Any(response);
  }
  virtual absl::Status MemberList(const etcdserverpb::MemberListResponse& response) { return Any(response); }

  virtual absl::Status Watch(const etcdserverpb::WatchResponse& response) { return Any(response); }

  virtual absl::Status LeaseGrant(const etcdserverpb::LeaseGrantResponse& response) { return Any(response); }
  virtual absl::Status LeaseRevoke(int64_t id, const etcdserverpb::LeaseRevokeResponse& response) {
    return Any(response);
  }
  virtual absl::Status LeaseKeepAlive(const etcdserverpb::LeaseKeepAliveResponse& response) { return Any(response); }
  // `keys`: whether the attached keys were asked for.
  virtual absl::Status LeaseTimeToLive(const etcdserverpb::LeaseTimeToLiveResponse& response, bool keys) {
    return Any(response);
  }
  virtual absl::Status Leases(const etcdserverpb::LeaseLeasesResponse& response) { return Any(response); }

  virtual absl::Status Alarms(const etcdserverpb::AlarmResponse& response) { return Any(response); }

  virtual absl::Status AuthStatus(const etcdserverpb::AuthStatusResponse& response) { return Any(response); }
  virtual absl::Status UserGet(const std::string& user, const etcdserverpb::AuthUserGetResponse& response) {
    return Any(response);
  }
  virtual absl::Status UserList(const etcdserverpb::AuthUserListResponse& response) { return Any(response); }
  virtual absl::Status RoleGet(const std::string& role, const etcdserverpb::AuthRoleGetResponse& response) {
    return Any(response);
  }
  virtual absl::Status RoleList(const etcdserverpb::AuthRoleListResponse& response) { return Any(response); }

  // An answer that says no more than that something was done; `sentence` says it to people. The fields format shows the
  // header, or without one has no form for the answer.
  virtual absl::Status Done(const std::string& sentence, const google::protobuf::Message& response,
                            const etcdserverpb::ResponseHeader* header) {
    return Any(response);
  }

  virtual absl::Status Health(const std::vector<EndpointHealth>& endpoints) { return Unsupported(); }
  virtual absl::Status StatusOf(const std::vector<EndpointStatus>& endpoints) { return Unsupported(); }
  virtual absl::Status HashKv(const std::vector<EndpointHash>& endpoints) { return Unsupported(); }

  // Leaves the keys out; only the simple format can.
  virtual bool SetValuesOnly() { return false; }

 protected:
  // An answer the format has no words of its own for.
  virtual absl::Status Any(const google::protobuf::Message& response) { return Unsupported(); }
  absl::Status Unsupported() const;
  // Prints the answer to one operation of a transaction.
  absl::Status Operation(const etcdserverpb::ResponseOp& op);
  // An answer that answers nothing.
  virtual absl::Status EmptyOperation() { return absl::OkStatus(); }
  std::ostream& out() { return out_; }

 private:
  const std::string format_;
  std::ostream& out_;
};

// Streams outlive the printer. Fails for a format nobody knows.
absl::StatusOr<std::unique_ptr<Printer>> MakePrinter(const std::string& format, bool hex, std::ostream& out,
                                                     std::ostream& err);

std::unique_ptr<Printer> MakeSimplePrinter(bool hex, std::ostream& out, std::ostream& err);
std::unique_ptr<Printer> MakeFieldsPrinter(bool hex, std::ostream& out);
std::unique_ptr<Printer> MakeJsonPrinter(bool hex, std::ostream& out);
std::unique_ptr<Printer> MakeTablePrinter(std::ostream& out);
std::unique_ptr<Printer> MakeProtobufPrinter(std::ostream& out);

}  // namespace quorate::ctl
