#include "tests/soak/lease_load.h"

#include <algorithm>
#include <set>
#include <thread>

#include "tests/soak/execute.h"

namespace quorate::soak {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr size_t kLeasesMax = 40;
constexpr uint64_t kKeysMax = 6;
// How late a lease may end on a machine that has much to do.
constexpr seconds kLateMax(30);
// A lease without keys ends unheard; the server may be asked a little later.
constexpr seconds kAskAfter(3);
constexpr int64_t kIdsOfThread = 1'000'000'000;
constexpr int64_t kGone = -1;

}  // namespace

LeaseLoad::LeaseLoad(Stage* stage, Pace* pace, int number)
    : stage_(*stage),
      pace_(*pace),
      number_(number),
      random_(stage->seed * 7'000'003 + static_cast<uint64_t>(number)),
      client_(stage->availability, stage->findings),
      next_id_((number + 1) * kIdsOfThread) {}

std::string LeaseLoad::Key(int64_t id, uint64_t number) const {
  return "leased/" + std::to_string(number_) + "/" + std::to_string(id) + "/" + std::to_string(number);
}

void LeaseLoad::Run() {
  while (!stage_.availability->stopping()) {
    std::this_thread::sleep_until(pace_.Take());
    if (!client_.Ready()) break;
    if (leases_.size() < kLeasesMax) Grant();
    if (Below(100) == 0) CheckList();
    for (auto it = leases_.begin(); it != leases_.end() && client_.Ready();) {
      if (steady_clock::now() >= it->second.next) Act(it->first, &it->second);
      it = CheckEnd(it->first, it->second) ? leases_.erase(it) : std::next(it);
    }
  }
}

void LeaseLoad::Grant() {
  pb::LeaseGrantRequest request;
  const int64_t id = next_id_++;
  request.set_id(id);
  request.set_ttl(static_cast<int64_t>(1 + Below(5)));
  const auto began = steady_clock::now();
  const auto reply = client_.Call(&pb::Lease::Stub::LeaseGrant, request);
  ++stage_.calls;
  if (!reply.ok()) {
    // It is there or not.
    while (client_.Ready() && !Revoke(id)) {
    }
    stage_.leases->Forget(id);
    return;
  }
  if (reply.response.ttl() < request.ttl()) stage_.findings->Add("a lease is granted for less than asked for");
  Lease lease;
  lease.ttl = seconds(reply.response.ttl());
  lease.renewals_left = static_cast<int>(Below(6));
  lease.revoke = Below(2) == 0;
  lease.detach = Below(4) == 0;
  lease.next = began + milliseconds(Below(static_cast<uint64_t>(lease.ttl.count()) * 400));
  stage_.leases->Renewed(id, lease.ttl, began, steady_clock::now());
  PutKeys(id, &lease);
  leases_[id] = lease;
}

void LeaseLoad::PutKeys(int64_t id, Lease* lease) {
  auto operation = std::make_shared<Operation>();
  operation->id = NextOperationId();
  operation->owner = number_;
  const uint64_t keys = Below(kKeysMax + 1);
  if (keys == 0) return;
  for (uint64_t i = 0; i < keys; ++i) {
    pb::PutRequest* put = operation->txn.add_success()->mutable_request_put();
    put->set_key(Key(id, i));
    put->set_value(ValueOf(operation->id, Below(200)));
    put->set_lease(id);
  }
  lease->has_keys = Execute(stage_, client_, operation);
}

// The key stays when the lease ends, and is deleted by itself.
void LeaseLoad::DetachKey(int64_t id, Lease* lease) {
  lease->detach = false;
  if (!lease->has_keys) return;
  // With one key it has none left then, and ends unheard; so it may when the answer is lost.
  lease->has_keys = false;
  auto operation = std::make_shared<Operation>();
  operation->id = NextOperationId();
  operation->owner = number_;
  pb::PutRequest* put = operation->txn.add_success()->mutable_request_put();
  put->set_key(Key(id, 0));
  put->set_value(ValueOf(operation->id, 20));
  Execute(stage_, client_, operation);
  // Until it is certain, since nobody else will.
  bool deleted = false;
  while (!deleted && client_.Ready()) {
    auto deletion = std::make_shared<Operation>();
    deletion->id = NextOperationId();
    deletion->owner = number_;
    deletion->txn.add_success()->mutable_request_delete_range()->set_key(Key(id, 0));
    deleted = Execute(stage_, client_, deletion);
  }
}

