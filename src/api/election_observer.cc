#include "src/api/election_observer.h"

#include <optional>
#include <string>
#include <utility>

#include "quorate/base/errors.h"
#include "src/api/election_leader.h"
#include "src/api/lasting_calls.h"
#include "src/api/lasting_unary.h"
#include "src/api/local_calls.h"
#include "src/api/parse.h"
#include "src/api/recipe_requests.h"
#include "src/api/stream_handlers.h"
#include "src/api/unary.h"
#include "v3electionpb/v3election.pb.h"

namespace quorate::api {
namespace {

// Follows the leader for as long as there is room to tell of it. While there is none it follows nobody: all that has to
// be told then is who leads once there is.
class Observer final : public rpc::StreamHandler,
                       public LastingCall,
                       public AwaitsRoom,
                       public std::enable_shared_from_this<Observer> {
 public:
  Observer(ServiceContext* service, rpc::Stream& stream)
      : service_(service),
        loop_index_(stream.loop_index()),
        loop_(service->loop(stream.loop_index())),
        stream_(&stream) {
    loop_.lasting_calls.Add(this);
  }

  void OnMessage(std::string_view message) override {
    v3electionpb::LeaderRequest request;
    absl::Status parsed = rpc::ParseMessage(message, &request, MalformedInStream);
    if (!parsed.ok()) return End(std::move(parsed));
    name_ = request.name();
    if (Hold(kRequestCopies * message.size())) Look();
  }
  void OnHalfClose() override {}
  void OnWritable() override {
    if (looks_later_) Look();
  }
  bool OnRoomLook() override {
    if (!stream_->HasRoom(awaited_bytes_)) return stream_->queued_bytes() > 0;
    Look();
    return true;
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

  // False: there is no room for a message of that size, and it looks anew once there is.
  bool HasRoom(size_t bytes) {
    if (stream_->HasRoom(bytes)) return true;
    LookLater(bytes);
    // Else it hears of it when what is queued has gone.
    if (stream_->queued_bytes() == 0) loop_.awaiting_room.Add(this);
    return false;
  }
  void LookLater(size_t bytes) {
    subscription_.reset();
    looks_later_ = true;
    awaited_bytes_ = bytes;
  }

  // Who leads now? Nobody: whoever comes first will.
  void Look() {
    looks_later_ = false;
    loop_.awaiting_room.Remove(this);
    if (!HasRoom(0)) return;
    LocalRead(service_, loop_index_, OldestKey(name_ + "/"), {weak_from_this(), stream_->ref().connection},
              [this](absl::StatusOr<mvcc::Answer> found) {
                if (stream_ != nullptr) OnLooked(std::move(found));
              });
  }

  void OnLooked(absl::StatusOr<mvcc::Answer> found) {
    if (absl::IsResourceExhausted(found.status())) {
      // All others look, too, or read: in turn.
      LookLater(0);
      return loop_.awaiting_room.Add(this);
    }
    // As etcd: what goes wrong ends the stream, and says nothing.
    if (!found.ok()) return End(absl::OkStatus());
    const int64_t revision = found->revision;
    std::optional<Leader> leader = LeaderOf(std::move(found->body));
    if (!leader.has_value()) return AwaitLeader(revision);
    if (Tell(revision, std::move(leader->kv))) Follow(leader->key, revision + 1);
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
      if (self.Tell(first)) self.Follow(first.key, first.revision + 1);
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
        if (!self.Tell(notice)) return;
      }
    });
  }

  void Subscribe(watch::WatchRequest request, void (*heard)(Observer&, const std::vector<watch::Notice>&)) {
    subscription_ = loop_.feed.Subscribe(std::move(request), [weak = weak_from_this(), heard](auto notices) {
      const auto self = weak.lock();
      if (self == nullptr || self->stream_ == nullptr) return;
      if (notices.ok()) return heard(*self, *notices);
      // Compaction was faster: what is true now is still to be had.
      self->subscription_.reset();
      self->Look();
    });
  }

  // False: there is no room for it.
  bool Tell(const watch::Notice& notice) {
    base::Payload kv;
    kv.Append(notice.record, notice.kv_offset, notice.kv().size());
    return Tell(notice.revision, std::move(kv));
  }
  bool Tell(int64_t revision, base::Payload kv) {
    base::Payload message = EncodeLeader(*service_, revision, std::move(kv));
    if (!HasRoom(message.size())) return false;
    stream_->Write(std::move(message));
    return true;
  }

  rpc::Stream* Leave() {
    if (stream_ != nullptr) loop_.lasting_calls.Remove(this);
    loop_.awaiting_room.Remove(this);
    subscription_.reset();
    return std::exchange(stream_, nullptr);
  }

  ServiceContext* const service_;
  const int loop_index_;
  LoopContext& loop_;
  rpc::Stream* stream_;  // null once ended
  std::string name_;
  int64_t held_bytes_ = 0;    // of name and keys
  bool looks_later_ = false;  // once there is room
  size_t awaited_bytes_ = 0;  // of it
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
