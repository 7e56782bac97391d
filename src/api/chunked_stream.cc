#include "src/api/chunked_stream.h"

#include <utility>

#include "quorate/base/errors.h"
#include "src/api/stream_handlers.h"

namespace quorate::api {
namespace {

class ChunkedStream : public rpc::StreamHandler, public std::enable_shared_from_this<ChunkedStream> {
 public:
  ChunkedStream(ServiceContext* service, ReaderPool* pool, rpc::Stream& stream, AcceptRequest accept)
      : service_(service), pool_(pool), stream_(&stream), accept_(std::move(accept)) {}

  void OnMessage(std::string_view message) override {
    if (stream_ == nullptr || source_ != nullptr) return;
    absl::StatusOr<AcceptedRequest> accepted = accept_(message);
    if (!accepted.ok()) return Finish(std::move(accepted).status());
    source_ = std::move(accepted->source);
    bytes_ = accepted->bytes;
    LoopReads& reads = service_->loop(stream_->loop_index()).reads;
    if (!accepted->linearizable || reads.CanReadNow()) return BuildNext();
    building_ = true;
    reads.AfterConfirmation([self = shared_from_this()](absl::Status status) {
      if (self->stream_ == nullptr) return;
      if (!status.ok()) return self->Finish(std::move(status));
      self->BuildNext();
    });
  }

  void OnHalfClose() override {}

  void OnWritable() override {
    if (stream_ != nullptr && source_ != nullptr && !building_) BuildNext();
  }

  void OnClose() override {
    stream_ = nullptr;
    // Letting go of what a source reads can take longer than a loop should wait.
    if (source_ != nullptr) pool_->Submit([source = std::move(source_)](const absl::Status&) {}, bytes_);
  }

 private:
  // From here to Send the source is the pool's.
  void BuildNext() {
    if (!stream_->HasRoom(rpc::Stream::kLowWaterBytes)) {
      // With something queued, OnWritable follows.
      if (stream_->queued_bytes() == 0) Finish(base::errors::TooManyRequests());
      return;
    }
    building_ = true;
    auto build = [weak = weak_from_this(), source = source_, ref = stream_->ref()](absl::Status status) mutable {
      auto chunk = std::make_shared<ChunkSource::Chunk>();
      if (!status.ok()) {
        chunk->status = std::move(status);
      } else if (!weak.expired()) {
        *chunk = source->Next();
      }
      source.reset();
      ref.Post([weak, chunk](rpc::Stream&) {
        if (auto self = weak.lock()) self->Send(*chunk);
      });
    };
    // Counted there, too: it may wait when its stream, and what that keeps, is gone already.
    pool_->Submit(std::move(build), bytes_);
  }

  void Send(ChunkSource::Chunk& chunk) {
    building_ = false;
    if (stream_ == nullptr) return;
    if (!chunk.status.ok()) return Finish(std::move(chunk.status));
    size_t bytes = 0;
    for (const base::Payload& message : chunk.messages) bytes += message.size();
    // Many may have been made at a time, while there was room for each.
    if (bytes > 0 && !stream_->HasRoom(bytes)) return Finish(base::errors::TooManyRequests());
    bool room = true;
    for (base::Payload& message : chunk.messages) room = stream_->Write(std::move(message));
    if (chunk.last) return Finish(absl::OkStatus());
    if (room) BuildNext();
  }

  void Finish(absl::Status status) { std::exchange(stream_, nullptr)->Finish(std::move(status)); }

  ServiceContext* service_;
  ReaderPool* pool_;
  rpc::Stream* stream_;  // null once finished or closed
  AcceptRequest accept_;
  std::shared_ptr<ChunkSource> source_;
  size_t bytes_ = 0;  // that the source keeps of the request
  bool building_ = false;
};

}  // namespace

std::unique_ptr<rpc::StreamHandler> MakeChunkedStream(ServiceContext* service, ReaderPool* pool, rpc::Stream& stream,
                                                      AcceptRequest accept) {
  return std::make_unique<SharedHandler>(std::make_shared<ChunkedStream>(service, pool, stream, std::move(accept)));
}

}  // namespace quorate::api
