#include "src/api/watch_service.h"

#include <optional>
#include <string>
#include <utility>

#include "etcdserverpb/rpc.pb.h"
#include "quorate/base/errors.h"
#include "quorate/base/logging.h"
#include "quorate/watch/feed.h"
#include "src/api/parse.h"
#include "src/api/stream_handlers.h"
#include "src/api/watch_response.h"

namespace quorate::api {
namespace {

// What a response may be longer than a request, as etcd has it; larger ones are split for those who allow it.
constexpr size_t kResponseOverheadBytes = 512 << 10;
// As rpc::Stream counts.
constexpr int64_t WatcherBytes(size_t range_bytes) { return static_cast<int64_t>(watch::WatcherBytes(range_bytes)); }

watch::WatchRequest RequestFrom(const etcdserverpb::WatchCreateRequest& message) {
  watch::WatchRequest request;
  request.key = message.key();
  request.range_end = message.range_end();
  request.start_revision = message.start_revision();
  request.prev_kv = message.prev_kv();
  request.fragment = message.fragment();
  request.progress_notify = message.progress_notify();
  for (const int filter : message.filters()) {
    request.no_put |= filter == etcdserverpb::WatchCreateRequest::NOPUT;
    request.no_delete |= filter == etcdserverpb::WatchCreateRequest::NODELETE;
  }
  return request;
}

class WatchStream final : public rpc::StreamHandler, public watch::Sink, public WatchStreamEvents {
 public:
  WatchStream(ServiceContext* service, WatchStreams* neighbours, bool needs_leader, rpc::Stream& stream)
      : service_(service),
        neighbours_(neighbours),
        stream_(&stream),
        channel_(service->loop(stream.loop_index()).feed.Open(this)) {
    neighbours_->Add(this, needs_leader);
  }
  ~WatchStream() override { Leave(); }

  // --- rpc::StreamHandler
  void OnMessage(std::string_view message) override {
    if (stream_ == nullptr) return;
    etcdserverpb::WatchRequest request;
    absl::Status parsed = rpc::ParseMessage(message, &request, MalformedInStream);
    if (!parsed.ok()) return End(std::move(parsed));
    switch (request.request_union_case()) {
      case etcdserverpb::WatchRequest::kCreateRequest:
        return Create(request.create_request());
      case etcdserverpb::WatchRequest::kCancelRequest:
        return Cancel(request.cancel_request().watch_id());
      case etcdserverpb::WatchRequest::kProgressRequest:
        return channel_->RequestProgress();
      case etcdserverpb::WatchRequest::REQUEST_UNION_NOT_SET:
        return;  // as etcd: not worth ending the stream
    }
  }
  // A client that asks for nothing more still hears of its watchers' events.
  void OnHalfClose() override {}
  void OnWritable() override {
    if (stream_ != nullptr) channel_->Resume();
  }
  void OnClose() override { Leave(); }

  // --- watch::Sink
  bool HasRoom(size_t bytes) override {
    if (stream_->HasRoom(bytes)) return true;
    awaited_bytes_ = bytes;
    if (stream_->queued_bytes() == 0) neighbours_->AwaitRoom(this);
    return false;
  }
  bool OnEvents(int64_t watch_id, const watch::WatchRequest& request, const watch::Selection& events,
                int64_t revision) override {
    bool room = true;
    const auto write = [&](base::Payload message) { room = stream_->Write(std::move(message)); };
    const WatchResponseHead head{.header = Header(revision), .watch_id = watch_id};
    if (request.fragment) {
      const size_t bytes_max = service_->options.max_request_bytes + kResponseOverheadBytes;
      WriteFragmented(head, events, request.prev_kv, bytes_max, write);
    } else {
      base::Payload message(head.Encode());
      message.Append(events.Encoded());
      write(std::move(message));
    }
    return room;
  }
  void OnCompacted(int64_t watch_id, int64_t compacted_revision) override {
    // Without a revision in the header and without a reason: clients know by compact_revision.
    Write({.header = Header(0), .watch_id = watch_id, .canceled = true, .compact_revision = compacted_revision});
  }
  void OnFailed(int64_t watch_id, const absl::Status& reason) override {
    Write({.header = Header(service_->replica->store().revision()),
           .watch_id = watch_id,
           .canceled = true,
           .cancel_reason = base::MessageOf(reason)});
  }
  bool OnProgress(int64_t watch_id, int64_t revision) override {
    return Write({.header = Header(revision), .watch_id = watch_id});
  }

