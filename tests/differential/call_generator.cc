#include "tests/differential/call_generator.h"

#include <algorithm>
#include <limits>

namespace quorate::testing {
namespace {

namespace pb = etcdserverpb;

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
// No lease that is kept ends by itself during a test: when exactly is not the same for two servers.
constexpr int64_t kLongTtls[] = {100'000, 5'000'000, 9'000'000'000};
constexpr int64_t kRefusedTtls[] = {9'000'000'001, kMax};
constexpr int64_t kShortTtls[] = {0, -5, 1, 2, 3, kMin};
constexpr size_t kLeasesMax = 12;

template <typename Request>
Call Make(const std::string& method, const Request& request) {
  return {.method = method, .request = std::make_shared<Request>(request)};
}

}  // namespace

int64_t CallGenerator::Lease() {
  if (leases_.empty() || Chance(8)) {
    constexpr int64_t kOdd[] = {0, -1, kMin, kMax, 12345};
    return kOdd[Below(std::size(kOdd))];
  }
  return leases_[Below(leases_.size())];
}

int64_t CallGenerator::ChosenLease() {
  const int64_t lease = Lease();
  return lease >= kFirstGeneratedLease && lease < kOwnMember ? 0 : lease;
}

int64_t CallGenerator::Revision() {
  if (Chance(30)) return 0;
  if (Chance(10)) {
    constexpr int64_t kOdd[] = {-1, kMin, kMax, 1};
    return kOdd[Below(std::size(kOdd))];
  }
  const int64_t first = std::max<int64_t>(compacted_ - 2, 1);
  return first + static_cast<int64_t>(Below(static_cast<uint64_t>(std::max<int64_t>(revision_ - first + 3, 1))));
}

Call CallGenerator::Next() {
  if (!forced_.empty()) {
    Call call = forced_.front();
    forced_.pop_front();
    return call;
  }
  // Alarms end soon, since little happens while one is there.
  if (alarmed_ && Chance(15)) {
    pb::AlarmRequest request;
    request.set_action(pb::AlarmRequest::DEACTIVATE);
    for (const pb::AlarmType type : {pb::CORRUPT, pb::NOSPACE}) {
      request.set_alarm(type);
      for (const int64_t member : {kOwnMember, int64_t{0}, int64_t{77}}) {
        request.set_memberid(static_cast<uint64_t>(member));
        forced_.push_back(Make("Maintenance.Alarm", request));
      }
    }
    request.set_action(pb::AlarmRequest::GET);
    request.set_alarm(pb::NONE);
    request.set_memberid(0);
    forced_.push_back(Make("Maintenance.Alarm", request));
    return Next();
  }
  const uint64_t dice = Below(100);
  if (dice < 35) return Write();
  if (dice < 45) return Read();
  if (dice < 80) return LeaseCall(Below(100));
  return MaintenanceCall(Below(100));
}

Call CallGenerator::LeaseCall(uint64_t dice) {
  if (dice < 30) return Grant();
  if (dice < 45) return Revoke();
  if (dice < 60) {
    pb::LeaseKeepAliveRequest request;
    request.set_id(Lease());
    return Make("Lease.LeaseKeepAlive", request);
  }
  if (dice < 90) {
    pb::LeaseTimeToLiveRequest request;
    request.set_id(Lease());
    request.set_keys(Chance(80));
    return Make("Lease.LeaseTimeToLive", request);
  }
  return Make("Lease.LeaseLeases", pb::LeaseLeasesRequest());
}

Call CallGenerator::Grant() {
  pb::LeaseGrantRequest request;
  const uint64_t dice = Below(100);
  if (dice < 15) {
    request.set_ttl(kShortTtls[Below(std::size(kShortTtls))]);
    request.set_id(next_lease_++);
    // Gone before it ends by itself.
    pb::LeaseRevokeRequest revoke;
    revoke.set_id(request.id());
    forced_.push_back(Make("Lease.LeaseRevoke", revoke));
    return Make("Lease.LeaseGrant", request);
  }
  request.set_ttl(dice < 25 ? kRefusedTtls[Below(std::size(kRefusedTtls))] : kLongTtls[Below(std::size(kLongTtls))]);
  if (Chance(15) && !leases_.empty()) {
    // Taken.
    request.set_id(leases_[Below(leases_.size())]);
  } else if (!Chance(20) && leases_.size() < kLeasesMax) {
    request.set_id(Chance(10) ? -next_lease_++ : next_lease_++);
    if (dice >= 25) leases_.push_back(request.id());
  }
  return Make("Lease.LeaseGrant", request);
}

Call CallGenerator::Revoke() {
  pb::LeaseRevokeRequest request;
  request.set_id(Lease());
  std::erase(leases_, request.id());
  return Make("Lease.LeaseRevoke", request);
}

Call CallGenerator::MaintenanceCall(uint64_t dice) {
  if (dice < 20) return Alarm();
  if (dice < 45) {
    pb::HashKVRequest request;
    do {
      request.set_revision(Revision());
    } while (compactions_.contains(request.revision()));
    return Make("Maintenance.HashKV", request);
  }
  if (dice < 65) return Make("Maintenance.Status", pb::StatusRequest());
  if (dice < 75) {
    pb::MoveLeaderRequest request;
    request.set_targetid(static_cast<uint64_t>(Chance(50) ? kOwnMember : Chance(50) ? 0 : 77));
    return Make("Maintenance.MoveLeader", request);
  }
  if (dice < 85) return Downgrade();
  if (dice < 95) {
    pb::CompactionRequest request;
    request.set_revision(Chance(20) ? Revision()
                                    : std::max(compacted_ + 1, revision_ - static_cast<int64_t>(Below(40))));
    // Otherwise HashKV depends on how far the removal is.
    request.set_physical(true);
    return Make("KV.Compact", request);
  }
  return Make("Maintenance.Defragment", pb::DefragmentRequest());
}

Call CallGenerator::Alarm() {
  pb::AlarmRequest request;
  // Not others: etcd stops for good at an action that is none.
  request.set_action(static_cast<pb::AlarmRequest::AlarmAction>(Below(3)));
  request.set_alarm(static_cast<pb::AlarmType>(Below(3)));
  request.set_memberid(static_cast<uint64_t>(Chance(60) ? kOwnMember : Chance(70) ? 0 : 77));
  if (request.action() != pb::AlarmRequest::GET) {
    // Says afterwards what there is.
    forced_.push_back(Make("Maintenance.Alarm", pb::AlarmRequest()));
  }
  return Make("Maintenance.Alarm", request);
}

Call CallGenerator::Downgrade() {
  pb::DowngradeRequest request;
  // One that is really started goes on behind the scenes, at a pace of its own.
  request.set_action(Chance(60)   ? pb::DowngradeRequest::VALIDATE
                     : Chance(50) ? pb::DowngradeRequest::ENABLE
                                  : pb::DowngradeRequest::CANCEL);
  const std::vector<std::string> refused = {"", "3", "3.5.0", "3.5", "3.7.0", "3.8.0", "4.0.0", "v3.6", "x"};
  const bool accepted = request.action() == pb::DowngradeRequest::VALIDATE && Chance(40);
  request.set_version(accepted ? (Chance(50) ? "3.6.0" : "3.6") : refused[Below(refused.size())]);
  return Make("Maintenance.Downgrade", request);
}

Call CallGenerator::Write() {
  if (Chance(55)) return Make("KV.Put", Put());
  if (Chance(50)) return Make("KV.Txn", Txn());
  pb::DeleteRangeRequest request;
  request.set_key(Key());
  if (Chance(20)) request.set_range_end(Key());
  request.set_prev_kv(Chance(50));
  return Make("KV.DeleteRange", request);
}

pb::PutRequest CallGenerator::Put() {
  pb::PutRequest request;
  request.set_key(Key());
  request.set_value("v" + std::to_string(Below(1000)));
  if (Chance(60)) request.set_lease(ChosenLease());
  request.set_prev_kv(Chance(30));
  if (Chance(10)) {
    request.set_ignore_lease(true);
    if (Chance(80)) request.clear_lease();
  }
  return request;
}

pb::TxnRequest CallGenerator::Txn() {
  pb::TxnRequest request;
  if (Chance(50)) {
    pb::Compare* compare = request.add_compare();
    compare->set_key(Key());
    compare->set_target(pb::Compare::LEASE);
    compare->set_result(static_cast<pb::Compare::CompareResult>(Below(4)));
    compare->set_lease(Lease());
  }
  for (auto* branch : {request.mutable_success(), request.mutable_failure()}) {
    char key = 'a';
    for (uint64_t count = Below(4); count > 0; --count, ++key) {
      // Each key once, or the transaction is refused.
      if (Chance(60)) {
        pb::PutRequest* put = branch->Add()->mutable_request_put();
        *put = Put();
        put->set_key(std::string(1, key));
      } else if (Chance(50)) {
        branch->Add()->mutable_request_delete_range()->set_key(std::string(1, key));
      } else {
        branch->Add()->mutable_request_range()->set_key(Key());
      }
    }
  }
  return request;
}

Call CallGenerator::Read() {
  pb::RangeRequest request;
  request.set_key("a");
  request.set_range_end("z");
  request.set_serializable(Chance(50));
  return Make("KV.Range", request);
}

}  // namespace quorate::testing
