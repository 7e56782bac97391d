#include "tests/soak/recipe_load.h"

#include <chrono>

namespace quorate::soak {
namespace {

using std::chrono::milliseconds;

constexpr int64_t kTtlSeconds = 100'000;
constexpr uint64_t kHoldMsMax = 20;
constexpr uint64_t kRestMsMax = 60;

}  // namespace

RecipeLoad::RecipeLoad(Stage* stage, Holders* holders, int number)
    : stage_(*stage),
      holders_(*holders),
      random_(stage->seed * 11'000'003 + static_cast<uint64_t>(number)),
      client_(stage->availability, stage->findings) {}

void RecipeLoad::Run() {
  while (stage_.availability->Sleep(milliseconds(Below(kRestMsMax)))) {
    if (!client_.Ready() || !HaveLease()) continue;
    if (Below(2) == 0) {
      Lock();
    } else {
      Lead();
    }
    if (Below(50) == 0) DropLease();
  }
  DropLease();
}

bool RecipeLoad::HaveLease() {
  if (lease_ != 0) return true;
  pb::LeaseGrantRequest request;
  request.set_ttl(kTtlSeconds);
  const auto reply = client_.Call(&pb::Lease::Stub::LeaseGrant, request);
  ++stage_.calls;
  if (reply.ok()) lease_ = reply.response.id();
  return reply.ok();
}

void RecipeLoad::DropLease() {
  if (lease_ == 0) return;
  pb::LeaseRevokeRequest request;
  request.set_id(lease_);
  do {
    const auto reply = client_.Try(&pb::Lease::Stub::LeaseRevoke, request);
    ++stage_.calls;
    if (reply.ok() || reply.status.error_code() == grpc::StatusCode::NOT_FOUND) break;
    if (!reply.outage) client_.Blame("LeaseRevokeRequest", "", reply.status);
  } while (client_.Ready());
  lease_ = 0;
}

void RecipeLoad::Hold(std::atomic<int>& holders, const std::string& what) {
  if (++holders > 1) stage_.findings->Add(what + " has two holders");
  stage_.availability->Sleep(milliseconds(Below(kHoldMsMax)));
  --holders;
  ++stage_.locks;
}

void RecipeLoad::Lock() {
  const size_t number = Below(kRecipes);
  v3lockpb::LockRequest request;
  request.set_name(kRecipePrefix + std::string("lock/") + std::to_string(number));
  request.set_lease(lease_);
  const auto locked = client_.Call(&v3lockpb::Lock::Stub::Lock, request);
  ++stage_.calls;
  if (!locked.ok()) return DropLease();
  Hold(holders_.locks[number], "a lock");
  v3lockpb::UnlockRequest unlock;
  unlock.set_key(locked.response.key());
  if (!client_.Call(&v3lockpb::Lock::Stub::Unlock, unlock).ok()) DropLease();
  ++stage_.calls;
}

void RecipeLoad::Lead() {
  using v3electionpb::Election;
  const size_t number = Below(kRecipes);
  v3electionpb::CampaignRequest request;
  request.set_name(kRecipePrefix + std::string("election/") + std::to_string(number));
  request.set_lease(lease_);
  request.set_value("first");
  const auto elected = client_.Call(&Election::Stub::Campaign, request);
  ++stage_.calls;
  if (!elected.ok()) return DropLease();
  v3electionpb::ProclaimRequest proclaim;
  *proclaim.mutable_leader() = elected.response.leader();
  proclaim.set_value("second " + std::to_string(lease_));
  v3electionpb::LeaderRequest ask;
  ask.set_name(request.name());
  if (client_.Call(&Election::Stub::Proclaim, proclaim).ok()) {
    const auto leader = client_.Call(&Election::Stub::Leader, ask);
    if (leader.ok() && (leader.response.kv().value() != proclaim.value() || leader.response.kv().lease() != lease_)) {
      stage_.findings->Add("another leader than the one that was elected: " + leader.response.ShortDebugString());
    }
    stage_.calls += 2;
  }
  Hold(holders_.elections[number], "an election");
  v3electionpb::ResignRequest resign;
  *resign.mutable_leader() = elected.response.leader();
  if (!client_.Call(&Election::Stub::Resign, resign).ok()) DropLease();
  ++stage_.calls;
}

}  // namespace quorate::soak
