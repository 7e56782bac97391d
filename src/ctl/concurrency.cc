#include "src/ctl/concurrency.h"

#include <chrono>
#include <utility>

#include "quorate/base/saturating.h"
#include "src/ctl/client.h"
#include "src/ctl/kv_requests.h"
#include "src/ctl/lease_keeper.h"
#include "src/ctl/names.h"
#include "src/ctl/rpc_error.h"
#include "src/ctl/watcher.h"

namespace quorate::ctl {
namespace {

using etcdserverpb::RangeRequest;

constexpr char kSessionExpired[] = "mutex: session is expired";

// Waiting is ended by the cancellation alone; taking back what was written goes on after it, for so long.
constexpr std::chrono::seconds kCleanupTimeout(5);

Call Waiting(const char* method, Cancellation* cancellation, bool repeatable = false) {
  Call call = {method, repeatable, Duration{}};
  call.cancellation = cancellation;
  return call;
}

absl::StatusOr<etcdserverpb::RangeResponse> Range(Client& client, const RangeRequest& request,
                                                  Cancellation& cancellation) {
  etcdserverpb::RangeResponse response;
  QUORATE_RETURN_IF_ERROR(client.Unary(Waiting("/etcdserverpb.KV/Range", &cancellation, true), request, response));
  return response;
}

// The one key under the prefix that was created first or last.
RangeRequest ByCreation(const std::string& prefix, RangeRequest::SortOrder order) {
  RangeRequest request;
  request.set_key(prefix);
  request.set_range_end(PrefixEnd(prefix));
  request.set_limit(1);
  request.set_sort_order(order);
  request.set_sort_target(RangeRequest::CREATE);
  return request;
}

void IfCreatedAt(const std::string& key, int64_t revision, etcdserverpb::TxnRequest& txn) {
  etcdserverpb::Compare& compare = *txn.add_compare();
  compare.set_key(key);
  compare.set_target(etcdserverpb::Compare::CREATE);
  compare.set_result(etcdserverpb::Compare::EQUAL);
  compare.set_create_revision(revision);
}

void Put(const std::string& key, const std::string& value, int64_t lease, etcdserverpb::PutRequest& put) {
  put.set_key(key);
  put.set_value(value);
  put.set_lease(lease);
}

absl::Status AwaitDeletion(Client& client, const std::string& key, int64_t revision, Cancellation& cancellation) {
  etcdserverpb::WatchCreateRequest request;
  request.set_key(key);
  request.set_start_revision(revision);
  return WatchUntil(client, cancellation, request, [](const etcdserverpb::WatchResponse& response) {
    for (const auto& event : response.events()) {
      if (event.type() == mvccpb::Event::DELETE) return false;
    }
    return true;
  });
}

}  // namespace

absl::StatusOr<std::unique_ptr<LeaseSession>> LeaseSession::Open(Client& client, int64_t ttl_seconds, Duration patience,
                                                                 Cancellation& cancellation,
                                                                 std::function<void()> on_end) {
  etcdserverpb::LeaseGrantRequest request;
  request.set_ttl(ttl_seconds);
  etcdserverpb::LeaseGrantResponse response;
  QUORATE_RETURN_IF_ERROR(client.Unary(Waiting("/etcdserverpb.Lease/LeaseGrant", &cancellation), request, response));
  auto session = std::unique_ptr<LeaseSession>(new LeaseSession(client, response.id(), ttl_seconds));
  session->keeper_ = std::thread([raw = session.get(), patience, on_end = std::move(on_end)] {
    KeepLease(raw->client_, raw->lease_, patience, raw->stop_, [](const etcdserverpb::LeaseKeepAliveResponse&) {});
    raw->ended_.Cancel();
    on_end();
  });
  return session;
}

LeaseSession::LeaseSession(Client& client, int64_t lease, int64_t ttl_seconds)
    : client_(client), lease_(lease), ttl_seconds_(ttl_seconds) {}

LeaseSession::~LeaseSession() { StopRenewing(); }

void LeaseSession::StopRenewing() {
  stop_.Cancel();
  if (keeper_.joinable()) keeper_.join();
}

absl::Status LeaseSession::Close() {
  StopRenewing();
  etcdserverpb::LeaseRevokeRequest request;
  request.set_id(lease_);
  etcdserverpb::LeaseRevokeResponse response;
  // After its lifetime the lease is gone in any case.
  return client_.Unary({"/etcdserverpb.Lease/LeaseRevoke", false, base::Seconds(ttl_seconds_)}, request, response);
}

Contender::Contender(Client& client, const LeaseSession& session, const std::string& prefix)
    : client_(client),
      session_(session),
      prefix_(prefix + "/"),
      key_(prefix_ + Hex(static_cast<uint64_t>(session.lease()))) {}

absl::StatusOr<etcdserverpb::TxnResponse> Contender::Enter(const std::string& value,
                                                           const etcdserverpb::RequestOp* also,
                                                           Cancellation& cancellation) {
  etcdserverpb::TxnRequest request;
  IfCreatedAt(key_, 0, request);
  Put(key_, value, session_.lease(), *request.add_success()->mutable_request_put());
  request.add_failure()->mutable_request_range()->set_key(key_);
  if (also != nullptr) {
    *request.add_success() = *also;
    *request.add_failure() = *also;
  }
  etcdserverpb::TxnResponse response;
  QUORATE_RETURN_IF_ERROR(client_.Unary(Waiting("/etcdserverpb.KV/Txn", &cancellation), request, response));
  if (response.succeeded()) {
    create_revision_ = response.header().revision();
    return response;
  }
  if (response.responses().empty() || response.responses(0).response_range().kvs().empty()) return MalformedAnswer();
  create_revision_ = response.responses(0).response_range().kvs(0).create_revision();
  return response;
}

absl::Status Contender::AwaitTurn(Cancellation& cancellation) {
  RangeRequest last_before = ByCreation(prefix_, RangeRequest::DESCEND);
  last_before.set_max_create_revision(create_revision_ - 1);
  while (true) {
    QUORATE_ASSIGN_OR_RETURN(etcdserverpb::RangeResponse response, Range(client_, last_before, cancellation));
    if (response.kvs().empty()) return absl::OkStatus();
    QUORATE_RETURN_IF_ERROR(AwaitDeletion(client_, response.kvs(0).key(), response.header().revision(), cancellation));
  }
}

absl::Status Mutex::Lock(Cancellation& cancellation) {
  etcdserverpb::RequestOp owner;
  *owner.mutable_request_range() = ByCreation(prefix(), RangeRequest::ASCEND);
  QUORATE_ASSIGN_OR_RETURN(etcdserverpb::TxnResponse response, Enter("", &owner, cancellation));
  if (response.responses_size() < 2) return MalformedAnswer();
  const auto& first = response.responses(1).response_range().kvs();
  if (first.empty() || first[0].create_revision() == create_revision()) {
    revision_ = response.header().revision();
    return absl::OkStatus();
  }
  absl::Status status = AwaitOwnership(cancellation);
  if (!status.ok()) Unlock().IgnoreError();
  return status;
}

absl::Status Mutex::AwaitOwnership(Cancellation& cancellation) {
  QUORATE_RETURN_IF_ERROR(AwaitTurn(cancellation));
  RangeRequest request;
  request.set_key(key());
  QUORATE_ASSIGN_OR_RETURN(etcdserverpb::RangeResponse own, Range(client(), request, cancellation));
  if (own.kvs().empty()) return base::MakeStatus(absl::StatusCode::kFailedPrecondition, kSessionExpired);
  revision_ = own.header().revision();
  return absl::OkStatus();
}

absl::Status Mutex::Unlock() {
  etcdserverpb::DeleteRangeRequest request;
  request.set_key(key());
  etcdserverpb::DeleteRangeResponse response;
  return client().Unary({"/etcdserverpb.KV/DeleteRange", false, kCleanupTimeout}, request, response);
}

absl::Status Election::Campaign(const std::string& value, Cancellation& cancellation) {
  QUORATE_ASSIGN_OR_RETURN(etcdserverpb::TxnResponse response, Enter(value, nullptr, cancellation));
  absl::Status status;
  if (!response.succeeded() && response.responses(0).response_range().kvs(0).value() != value) {
    status = Proclaim(value, cancellation);
  }
  if (status.ok()) status = AwaitTurn(cancellation);
  if (!status.ok()) Resign().IgnoreError();
  return status;
}

absl::Status Election::Proclaim(const std::string& value, Cancellation& cancellation) {
  etcdserverpb::TxnRequest request;
  IfCreatedAt(key(), create_revision(), request);
  Put(key(), value, lease(), *request.add_success()->mutable_request_put());
  etcdserverpb::TxnResponse response;
  QUORATE_RETURN_IF_ERROR(client().Unary(Waiting("/etcdserverpb.KV/Txn", &cancellation), request, response));
  if (response.succeeded()) return absl::OkStatus();
  return base::MakeStatus(absl::StatusCode::kFailedPrecondition, "election: not leader");
}

absl::Status Election::Resign() {
  etcdserverpb::TxnRequest request;
  IfCreatedAt(key(), create_revision(), request);
  request.add_success()->mutable_request_delete_range()->set_key(key());
  etcdserverpb::TxnResponse response;
  return client().Unary({"/etcdserverpb.KV/Txn", false, kCleanupTimeout}, request, response);
}

absl::Status ObserveElection(Client& client, const std::string& name, Cancellation& cancellation,
                             const std::function<void(const etcdserverpb::RangeResponse&)>& on_leader) {
  const std::string prefix = name + "/";
  while (true) {
    QUORATE_ASSIGN_OR_RETURN(etcdserverpb::RangeResponse leader,
                             Range(client, ByCreation(prefix, RangeRequest::ASCEND), cancellation));
    etcdserverpb::WatchCreateRequest request;
    if (leader.kvs().empty()) {
      request.set_key(prefix);
      request.set_range_end(PrefixEnd(prefix));
      request.set_start_revision(leader.header().revision());
      // Anybody's key may be the first one: look again once there is one.
      QUORATE_RETURN_IF_ERROR(
          WatchUntil(client, cancellation, request, [](const etcdserverpb::WatchResponse& response) {
            for (const auto& event : response.events()) {
              if (event.type() == mvccpb::Event::PUT) return false;
            }
            return true;
          }));
      continue;
    }
    leader.clear_more();
    leader.clear_count();
    on_leader(leader);
    request.set_key(leader.kvs(0).key());
    request.set_start_revision(leader.header().revision() + 1);
    QUORATE_RETURN_IF_ERROR(WatchUntil(client, cancellation, request, [&](const etcdserverpb::WatchResponse& response) {
      for (const auto& event : response.events()) {
        if (event.type() == mvccpb::Event::DELETE) return false;
        etcdserverpb::RangeResponse proclaimed;
        *proclaimed.mutable_header() = response.header();
        *proclaimed.add_kvs() = event.kv();
        on_leader(proclaimed);
      }
      return true;
    }));
  }
}

}  // namespace quorate::ctl
