#include "src/api/predecessors.h"

#include <algorithm>
#include <utility>

#include "quorate/base/errors.h"
#include "src/api/local_calls.h"
#include "src/api/recipe_requests.h"

namespace quorate::api {
namespace {

// By the watcher, and by what finds it.
constexpr size_t kWatchedKeyCopies = 2;

}  // namespace

class Predecessors::Wait : public std::enable_shared_from_this<Wait> {
 public:
  Wait(ServiceContext* context, int loop_index, uint64_t connection, std::string prefix, int64_t create_revision_max,
       std::function<bool(int64_t)> keep, std::function<void(absl::Status)> done)
      : context_(context),
        loop_index_(loop_index),
        connection_(connection),
        keep_(std::move(keep)),
        done_(std::move(done)) {
    request_.set_range_end(PrefixEnd(prefix));
    request_.set_key(std::move(prefix));
    request_.set_limit(1);
    request_.set_sort_target(etcdserverpb::RangeRequest::CREATE);
    request_.set_sort_order(etcdserverpb::RangeRequest::DESCEND);
    request_.set_max_create_revision(create_revision_max);
    request_.set_keys_only(true);
  }

  void Look() {
    LocalRange(context_, loop_index_, request_, {weak_from_this(), connection_},
               [this](absl::StatusOr<etcdserverpb::RangeResponse> found) {
                 if (done_ == nullptr) return;
                 if (!found.ok()) return Finish(found.status());
                 if (found->kvs().empty()) return Finish(absl::OkStatus());
                 Follow(found->kvs(0).key(), found->header().revision());
               });
  }

  void End() {
    done_ = nullptr;
    subscription_.reset();
  }

 private:
  void Follow(const std::string& key, int64_t revision) {
    const auto bytes = static_cast<int64_t>(kWatchedKeyCopies * key.size());
    if (!keep_(bytes - kept_bytes_)) return Finish(base::errors::TooManyRequests());
    kept_bytes_ = bytes;
    watch::WatchRequest request;
    request.key = key;
    request.start_revision = revision;
    request.no_put = true;
    subscription_ =
        context_->loop(loop_index_).feed.Subscribe(std::move(request), [weak = weak_from_this()](const auto& notices) {
          const auto self = weak.lock();
          if (self == nullptr || self->done_ == nullptr) return;
          // Compacted meanwhile: what was missed shows in the next look.
          const bool deleted = !notices.ok() || std::any_of(notices->begin(), notices->end(),
                                                            [](const auto& one) { return one.deleted; });
          if (!deleted) return;
          self->subscription_.reset();
          self->Look();
        });
  }

  void Finish(const absl::Status& status) {
    const auto done = std::exchange(done_, nullptr);
    done(status);
  }

  ServiceContext* const context_;
  const int loop_index_;
  const uint64_t connection_;
  etcdserverpb::RangeRequest request_;
  const std::function<bool(int64_t)> keep_;
  int64_t kept_bytes_ = 0;
  std::function<void(absl::Status)> done_;  // null once over
  std::unique_ptr<watch::Subscription> subscription_;
};

Predecessors::Predecessors(ServiceContext* context, int loop_index, uint64_t connection, std::string prefix,
                           int64_t create_revision_max, std::function<bool(int64_t)> keep,
                           std::function<void(absl::Status)> done)
    : wait_(std::make_shared<Wait>(context, loop_index, connection, std::move(prefix), create_revision_max,
                                   std::move(keep), std::move(done))) {
  wait_->Look();
}

Predecessors::~Predecessors() { wait_->End(); }

}  // namespace quorate::api
