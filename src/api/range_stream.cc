#include "src/api/range_stream.h"

#include <string>
#include <utility>

#include "quorate/base/errors.h"
#include "quorate/base/wire.h"
#include "quorate/mvcc/request.h"
#include "quorate/mvcc/store.h"
#include "src/api/chunked_stream.h"
#include "src/api/kv_validation.h"
#include "src/api/must_decode.h"
#include "src/api/parse.h"
#include "src/api/stream_handlers.h"

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

class Listing : public ChunkSource {
 public:
  Listing(ServiceContext* service, std::string message) : service_(service), message_(std::move(message)) {}

  Chunk Next(const mvcc::MayGoOn& may_go_on) override {
    Chunk chunk;
    const bool is_first = cursor_ == nullptr;
    if (is_first) chunk.status = Open();
    if (chunk.status.ok()) chunk.status = AddMessage(may_go_on, &chunk);
    // The second soon after it, while the cursor holds a state of the store.
    if (is_first && chunk.status.ok() && !chunk.last) chunk.status = AddMessage(may_go_on, &chunk);
    return chunk;
  }

 private:
  absl::Status AddMessage(const mvcc::MayGoOn& may_go_on, Chunk* chunk) {
    QUORATE_ASSIGN_OR_RETURN(base::Payload body, cursor_->Next(may_go_on, &chunk->last));
    if (chunk->last) {
      body = service_->header.Prepend(cursor_->revision(), service_->replica->term(), std::move(body));
      cursor_.reset();
    }
    chunk->messages.push_back(Wrap(std::move(body)));
    return absl::OkStatus();
  }

  absl::Status Open() {
    const auto request = MustDecode<mvcc::RangeRequest>(message_);
    QUORATE_ASSIGN_OR_RETURN(cursor_, service_->replica->store().OpenRange(request, kRangeChunkBytes));
    std::string().swap(message_);  // the cursor has its own copy of the keys
    return absl::OkStatus();
  }

  ServiceContext* service_;
  std::string message_;  // the request, until there is a cursor
  std::unique_ptr<mvcc::RangeCursor> cursor_;
};

}  // namespace

std::unique_ptr<rpc::StreamHandler> MakeRangeStream(ServiceContext* service, const rpc::CallContext& context,
                                                    rpc::Stream& stream) {
  absl::Status admitted = service->AdmitStream(context, stream.loop_index());
  if (!admitted.ok()) return RefuseStream(stream, std::move(admitted));
  return MakeChunkedStream(
      service, &service->readers, stream,
      [service, &stream](std::string_view message) -> absl::StatusOr<AcceptedRequest> {
        mvcc::RangeRequest request;
        if (!mvcc::Decode(message, &request)) return MalformedInStream();
        QUORATE_RETURN_IF_ERROR(CheckRangeStream(request));
        // The request, then the cursor's keys: for as long as the client takes over its list.
        if (!stream.Keep(static_cast<int64_t>(message.size()))) return base::errors::TooManyRequests();
        return AcceptedRequest{.source = std::make_shared<Listing>(service, std::string(message)),
                               .linearizable = !request.serializable,
                               .bytes = message.size()};
      });
}

}  // namespace quorate::api
