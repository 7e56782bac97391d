#include "src/api/election_observer.h"

#include <string>
#include <utility>

#include "quorate/base/check.h"
#include "quorate/base/errors.h"
#include "src/api/lasting_calls.h"
#include "src/api/lasting_unary.h"
#include "src/api/local_calls.h"
#include "src/api/recipe_requests.h"
#include "src/api/stream_handlers.h"
#include "src/api/unary.h"
#include "v3electionpb/v3election.pb.h"

namespace quorate::api {
namespace {

class Observer final : public rpc::StreamHandler, public LastingCall, public std::enable_shared_from_this<Observer> {
 public:
  Observer(ServiceContext* service, rpc::Stream& stream)
      : service_(service), loop_index_(stream.loop_index()), stream_(&stream) {
    service_->loop(loop_index_).lasting_calls.Add(this);
  }

  void OnMessage(std::string_view message) override {
    v3electionpb::LeaderRequest request;
    if (!request.ParseFromArray(message.data(), static_cast<int>(message.size()))) return End(MalformedInStream());
    name_ = request.name();
    if (Hold(kRequestCopies * message.size())) Look();
  }
  void OnHalfClose() override {}
  void OnWritable() override {
    full_ = false;
    if (subscription_ != nullptr) subscription_->Resume();
  }
  void OnClose() override { Leave(); }
  void End(absl::Status status) override {
    if (rpc::Stream* stream = Leave()) stream->Finish(std::move(status));
  }

 private:
  // Counts what it keeps from now on. False: that is too much, and the stream has ended.
  bool Hold(size_t bytes) {
    const auto held = static_cast<int64_t>(bytes);
    if (!stream_->Keep(held - held_bytes_)) {
      End(base::errors::TooManyRequests());
      return false;
    }
    held_bytes_ = held;
    return true;
  }

  // Who leads now? Nobody: whoever comes first will.
  void Look() {
    LocalRange(service_, loop_index_, OldestKey(name_ + "/"), weak_from_this(),
               [this](absl::StatusOr<etcdserverpb::RangeResponse> found) {
                 if (stream_ == nullptr) return;
                 // As etcd: what goes wrong ends the stream, and says nothing.
                 if (!found.ok()) return End(absl::OkStatus());
                 const int64_t revision = found->header().revision();
                 if (found->kvs().empty()) return AwaitLeader(revision);
                 Tell(revision, found->kvs(0));
                 Follow(found->kvs(0).key(), revision + 1);
               });
  }

  void AwaitLeader(int64_t revision) {
    watch::WatchRequest request;
    request.key = name_ + "/";
    request.range_end = PrefixEnd(request.key);
    request.start_revision = revision;
    request.no_delete = true;
    Subscribe(std::move(request), [](Observer& self, const std::vector<watch::Notice>& notices) {
      if (notices.empty()) return;
      const watch::Notice first = notices.front();
      self.Tell(first);
      self.Follow(first.key, first.revision + 1);
    });
  }

  // Until the key goes: then somebody else may lead already.
  void Follow(const std::string& key, int64_t revision) {
    if (!Hold(kRequestCopies * (name_.size() + key.size()))) return;
    watch::WatchRequest request;
    request.key = key;
    request.start_revision = revision;
    Subscribe(std::move(request), [](Observer& self, const std::vector<watch::Notice>& notices) {
      for (const watch::Notice& notice : notices) {
        if (notice.deleted) {
          self.subscription_.reset();
          return self.Look();
        }
        self.Tell(notice);
      }
    });
  }

  void Subscribe(watch::WatchRequest request, void (*heard)(Observer&, const std::vector<watch::Notice>&)) {
    subscription_ =
        service_->loop(loop_index_).feed.Subscribe(std::move(request), [weak = weak_from_this(), heard](auto notices) {
          const auto self = weak.lock();
          if (self == nullptr || self->stream_ == nullptr) return;
          if (notices.ok()) return heard(*self, *notices);
          // Compaction was faster: what is true now is still to be had.
          self->subscription_.reset();
          self->Look();
        });
    if (full_) subscription_->Pause();
  }

  void Tell(const watch::Notice& notice) {
    mvccpb::KeyValue kv;
    QUORATE_CHECK(kv.ParseFromArray(notice.kv().data(), static_cast<int>(notice.kv().size())));
    Tell(notice.revision, kv);
  }

  void Tell(int64_t revision, const mvccpb::KeyValue& kv) {
    v3electionpb::LeaderResponse response;
    *response.mutable_header() = HeaderAt(*service_, revision);
    *response.mutable_kv() = kv;
    full_ = !stream_->Write(base::Payload(response.SerializeAsString()));
    if (full_ && subscription_ != nullptr) subscription_->Pause();
  }

  rpc::Stream* Leave() {
    if (stream_ != nullptr) service_->loop(loop_index_).lasting_calls.Remove(this);
    subscription_.reset();
    return std::exchange(stream_, nullptr);
  }

  ServiceContext* const service_;
  const int loop_index_;
  rpc::Stream* stream_;  // null once ended
  std::string name_;
  int64_t held_bytes_ = 0;  // of name and keys
  bool full_ = false;       // the client takes no more
  std::unique_ptr<watch::Subscription> subscription_;
};

}  // namespace

std::unique_ptr<rpc::StreamHandler> MakeElectionObserver(ServiceContext* service, const rpc::CallContext& context,
                                                         rpc::Stream& stream) {
  absl::Status admitted = service->AdmitLastingStream(context, stream.loop_index());
  if (!admitted.ok()) return RefuseStream(stream, std::move(admitted));
  return std::make_unique<SharedHandler>(std::make_shared<Observer>(service, stream));
}

}  // namespace quorate::api