void LeaseLoad::Act(int64_t id, Lease* lease) {
  // A third of its time from now, so that renewals come in time.
  lease->next = steady_clock::now() + milliseconds(lease->ttl.count() * 330);
  if (lease->detach) return DetachKey(id, lease);
  if (lease->renewals_left > 0) {
    --lease->renewals_left;
    return KeepAlive(id, lease);
  }
  if (!lease->revoke || stage_.leases->HasEnded(id)) return;
  Revoke(id);
}

void LeaseLoad::KeepAlive(int64_t id, Lease* lease) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kCallDeadline);
  const bool over = stage_.leases->HasEnded(id);
  const auto began = steady_clock::now();
  const auto stream = client_.Get<pb::Lease::Stub>()->LeaseKeepAlive(&context);
  pb::LeaseKeepAliveRequest request;
  request.set_id(id);
  stream->Write(request);
  pb::LeaseKeepAliveResponse response;
  const bool answered = stream->Read(&response);
  const auto ended = steady_clock::now();
  stream->WritesDone();
  const grpc::Status status = stream->Finish();
  ++stage_.calls;
  if (!answered || !status.ok()) {
    if (!client_.Outage()) client_.Blame("LeaseKeepAliveRequest", std::to_string(id), status);
    return;
  }
  if (response.ttl() > 0) {
    if (over) stage_.findings->Add("a lease is kept alive that has ended: " + std::to_string(id));
    stage_.leases->Renewed(id, lease->ttl, began, ended);
    return;
  }
  lease->renewals_left = 0;
  const std::vector<int64_t> certain = stage_.leases->Certain(ended);
  if (std::find(certain.begin(), certain.end(), id) != certain.end()) {
    stage_.findings->Add("a lease is gone before its time: " + std::to_string(id));
  }
}

bool LeaseLoad::Revoke(int64_t id) {
  stage_.leases->Revoking(id);
  pb::LeaseRevokeRequest request;
  request.set_id(id);
  const auto reply = client_.Try(&pb::Lease::Stub::LeaseRevoke, request);
  ++stage_.calls;
  if (reply.ok() || reply.status.error_code() == grpc::StatusCode::NOT_FOUND) return true;
  if (!reply.outage) client_.Blame("LeaseRevokeRequest", std::to_string(id), reply.status);
  return false;
}

bool LeaseLoad::CheckEnd(int64_t id, const Lease& lease) {
  const auto now = steady_clock::now();
  if (stage_.leases->IsOverdue(id, kLateMax, now)) {
    if (lease.has_keys && client_.Ready()) stage_.findings->Add("a lease does not end: " + std::to_string(id));
  } else if (!stage_.leases->HasEnded(id) && !(stage_.leases->IsOverdue(id, kAskAfter, now) && !lease.has_keys)) {
    return false;
  }
  pb::LeaseTimeToLiveRequest request;
  request.set_id(id);
  request.set_keys(true);
  const auto reply = client_.Call(&pb::Lease::Stub::LeaseTimeToLive, request);
  ++stage_.calls;
  if (!reply.ok()) return false;
  if (reply.response.ttl() != kGone) {
    // Whoever hears of its keys' end hears of it as soon as it is.
    if (stage_.leases->HasEnded(id))
      stage_.findings->Add("a lease has ended and is there: " + reply.response.ShortDebugString());
    if (!stage_.leases->IsOverdue(id, kLateMax, now)) return false;
    stage_.findings->Add("a lease does not end: " + reply.response.ShortDebugString());
  }
  ++stage_.leases_ended;
  stage_.leases->Forget(id);
  return true;
}

void LeaseLoad::CheckList() {
  const auto reply = client_.Call(&pb::Lease::Stub::LeaseLeases, pb::LeaseLeasesRequest());
  ++stage_.calls;
  if (!reply.ok()) return;
  std::set<int64_t> listed;
  for (const pb::LeaseStatus& lease : reply.response.leases()) listed.insert(lease.id());
  const auto now = steady_clock::now();
  const std::vector<int64_t> certain = stage_.leases->Certain(now);
  for (const auto& [id, lease] : leases_) {
    if (std::find(certain.begin(), certain.end(), id) != certain.end() && !listed.contains(id)) {
      stage_.findings->Add("a lease is not listed: " + std::to_string(id));
    }
  }
}

}  // namespace quorate::soak
