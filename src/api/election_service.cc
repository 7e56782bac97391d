#include "src/api/election_service.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "src/api/election_leader.h"
#include "src/api/election_observer.h"
#include "src/api/local_calls.h"
#include "src/api/predecessors.h"
#include "src/api/recipe_call.h"
#include "src/api/recipe_requests.h"
#include "v3electionpb/v3election.pb.h"

namespace quorate::api {
namespace {

constexpr std::string_view kMissingLeaderKey = "\"leader\" field must be provided";
constexpr std::string_view kNotLeader = "election: not leader";
constexpr std::string_view kNoLeader = "election: no leader";

etcdserverpb::TxnRequest Proclamation(const std::string& key, int64_t create_revision, const std::string& value,
                                      int64_t lease) {
  etcdserverpb::TxnRequest txn = WhileKeyIsOf(key, create_revision);
  SetPut(key, value, lease, txn.add_success());
  return txn;
}

etcdserverpb::TxnRequest Resignation(const std::string& key, int64_t create_revision) {
  etcdserverpb::TxnRequest txn = WhileKeyIsOf(key, create_revision);
  txn.add_success()->mutable_request_delete_range()->set_key(key);
  return txn;
}

class CampaignCall final : public RecipeCall {
 public:
  using RecipeCall::RecipeCall;

  void Begin(std::string_view message) override {
    if (!Parse(message, &request_)) return;
    WithLease(service_, loop_index_, request_.lease(), [self = Share(this)](absl::StatusOr<int64_t> lease) {
      if (!lease.ok()) return self->Fail(lease.status());
      self->Enter(*lease);
    });
  }

 private:
  void Enter(int64_t lease) {
    if (gone()) return;
    v3electionpb::LeaderKey* leader = response_.mutable_leader();
    leader->set_name(request_.name());
    leader->set_key(KeyOfLease(request_.name() + "/", lease));
    leader->set_lease(lease);
    etcdserverpb::TxnRequest txn = Proclamation(leader->key(), 0, request_.value(), lease);
    txn.add_failure()->mutable_request_range()->set_key(leader->key());
    LocalTxn(service_, loop_index_, txn, [self = Share(this)](absl::StatusOr<etcdserverpb::TxnResponse> entered) {
      if (!entered.ok()) return self->Fail(entered.status());
      self->OnEntered(*entered);
    });
  }

  void OnEntered(const etcdserverpb::TxnResponse& entered) {
    *response_.mutable_header() = entered.header();
    v3electionpb::LeaderKey* leader = response_.mutable_leader();
    if (entered.succeeded()) {
      leader->set_rev(entered.header().revision());
      // The caller went before the key was there.
      return gone() ? Resign() : Wait();
    }
    if (gone()) return;  // another call of the lease's has the key
    const mvccpb::KeyValue& own = entered.responses(0).response_range().kvs(0);
    leader->set_rev(own.create_revision());
    if (own.value() == request_.value()) return Wait();
    LocalTxn(service_, loop_index_, Proclamation(leader->key(), leader->rev(), request_.value(), leader->lease()),
             [self = Share(this)](absl::StatusOr<etcdserverpb::TxnResponse> proclaimed) {
               if (self->gone()) return;
               if (proclaimed.ok() && proclaimed->succeeded()) return self->Wait();
               self->Resign();
               self->Fail(proclaimed.ok() ? Unknown(kNotLeader) : proclaimed.status());
             });
  }

  void Wait() {
    const auto turn = [weak = std::weak_ptr(Share(this))](const absl::Status& status) {
      if (const auto self = weak.lock()) self->OnTurn(status);
    };
    const auto keep = [this](int64_t bytes) { return Keep(bytes); };
    predecessors_ = std::make_unique<Predecessors>(service_, loop_index_, connection_, request_.name() + "/",
                                                   response_.leader().rev() - 1, keep, turn);
  }

  void OnTurn(const absl::Status& status) {
    predecessors_.reset();
    if (!status.ok()) return Fail(status);
    Reply(response_);
  }

