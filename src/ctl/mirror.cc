#include "src/ctl/mirror.h"

#include <utility>

#include "src/ctl/cancellation.h"
#include "src/ctl/client.h"
#include "src/ctl/kv_requests.h"
#include "src/ctl/names.h"
#include "src/ctl/rpc_error.h"
#include "src/ctl/watcher.h"

namespace quorate::ctl {
namespace {

constexpr int64_t kKeysPerPage = 1000;

// Every call may be made again: to write the same once more, with nothing written in between, changes nothing.
Call Repeatable(const char* method, Cancellation& cancellation) {
  Call call = {method, true, Duration{}};
  call.cancellation = &cancellation;
  return call;
}

// The range of all keys with the prefix, for any kind of request.
template <typename Request>
void SetPrefix(const std::string& prefix, Request& request) {
  request.set_key(prefix.empty() ? std::string(1, '\0') : prefix);
  request.set_range_end(PrefixEnd(prefix));
}

}  // namespace

Mirror::Mirror(Client& source, Client& destination, MirrorPlan plan)
    : source_(source), destination_(destination), plan_(std::move(plan)) {}

absl::Status Mirror::Run(Cancellation& cancellation) {
  if (plan_.revision > 1) {
    copied_revision_ = plan_.revision - 1;
  } else {
    QUORATE_RETURN_IF_ERROR(CopyBase(cancellation));
  }
  return CopyUpdates(cancellation);
}

absl::StatusOr<std::string> Mirror::NameOfCopy(const std::string& key) const {
  if (!key.starts_with(plan_.prefix)) return MalformedAnswer();
  return plan_.destination_prefix + key.substr(plan_.prefix.size());
}

absl::Status Mirror::CopyBase(Cancellation& cancellation) {
  etcdserverpb::RangeRequest request;
  SetPrefix(plan_.prefix, request);
  request.set_limit(kKeysPerPage);
  etcdserverpb::RangeResponse page;
  do {
    page.Clear();
    QUORATE_RETURN_IF_ERROR(source_.Unary(Repeatable("/etcdserverpb.KV/Range", cancellation), request, page));
    // All pages are of the first one's revision.
    if (copied_revision_ == 0) copied_revision_ = page.header().revision();
    request.set_revision(copied_revision_);
    for (const auto& kv : page.kvs()) {
      etcdserverpb::PutRequest put;
      QUORATE_ASSIGN_OR_RETURN(*put.mutable_key(), NameOfCopy(kv.key()));
      put.set_value(kv.value());
      etcdserverpb::PutResponse response;
      QUORATE_RETURN_IF_ERROR(destination_.Unary(Repeatable("/etcdserverpb.KV/Put", cancellation), put, response));
      ++total_;
    }
    if (page.more() && page.kvs().empty()) return MalformedAnswer();
    if (page.more()) request.set_key(page.kvs(page.kvs_size() - 1).key() + '\0');
  } while (page.more());
  return absl::OkStatus();
}

absl::Status Mirror::CopyUpdates(Cancellation& cancellation) {
  etcdserverpb::WatchCreateRequest request;
  SetPrefix(plan_.prefix, request);
  request.set_start_revision(copied_revision_ + 1);
  absl::Status applied;
  absl::Status watched = WatchUntil(source_, cancellation, request, [&](const etcdserverpb::WatchResponse& response) {
    applied = Apply(response, cancellation);
    return applied.ok();
  });
  return applied.ok() ? watched : applied;
}

absl::Status Mirror::Apply(const etcdserverpb::WatchResponse& response, Cancellation& cancellation) {
  etcdserverpb::TxnRequest txn;
  int64_t revision = 0;
  for (const auto& event : response.events()) {
    // What happened at one revision happens at one revision there, as far as the limit lets it.
    bool is_full = plan_.max_txn_ops > 0 && static_cast<uint64_t>(txn.success_size()) == plan_.max_txn_ops;
    if (event.kv().mod_revision() != revision || is_full) QUORATE_RETURN_IF_ERROR(Commit(txn, cancellation));
    revision = event.kv().mod_revision();
    QUORATE_ASSIGN_OR_RETURN(const std::string key, NameOfCopy(event.kv().key()));
    if (event.type() == mvccpb::Event::PUT) {
      etcdserverpb::PutRequest& put = *txn.add_success()->mutable_request_put();
      put.set_key(key);
      put.set_value(event.kv().value());
    } else {
      txn.add_success()->mutable_request_delete_range()->set_key(key);
    }
    ++total_;
  }
  return Commit(txn, cancellation);
}

absl::Status Mirror::Commit(etcdserverpb::TxnRequest& txn, Cancellation& cancellation) {
  if (txn.success().empty()) return absl::OkStatus();
  etcdserverpb::TxnResponse response;
  QUORATE_RETURN_IF_ERROR(destination_.Unary(Repeatable("/etcdserverpb.KV/Txn", cancellation), txn, response));
  txn.Clear();
  return absl::OkStatus();
}

}  // namespace quorate::ctl
