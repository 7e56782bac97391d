#include "src/api/lock_service.h"

#include <memory>
#include <string>

#include "src/api/local_calls.h"
#include "src/api/predecessors.h"
#include "src/api/recipe_call.h"
#include "src/api/recipe_requests.h"
#include "v3lockpb/v3lock.pb.h"

namespace quorate::api {
namespace {

class LockCall final : public RecipeCall {
 public:
  using RecipeCall::RecipeCall;

  void Begin(std::string_view message) override {
    v3lockpb::LockRequest request;
    if (!Parse(message, &request)) return;
    prefix_ = request.name() + "/";
    WithLease(service_, loop_index_, request.lease(), [self = Share(this)](absl::StatusOr<int64_t> lease) {
      if (!lease.ok()) return self->Fail(lease.status());
      self->Enter(*lease);
    });
  }

 private:
  // Puts the key unless it is there, and looks who holds the lock, in one transaction.
  void Enter(int64_t lease) {
    if (gone()) return;
    key_ = KeyOfLease(prefix_, lease);
    etcdserverpb::TxnRequest txn = WhileKeyIsOf(key_, 0);
    SetPut(key_, "", lease, txn.add_success());
    txn.add_failure()->mutable_request_range()->set_key(key_);
    *txn.add_success()->mutable_request_range() = OldestKey(prefix_);
    *txn.add_failure()->mutable_request_range() = OldestKey(prefix_);
    LocalTxn(service_, loop_index_, txn, [self = Share(this)](absl::StatusOr<etcdserverpb::TxnResponse> entered) {
      if (!entered.ok()) return self->Fail(entered.status());
      self->Wait(*entered);
    });
  }

  void Wait(const etcdserverpb::TxnResponse& entered) {
    int64_t revision = entered.header().revision();
    if (!entered.succeeded()) revision = entered.responses(0).response_range().kvs(0).create_revision();
    // The caller went before the key was there, and nobody will unlock it. Another call of the lease's keeps its own.
    if (gone()) return entered.succeeded() ? RemoveKey() : void();
    const auto& owners = entered.responses(1).response_range().kvs();
    if (owners.empty() || owners[0].create_revision() == revision) return Answer(entered.header());
    waiting_ = true;
    predecessors_ = std::make_unique<Predecessors>(
        service_, loop_index_, connection_, prefix_, revision - 1, [this](int64_t bytes) { return Keep(bytes); },
        [weak = std::weak_ptr(Share(this))](absl::Status status) {
          if (const auto self = weak.lock()) self->OnTurn(status);
        });
  }

  void OnTurn(const absl::Status& status) {
    predecessors_.reset();
    if (!status.ok()) {
      RemoveKey();
      return Fail(status);
    }
    // The lease may have ended while others held the lock.
    etcdserverpb::RangeRequest range;
    range.set_key(key_);
    LocalRange(service_, loop_index_, range, {Share(this), connection_},
               [this](absl::StatusOr<etcdserverpb::RangeResponse> found) {
                 if (gone()) return;
                 if (!found.ok()) {
                   RemoveKey();
                   return Fail(found.status());
                 }
                 if (found->kvs().empty()) return Fail(Unknown("mutex: session is expired"));
                 Answer(found->header());
               });
  }

  void Answer(const etcdserverpb::ResponseHeader& header) {
    v3lockpb::LockResponse response;
    *response.mutable_header() = header;
    response.set_key(key_);
    Reply(response);
  }

  void OnGone() override {
    predecessors_.reset();
    if (waiting_) RemoveKey();
  }
  void RemoveKey() {
    LocalDelete(service_, loop_index_, key_, [](const auto&) {});
  }

  std::string prefix_;
  std::string key_;
  bool waiting_ = false;  // the key is there, and its turn has not come
  std::unique_ptr<Predecessors> predecessors_;
};

class UnlockCall final : public RecipeCall {
 public:
  using RecipeCall::RecipeCall;

  void Begin(std::string_view message) override {
    v3lockpb::UnlockRequest request;
    if (!Parse(message, &request)) return;
    LocalDelete(service_, loop_index_, request.key(),
                [self = Share(this)](absl::StatusOr<etcdserverpb::DeleteRangeResponse> deleted) {
                  if (!deleted.ok()) return self->Fail(deleted.status());
                  v3lockpb::UnlockResponse response;
                  *response.mutable_header() = deleted->header();
                  self->Reply(response);
                });
  }
};

}  // namespace

void RegisterLock(ServiceContext* context, rpc::Registry& registry) {
  AddLasting<LockCall>(context, registry, "/v3lockpb.Lock/Lock");
  AddLasting<UnlockCall>(context, registry, "/v3lockpb.Lock/Unlock");
}

}  // namespace quorate::api