  void OnGone() override {
    if (std::exchange(predecessors_, nullptr) != nullptr) Resign();
  }
  void Resign() {
    LocalTxn(service_, loop_index_, Resignation(response_.leader().key(), response_.leader().rev()),
             [](const auto&) {});
  }

  v3electionpb::CampaignRequest request_;
  v3electionpb::CampaignResponse response_;
  std::unique_ptr<Predecessors> predecessors_;  // while it waits
};

class ProclaimCall final : public RecipeCall {
 public:
  using RecipeCall::RecipeCall;

  void Begin(std::string_view message) override {
    if (!Parse(message, &request_)) return;
    if (!request_.has_leader()) return Fail(Unknown(kMissingLeaderKey));
    WithLease(service_, loop_index_, request_.leader().lease(), [self = Share(this)](absl::StatusOr<int64_t> lease) {
      if (!lease.ok()) return self->Fail(lease.status());
      self->Proclaim(*lease);
    });
  }

 private:
  void Proclaim(int64_t lease) {
    const v3electionpb::LeaderKey& leader = request_.leader();
    LocalTxn(service_, loop_index_, Proclamation(leader.key(), leader.rev(), request_.value(), lease),
             [self = Share(this)](absl::StatusOr<etcdserverpb::TxnResponse> proclaimed) {
               if (!proclaimed.ok()) return self->Fail(proclaimed.status());
               if (!proclaimed->succeeded()) return self->Fail(Unknown(kNotLeader));
               v3electionpb::ProclaimResponse response;
               *response.mutable_header() = proclaimed->header();
               self->Reply(response);
             });
  }

  v3electionpb::ProclaimRequest request_;
};

class ResignCall final : public RecipeCall {
 public:
  using RecipeCall::RecipeCall;

  void Begin(std::string_view message) override {
    v3electionpb::ResignRequest request;
    if (!Parse(message, &request)) return;
    if (!request.has_leader()) return Fail(Unknown(kMissingLeaderKey));
    // Who leads no longer has nothing to give up: that is no error.
    LocalTxn(service_, loop_index_, Resignation(request.leader().key(), request.leader().rev()),
             [self = Share(this)](absl::StatusOr<etcdserverpb::TxnResponse> resigned) {
               if (!resigned.ok()) return self->Fail(resigned.status());
               v3electionpb::ResignResponse response;
               *response.mutable_header() = resigned->header();
               self->Reply(response);
             });
  }
};

class LeaderCall final : public RecipeCall {
 public:
  using RecipeCall::RecipeCall;

  void Begin(std::string_view message) override {
    v3electionpb::LeaderRequest request;
    if (!Parse(message, &request)) return;
    LocalRead(service_, loop_index_, OldestKey(request.name() + "/"), {Share(this), connection_},
              [this](absl::StatusOr<mvcc::Answer> found) {
                if (!found.ok()) return Fail(found.status());
                std::optional<Leader> leader = LeaderOf(std::move(found->body));
                if (!leader.has_value()) return Fail(Unknown(kNoLeader));
                ReplyIfRoom(EncodeLeader(*service_, found->revision, std::move(leader->kv)));
              });
  }
};

}  // namespace

void RegisterElection(ServiceContext* context, rpc::Registry& registry) {
  AddLasting<CampaignCall>(context, registry, "/v3electionpb.Election/Campaign");
  AddLasting<ProclaimCall>(context, registry, "/v3electionpb.Election/Proclaim");
  AddLasting<LeaderCall>(context, registry, "/v3electionpb.Election/Leader");
  AddLasting<ResignCall>(context, registry, "/v3electionpb.Election/Resign");
  registry.AddStream("/v3electionpb.Election/Observe", rpc::Registry::StreamKind::kServerStream,
                     [context](const rpc::CallContext& call, rpc::Stream& stream) {
                       return MakeElectionObserver(context, call, stream);
                     });
}

}  // namespace quorate::api