  // --- WatchStreamEvents
  bool OnRoomLook() override {
    if (!stream_->HasRoom(awaited_bytes_)) return stream_->queued_bytes() > 0;
    channel_->Resume();
    return true;
  }
  bool OnNoticeDue() override {
    channel_->NotifyProgress();
    return channel_->wants_notices();
  }
  void End(absl::Status status) override {
    if (stream_ == nullptr) return;
    rpc::Stream* stream = stream_;
    Leave();
    stream->Finish(std::move(status));
  }

 private:
  void Create(const etcdserverpb::WatchCreateRequest& message) {
    if (message.start_revision() < 0) {
      const int64_t revision = service_->replica->store().revision();
      return Refuse(revision, base::errors::Compacted());
    }
    int64_t revision = 0;
    const int64_t bytes = WatcherBytes(message.key().size() + message.range_end().size());
    if (!stream_->Keep(bytes)) return Refuse(service_->replica->store().revision(), base::errors::TooManyRequests());
    const absl::StatusOr<int64_t> id = channel_->Watch(message.watch_id(), RequestFrom(message), &revision);
    if (!id.ok()) {
      stream_->Keep(-bytes);
      return Refuse(revision, id.status());
    }
    Write({.header = Header(revision), .watch_id = *id, .created = true});
    if (message.progress_notify()) neighbours_->BeginNotices(this);
  }
  void Cancel(int64_t watch_id) {
    const std::optional<size_t> range_bytes = channel_->Cancel(watch_id);
    if (!range_bytes.has_value()) return;
    stream_->Keep(-WatcherBytes(*range_bytes));
    Write({.header = Header(service_->replica->store().revision()), .watch_id = watch_id, .canceled = true});
  }
  void Refuse(int64_t revision, const absl::Status& reason) {
    Write({.header = Header(revision),
           .watch_id = watch::kNoWatchId,
           .created = true,
           .canceled = true,
           .cancel_reason = base::MessageOf(reason)});
  }

  std::string Header(int64_t revision) const { return service_->header.Encode(revision, service_->replica->term()); }
  bool Write(const WatchResponseHead& head) { return stream_->Write(base::Payload(head.Encode())); }
  void Leave() {
    if (std::exchange(stream_, nullptr) == nullptr) return;
    neighbours_->Remove(this);
    channel_.reset();
  }

  ServiceContext* const service_;
  WatchStreams* const neighbours_;
  rpc::Stream* stream_;  // null once ended
  std::unique_ptr<watch::Channel> channel_;
  size_t awaited_bytes_ = 0;  // that there was no room for
};

}  // namespace

void WatchService::Register(rpc::Registry& registry) {
  registry.AddStream("/etcdserverpb.Watch/Watch", rpc::Registry::StreamKind::kBidirectional,
                     [this](const rpc::CallContext& call, rpc::Stream& stream) -> std::unique_ptr<rpc::StreamHandler> {
                       absl::Status admitted = context_->AdmitLastingStream(call, stream.loop_index());
                       if (!admitted.ok()) return RefuseStream(stream, std::move(admitted));
                       WatchStreams* neighbours = loops_[static_cast<size_t>(stream.loop_index())].get();
                       const bool needs_leader = call.Metadata("hasleader") == "true";
                       return std::make_unique<WatchStream>(context_, neighbours, needs_leader, stream);
                     });
}

void WatchService::Attach() {
  for (size_t index = 0; index < context_->loops.size(); ++index) {
    loops_.push_back(std::make_unique<WatchStreams>(context_, static_cast<int>(index)));
  }
  const std::chrono::milliseconds asked = context_->options.watch_progress_notify_interval;
  if (asked.count() > 0 && asked < WatchStreams::kNoticeIntervalMin) {
    QUORATE_LOG(
        kWarn, "adjusting watch progress notify interval to minimum period",
        {{"min-watch-progress-notify-interval", std::to_string(WatchStreams::kNoticeIntervalMin.count()) + "ms"}});
  }
}

void WatchService::EndStreams() {
  for (size_t index = 0; index < loops_.size(); ++index) {
    context_->server->Post(static_cast<int>(index),
                           [streams = loops_[index].get()] { streams->EndAll(base::errors::Stopped()); });
  }
}

}  // namespace quorate::api
