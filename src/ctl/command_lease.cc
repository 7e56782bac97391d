#include <chrono>
#include <functional>
#include <ostream>
#include <thread>

#include "src/ctl/cancellation.h"
#include "src/ctl/commands.h"
#include "src/ctl/lease_keeper.h"
#include "src/ctl/names.h"
#include "src/ctl/printer.h"
#include "src/ctl/session.h"

namespace quorate::ctl {
namespace {

// Leases that are looked up or renewed wait for their answer however long it takes, as etcdctl does.
constexpr Duration kNoTimeout{};
constexpr std::chrono::milliseconds kRetryDelay(100);

absl::StatusOr<int64_t> LeaseId(const Arguments& arguments, const char* missing) {
  if (arguments.size() != 1) return Fail(Exit::kBadArguments, missing);
  absl::StatusOr<int64_t> id = ParseInt(arguments[0], 16);
  if (id.ok()) return id;
  return Fail(Exit::kBadArguments,
              "bad lease ID arg (" + std::string(base::MessageOf(id.status())) + "), expecting ID in Hex");
}

absl::Status Grant(Session& session, const Arguments& arguments) {
  if (arguments.size() != 1) return Fail(Exit::kBadArguments, "lease grant command needs TTL argument");
  absl::StatusOr<int64_t> ttl = ParseInt(arguments[0], 10);
  if (!ttl.ok()) {
    return Fail(Exit::kBadArguments, "bad TTL (" + std::string(base::MessageOf(ttl.status())) + ")");
  }
  QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<Client> client, session.Connect());
  etcdserverpb::LeaseGrantRequest request;
  request.set_ttl(*ttl);
  etcdserverpb::LeaseGrantResponse response;
  absl::Status status = client->Unary(session.Bounded("/etcdserverpb.Lease/LeaseGrant"), request, response);
  if (!status.ok()) {
    return Fail(Exit::kError, "failed to grant lease (" + std::string(base::MessageOf(status)) + ")");
  }
  return session.printer().LeaseGrant(response);
}

absl::Status Revoke(Session& session, const Arguments& arguments) {
  QUORATE_ASSIGN_OR_RETURN(int64_t id, LeaseId(arguments, "lease revoke command needs 1 argument"));
  QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<Client> client, session.Connect());
  etcdserverpb::LeaseRevokeRequest request;
  request.set_id(id);
  etcdserverpb::LeaseRevokeResponse response;
  absl::Status status = client->Unary(session.Bounded("/etcdserverpb.Lease/LeaseRevoke"), request, response);
  if (!status.ok()) {
    return Fail(Exit::kError, "failed to revoke lease (" + std::string(base::MessageOf(status)) + ")");
  }
  return session.printer().LeaseRevoke(id, response);
}

absl::Status TimeToLive(Session& session, bool keys, const Arguments& arguments) {
  QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<Client> client, [&]() -> absl::StatusOr<std::unique_ptr<Client>> {
    if (arguments.size() == 1) return session.Connect();
    return Fail(Exit::kBadArguments, "lease timetolive command needs lease ID as argument");
  }());
  QUORATE_ASSIGN_OR_RETURN(int64_t id, LeaseId(arguments, ""));
  etcdserverpb::LeaseTimeToLiveRequest request;
  request.set_id(id);
  request.set_keys(keys);
  etcdserverpb::LeaseTimeToLiveResponse response;
  absl::Status status = client->Unary({"/etcdserverpb.Lease/LeaseTimeToLive", true, kNoTimeout}, request, response);
  if (!status.ok()) return Fail(Exit::kBadConnection, base::MessageOf(status));
  return session.printer().LeaseTimeToLive(response, keys);
}

absl::Status List(Session& session) {
  QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<Client> client, session.Connect());
  etcdserverpb::LeaseLeasesResponse response;
  absl::Status status = client->Unary({"/etcdserverpb.Lease/LeaseLeases", true, kNoTimeout},
                                      etcdserverpb::LeaseLeasesRequest(), response);
  if (!status.ok()) return Fail(Exit::kBadConnection, base::MessageOf(status));
  return session.printer().Leases(response);
}

absl::Status KeepAliveOnce(Session& session, Client& client, int64_t id) {
  while (true) {
    absl::StatusOr<etcdserverpb::LeaseKeepAliveResponse> response = RenewLease(client, id, kNoTimeout, nullptr);
    if (response.ok()) {
      if (response->ttl() > 0) return session.printer().LeaseKeepAlive(*response);
      return Fail(Exit::kBadConnection, "etcdserver: requested lease not found");
    }
    // The member may be back in a moment.
    if (response.status().code() != absl::StatusCode::kUnavailable) {
      return Fail(Exit::kBadConnection, base::MessageOf(response.status()));
    }
    std::this_thread::sleep_for(kRetryDelay);
  }
}

absl::Status KeepAlive(Session& session, bool once, const Arguments& arguments) {
  QUORATE_ASSIGN_OR_RETURN(int64_t id, LeaseId(arguments, "lease keep-alive command needs lease ID as argument"));
  QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<Client> client, session.Connect());
  if (once) return KeepAliveOnce(session, *client, id);
  absl::Status shown;
  Cancellation stop;
  KeepLease(*client, id, session.Patience(), stop, [&](const etcdserverpb::LeaseKeepAliveResponse& response) {
    shown = session.printer().LeaseKeepAlive(response);
    if (!shown.ok()) stop.Cancel();
    session.out() << std::flush;
  });
  QUORATE_RETURN_IF_ERROR(shown);
  if (session.printer().format() == "simple") {
    session.out() << "lease " << PaddedHex(static_cast<uint64_t>(id)) << " expired or revoked.\n";
  }
  return absl::OkStatus();
}

}  // namespace

void AddLease(Command& root, Session& session) {
  Command& lease = root.Add({"lease", "", "Makes, renews and ends leases", "", Group::kKeyValue});
  lease.Add({"grant", "<ttl>", "Makes a lease of so many seconds"})
      .SetAction(std::bind_front(Grant, std::ref(session)));
  lease.Add({"revoke", "<leaseID>", "Ends a lease and deletes its keys"})
      .SetAction(std::bind_front(Revoke, std::ref(session)));

  auto keys = std::make_shared<bool>(false);
  Command& time_to_live = lease.Add({"timetolive", "<leaseID> [options]", "Shows how long a lease still has"});
  time_to_live.AddFlag("keys", keys.get(), "show the keys attached to it as well");
  time_to_live.SetAction(
      [keys, &session](const Arguments& arguments) { return TimeToLive(session, *keys, arguments); });

  lease.Add({"list", "", "Lists all leases"}).SetAction([&session](const Arguments&) { return List(session); });

  auto once = std::make_shared<bool>(false);
  Command& keep_alive = lease.Add({"keep-alive", "[options] <leaseID>", "Renews a lease again and again"});
  keep_alive.AddFlag("once", once.get(), "renew it once");
  keep_alive.SetAction([once, &session](const Arguments& arguments) { return KeepAlive(session, *once, arguments); });
}

}  // namespace quorate::ctl
