#include "src/api/chunked_stream.h"

#include <utility>

#include "quorate/base/errors.h"
#include "src/api/least_pace.h"
#include "src/api/stream_handlers.h"

namespace quorate::api {
namespace {

absl::Status TakenTooSlowly() {
  return base::MakeStatus(absl::StatusCode::kUnavailable,
                          "etcdserver: the answer is taken too slowly: less than 64 KiB a second for a minute");
}
static_assert(LeastPace::kBytesPerSecond == 64 << 10);

class ChunkedStream : public rpc::StreamHandler,
                      public AwaitsRoom,
                      public KeepsPace,
                      public std::enable_shared_from_this<ChunkedStream> {
 public:
  ChunkedStream(ServiceContext* service, ReaderPool* pool, rpc::Stream& stream, AcceptRequest accept)
      : service_(service),
        pool_(pool),
        stream_(&stream),
        connection_(stream.ref().connection),
        loop_(service->loop(stream.loop_index())),
        accept_(std::move(accept)),
        pace_(loop_.pace_rounds.round()) {}

  void OnMessage(std::string_view message) override {
    if (stream_ == nullptr || source_ != nullptr) return;
    absl::StatusOr<AcceptedRequest> accepted = accept_(message);
    if (!accepted.ok()) return Finish(std::move(accepted).status());
    source_ = std::move(accepted->source);
    bytes_ = accepted->bytes;
    LoopReads& reads = loop_.reads;
    if (!accepted->linearizable || reads.CanReadNow()) return Begin();
    building_ = true;
    reads.AfterConfirmation([self = shared_from_this()](absl::Status status) {
      if (self->stream_ == nullptr) return;
      self->building_ = false;
      if (!status.ok()) return self->Finish(std::move(status));
      self->Begin();
    });
  }

  void OnHalfClose() override {}

  void OnWritable() override {
    if (stream_ == nullptr || source_ == nullptr || building_) return;
    if (chunk_ != nullptr) {
      SendRest();
    } else {
      BuildNext();
    }
  }

  // Where nothing is queued whose going it would hear of.
  bool OnRoomLook() override {
    const size_t size = chunk_ == nullptr ? 0 : chunk_->messages[next_].size();
    if (!stream_->HasRoom(size)) return stream_->queued_bytes() > 0;
    OnWritable();
    return true;
  }

  void OnPaceLook() override {
    const auto queued = static_cast<int64_t>(stream_->queued_bytes());
    const bool waited = std::exchange(client_waited_, false) || queued == 0;
    if (!pace_.IsKept(written_bytes_ - queued, waited)) Finish(TakenTooSlowly());
  }

  void OnClose() override {
    LeaveLoop();
    stream_ = nullptr;
    LetGo();
  }

 private:
  void Begin() {
    building_ = !source_->MayBegin([weak = weak_from_this(), ref = stream_->ref()] {
      ref.Post([weak](rpc::Stream&) {
        if (const auto self = weak.lock()) self->OnTurn();
      });
    });
    if (!building_) BuildNext();
  }

  void OnTurn() {
    building_ = false;
    if (stream_ != nullptr) BuildNext();
  }

  // From here to Send the source is the pool's.
  void BuildNext() {
    if (!stream_->HasRoom(0)) return AwaitRoom();
    building_ = true;
    if (!std::exchange(begun_, true)) pace_place_ = loop_.pace_rounds.Add(this);
    auto build = [weak = weak_from_this(), service = service_, source = source_,
                  ref = stream_->ref()](absl::Status status) mutable {
      const mvcc::MayGoOn may_go_on = [weak, service] {
        return weak.expired() || service->stopped.load(std::memory_order_relaxed) ? base::errors::Stopped()
                                                                                  : absl::OkStatus();
      };
      if (status.ok()) status = may_go_on();
      auto chunk = std::make_shared<ChunkSource::Chunk>();
      if (status.ok()) {
        *chunk = source->Next(may_go_on);
      } else {
        chunk->status = std::move(status);
      }
      source.reset();
      ref.Post([weak, chunk](rpc::Stream&) {
        if (auto self = weak.lock()) self->Send(chunk);
      });
    };
    // Counted there, too: it may wait when its stream, and what that keeps, is gone already.
    pool_->Submit(std::move(build), bytes_, connection_);
  }

  void Send(std::shared_ptr<ChunkSource::Chunk> chunk) {
    building_ = false;
    if (stream_ == nullptr) return;
    if (!chunk->status.ok()) return Finish(std::move(chunk->status));
    chunk_ = std::move(chunk);
    next_ = 0;
    SendRest();
  }

  // As much of the chunk as there is room for. Of a client that is slow itself the rest is queued all the same; only
  // where all clients together leave no room does it wait, and is counted meanwhile.
  void SendRest() {
    std::vector<base::Payload>& messages = chunk_->messages;
    client_waited_ |= stream_->queued_bytes() == 0;
    for (; next_ < messages.size(); ++next_) {
      const size_t size = messages[next_].size();
      if (!stream_->HasRoom(size) && stream_->queued_bytes() < rpc::Stream::kHighWaterBytes) return Hold();
      written_bytes_ += static_cast<int64_t>(size);
      stream_->Write(std::move(messages[next_]));
    }
    if (held_bytes_ > 0) stream_->Keep(-std::exchange(held_bytes_, 0));
    const bool last = chunk_->last;
    chunk_ = nullptr;
    if (last) return Finish(absl::OkStatus());
    BuildNext();
  }

  void Hold() {
    if (held_bytes_ == 0) {
      int64_t bytes = 0;
      for (size_t i = next_; i < chunk_->messages.size(); ++i) {
        bytes += static_cast<int64_t>(chunk_->messages[i].size());
      }
      if (!stream_->Keep(bytes)) return Finish(base::errors::TooManyRequests());
      held_bytes_ = bytes;
    }
    AwaitRoom();
  }

  void AwaitRoom() {
    if (stream_->queued_bytes() > 0) return;
    client_waited_ = true;
    loop_.awaiting_room.Add(this);
  }

  // Not to be told of anything more.
  void LeaveLoop() {
    loop_.awaiting_room.Remove(this);
    if (begun_ && stream_ != nullptr) loop_.pace_rounds.Remove(pace_place_);
  }

  void Finish(absl::Status status) {
    LeaveLoop();
    LetGo();
    std::exchange(stream_, nullptr)->Finish(std::move(status));
  }

  // Of what a source has begun to read, which can take longer than a loop should wait. Others may wait for it.
  void LetGo() {
    if (source_ == nullptr) return;
    if (!begun_) return source_.reset();
    pool_->Submit([source = std::move(source_)](const absl::Status&) {}, bytes_, connection_);
  }

  const ServiceContext* const service_;
  ReaderPool* pool_;
  rpc::Stream* stream_;  // null once finished or closed
  const uint64_t connection_;
  LoopContext& loop_;
  AcceptRequest accept_;
  std::shared_ptr<ChunkSource> source_;
  size_t bytes_ = 0;  // that the source keeps of the request
  bool building_ = false;  // or not to be begun yet
  bool begun_ = false;
  std::shared_ptr<ChunkSource::Chunk> chunk_;  // being sent
  size_t next_ = 0;                            // of its messages
  int64_t held_bytes_ = 0;                     // counted of them
  LeastPace pace_;
  PaceRounds::Place pace_place_;  // once begun
  int64_t written_bytes_ = 0;
  bool client_waited_ = false;  // since the last look it had taken all there was
};

}  // namespace

std::unique_ptr<rpc::StreamHandler> MakeChunkedStream(ServiceContext* service, ReaderPool* pool, rpc::Stream& stream,
                                                      AcceptRequest accept) {
  return std::make_unique<SharedHandler>(std::make_shared<ChunkedStream>(service, pool, stream, std::move(accept)));
}

}  // namespace quorate::api
