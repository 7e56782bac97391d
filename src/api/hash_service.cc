#include "src/api/hash_service.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <string_view>
#include <utility>

#include "etcdserverpb/rpc.pb.h"
#include "src/api/lasting_unary.h"
#include "src/api/unary.h"

namespace quorate::api {
namespace {

using Flag = std::atomic<bool>;

absl::StatusOr<mvcc::HashResult> HashKV(ServiceContext& context, int64_t revision, const Flag& stop) {
  const mvcc::Store& store = context.replica->store();
  if (revision > 0 && revision == store.compacted_revision()) {
    if (auto before = context.remembered_hashes.FromBeforeCompaction(revision)) {
      before->revision = store.revision();
      return *before;
    }
  }
  QUORATE_ASSIGN_OR_RETURN(const mvcc::HashResult hash, store.HashKV(revision, &stop));
  context.remembered_hashes.Add(hash);
  return hash;
}

absl::StatusOr<etcdserverpb::HashKVResponse> Compute(ServiceContext& context,
                                                     const etcdserverpb::HashKVRequest& request, const Flag& stop) {
  QUORATE_ASSIGN_OR_RETURN(const mvcc::HashResult hash, HashKV(context, request.revision(), stop));
  etcdserverpb::HashKVResponse response;
  *response.mutable_header() = HeaderAt(context, hash.revision);
  response.set_hash(hash.hash);
  response.set_compact_revision(hash.compact_revision);
  response.set_hash_revision(hash.hash_revision);
  return response;
}

absl::StatusOr<etcdserverpb::HashResponse> Compute(ServiceContext& context, const etcdserverpb::HashRequest&,
                                                   const Flag& stop) {
  QUORATE_ASSIGN_OR_RETURN(const uint32_t hash, context.replica->store().Hash(&stop));
  etcdserverpb::HashResponse response;
  *response.mutable_header() = HeaderNow(context);
  response.set_hash(hash);
  return response;
}

HashLatency& LatencyOf(RequestStatistics& statistics, const etcdserverpb::HashKVRequest&) {
  return statistics.hash_by_revision;
}
HashLatency& LatencyOf(RequestStatistics& statistics, const etcdserverpb::HashRequest&) { return statistics.hash; }

template <typename Request, typename Response>
class HashCall final : public LastingUnary {
 public:
  using LastingUnary::LastingUnary;

  void Begin(std::string_view message) override {
    Request request;
    if (!Parse(message, &request)) return;
    auto compute = [service = service_, weak = std::weak_ptr(Share(this)), ref = ref(), stop = stop_,
                    request = std::move(request)](absl::Status status) {
      if (stop->load(std::memory_order_relaxed)) return;
      auto response = std::make_shared<absl::StatusOr<Response>>(
          status.ok() ? Serve(*service, request, *stop) : absl::StatusOr<Response>(std::move(status)));
      ref.Post([weak, response](rpc::Stream&) {
        if (const auto self = weak.lock()) self->Answer(*response);
      });
    };
    service_->hashes.Submit(std::move(compute), /*bytes=*/0, connection_);
  }

 private:
  static absl::StatusOr<Response> Serve(ServiceContext& service, const Request& request, const Flag& stop) {
    const auto start = std::chrono::steady_clock::now();
    absl::StatusOr<Response> response = Compute(service, request, stop);
    LatencyOf(service.statistics, request).Observe(std::chrono::steady_clock::now() - start);
    return response;
  }
  void Answer(const absl::StatusOr<Response>& response) {
    if (!response.ok()) return Finish(response.status());
    Reply(*response);
  }
  void OnGone() override { stop_->store(true, std::memory_order_relaxed); }

  const std::shared_ptr<Flag> stop_ = std::make_shared<Flag>(false);
};

}  // namespace

void RegisterHashes(ServiceContext* context, rpc::Registry& registry) {
  AddLasting<HashCall<etcdserverpb::HashKVRequest, etcdserverpb::HashKVResponse>>(
      context, registry, "/etcdserverpb.Maintenance/HashKV");
  AddLasting<HashCall<etcdserverpb::HashRequest, etcdserverpb::HashResponse>>(context, registry,
                                                                              "/etcdserverpb.Maintenance/Hash");
}

}  // namespace quorate::api
