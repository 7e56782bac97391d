#include "quorate/watch/subscription.h"

#include <optional>
#include <utility>

#include "quorate/base/check.h"
#include "quorate/base/errors.h"
#include "quorate/mvcc/etcd_form.h"
#include "src/watch/feed_state.h"

namespace quorate::watch {
namespace {

// Notices that wait for their handler; more are read from history later.
constexpr size_t kNoticesMax = 1024;

Notice NoticeOf(const Event& event) {
  Notice notice;
  notice.deleted = event.change.deleted;
  notice.key = std::string(event.change.key);
  notice.revision = event.revision();
  if (!notice.deleted) {
    const std::optional<mvcc::KeyValueFields> fields = mvcc::DecodeKeyValue(event.change.kv());
    QUORATE_CHECK(fields.has_value()) << "an event's key-value is malformed";
    notice.create_revision = fields->created;
    notice.record = event.change.record;
    notice.kv_offset = event.change.kv_offset;
  }
  return notice;
}

// Collects what the feed delivers and hands it over in a function of its own, so that the handler may do anything.
class Follower final : public Sink, public std::enable_shared_from_this<Follower> {
 public:
  Follower(const FeedOptions* feed, NoticeHandler handler) : feed_(feed), handler_(std::move(handler)) {}

  void Begin(std::unique_ptr<Channel> channel, WatchRequest request) {
    channel_ = std::move(channel);
    int64_t revision;
    absl::StatusOr<int64_t> id = channel_->Watch(0, std::move(request), &revision);
    if (id.ok()) return;
    failure_ = std::move(id).status();
    Post();
  }
  // The handler itself stays: it may be what called this.
  void End() { channel_.reset(); }
  void Pause() { paused_ = true; }
  void Resume() {
    if (std::exchange(paused_, false)) Post();
  }

  bool HasRoom(size_t) override { return !paused_ && waiting_.size() < kNoticesMax; }
  bool OnEvents(int64_t, const WatchRequest&, const Selection& events, int64_t) override {
    for (size_t i = 0; i < events.size(); ++i) waiting_.push_back(NoticeOf(events.event(i)));
    Post();
    return HasRoom(0);
  }
  void OnCompacted(int64_t, int64_t) override {
    failure_ = base::errors::Compacted();
    Post();
  }
  void OnFailed(int64_t, const absl::Status& reason) override {
    failure_ = reason;
    Post();
  }
  bool OnProgress(int64_t, int64_t) override { return true; }

 private:
  void Post() {
    if (std::exchange(posted_, true)) return;
    feed_->post([self = shared_from_this()] {
      self->posted_ = false;
      self->Deliver();
    });
  }
  void Deliver() {
    if (paused_ || channel_ == nullptr) return;
    if (!waiting_.empty()) handler_(std::exchange(waiting_, {}));
    if (paused_ || channel_ == nullptr) return;
    if (!failure_.ok()) return handler_(std::exchange(failure_, absl::OkStatus()));
    channel_->Resume();
  }

  const FeedOptions* const feed_;
  NoticeHandler handler_;
  std::unique_ptr<Channel> channel_;
  std::vector<Notice> waiting_;
  absl::Status failure_;
  bool posted_ = false;
  bool paused_ = false;
};

class Held final : public Subscription {
 public:
  explicit Held(std::shared_ptr<Follower> follower) : follower_(std::move(follower)) {}
  ~Held() override { follower_->End(); }
  void Pause() override { follower_->Pause(); }
  void Resume() override { follower_->Resume(); }

 private:
  const std::shared_ptr<Follower> follower_;
};

}  // namespace

std::unique_ptr<Subscription> Feed::Subscribe(WatchRequest request, NoticeHandler handler) {
  request.prev_kv = request.fragment = request.progress_notify = false;
  auto follower = std::make_shared<Follower>(&rep_->options, std::move(handler));
  follower->Begin(Open(follower.get()), std::move(request));
  return std::make_unique<Held>(std::move(follower));
}

}  // namespace quorate::watch
