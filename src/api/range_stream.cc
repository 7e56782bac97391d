#include "src/api/range_stream.h"

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "quorate/base/check.h"
#include "quorate/base/wire.h"
#include "quorate/mvcc/request.h"
#include "quorate/mvcc/store.h"
#include "src/api/kv_validation.h"

namespace quorate::api {
namespace {

namespace wire = base::wire;

// RangeStreamResponse.range_response.
constexpr uint32_t kRangeResponse = 1;

base::Payload Wrap(base::Payload response) {
  std::string prefix;
  wire::AppendBytesPrefix(&prefix, kRangeResponse, response.size());
  base::Payload message(std::move(prefix));
  message.Append(std::move(response));
  return message;
}

struct Chunk {
  absl::Status status;
  base::Payload message;
  bool last = false;
};

// The part that moves between the loop and the pool: at any time exactly one of them works on it.
class Listing {
 public:
  Listing(ServiceContext* service, std::string message) : service_(service), message_(std::move(message)) {}

  // Pool thread: builds the next chunk.
  Chunk Next() {
    Chunk chunk;
    if (cursor_ == nullptr) chunk.status = Open();
    if (!chunk.status.ok()) return chunk;
    absl::StatusOr<base::Payload> body = cursor_->Next(&chunk.last);
    if (!body.ok()) {
      chunk.status = std::move(body).status();
      return chunk;
    }
    if (chunk.last) {
      chunk.message = Wrap(service_->header.Prepend(cursor_->revision(), service_->replica->term(), *std::move(body)));
      cursor_.reset();
    } else {
      chunk.message = Wrap(*std::move(body));
    }
    return chunk;
  }

 private:
  absl::Status Open() {
    mvcc::RangeRequest request;
    QUORATE_CHECK(mvcc::Decode(message_, &request)) << "a request that was decoded before";
    QUORATE_ASSIGN_OR_RETURN(cursor_, service_->replica->store().OpenRange(request, kRangeChunkBytes));
    return absl::OkStatus();
  }

  ServiceContext* service_;
  std::string message_;  // the request; the cursor may look into it
  std::unique_ptr<mvcc::RangeCursor> cursor_;
};

class RangeStream : public rpc::StreamHandler, public std::enable_shared_from_this<RangeStream> {
 public:
  RangeStream(ServiceContext* service, absl::Status admitted, rpc::Stream& stream)
      : service_(service), admitted_(std::move(admitted)), stream_(&stream) {}

  void OnMessage(std::string_view message) override {
    if (stream_ == nullptr || listing_ != nullptr) return;
    mvcc::RangeRequest request;
    if (!mvcc::Decode(message, &request)) return Finish(MalformedInStream());
    if (!admitted_.ok()) return Finish(admitted_);
    if (absl::Status status = CheckRangeStream(request); !status.ok()) return Finish(std::move(status));
    listing_ = std::make_shared<Listing>(service_, std::string(message));
    LoopReads& reads = service_->loop(stream_->loop_index()).reads;
    if (request.serializable || reads.CanReadNow()) return BuildNext();
    reads.AfterConfirmation([self = shared_from_this()](absl::Status status) {
      if (self->stream_ == nullptr) return;
      if (!status.ok()) return self->Finish(std::move(status));
      self->BuildNext();
    });
  }

  void OnHalfClose() override {
    if (stream_ == nullptr || listing_ != nullptr) return;
    Finish(base::MakeStatus(absl::StatusCode::kInternal,
                            "cardinality violation: received no request message from non-client-streaming RPC"));
  }

  void OnWritable() override {
    if (stream_ != nullptr && listing_ != nullptr && !building_) BuildNext();
  }

  void OnClose() override {
    stream_ = nullptr;
    listing_.reset();
  }

 private:
  void BuildNext() {
    building_ = true;
    service_->readers.Submit(
        [weak = weak_from_this(), listing = listing_, ref = stream_->ref()](absl::Status status) mutable {
          auto chunk = std::make_shared<Chunk>();
          if (!status.ok()) {
            chunk->status = std::move(status);
          } else if (!weak.expired()) {
            *chunk = listing->Next();
          }
          listing.reset();
          ref.Post([weak, chunk](rpc::Stream&) {
            if (auto self = weak.lock()) self->Send(*chunk);
          });
        });
  }

  void Send(Chunk& chunk) {
    building_ = false;
    if (stream_ == nullptr) return;
    if (!chunk.status.ok()) return Finish(std::move(chunk.status));
    const bool room = stream_->Write(std::move(chunk.message));
    if (chunk.last) return Finish(absl::OkStatus());
    if (room) BuildNext();
  }

  void Finish(absl::Status status) { std::exchange(stream_, nullptr)->Finish(std::move(status)); }

  ServiceContext* service_;
  absl::Status admitted_;
  rpc::Stream* stream_;  // null once finished or closed
  std::shared_ptr<Listing> listing_;
  bool building_ = false;
};

// The engine owns its handlers alone; ours is also known to the pool.
class Holder : public rpc::StreamHandler {
 public:
  explicit Holder(std::shared_ptr<RangeStream> stream) : stream_(std::move(stream)) {}
  void OnMessage(std::string_view message) override { stream_->OnMessage(message); }
  void OnHalfClose() override { stream_->OnHalfClose(); }
  void OnWritable() override { stream_->OnWritable(); }
  void OnClose() override { stream_->OnClose(); }

 private:
  std::shared_ptr<RangeStream> stream_;
};

}  // namespace

std::unique_ptr<rpc::StreamHandler> MakeRangeStream(ServiceContext* service, const rpc::CallContext& context,
                                                    rpc::Stream& stream) {
  absl::Status admitted = service->AdmitStream(context, stream.loop_index());
  return std::make_unique<Holder>(std::make_shared<RangeStream>(service, std::move(admitted), stream));
}

}  // namespace quorate::api
