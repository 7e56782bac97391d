#pragma once

// A server-streaming call whose messages are made on a pool of readers, as fast as the client takes them: the next
// chunk is made once what was queued before it leaves room, so a call holds Stream::kHighWaterBytes and one chunk at
// most. While what all clients leave untaken leaves no room, it goes on a message at a time, or waits. A client that
// takes it at less than the least pace hears UNAVAILABLE.

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "quorate/base/payload.h"
#include "quorate/base/status.h"
#include "quorate/mvcc/store.h"
#include "quorate/rpc/call.h"
#include "src/api/service_context.h"

namespace quorate::api {

// What one request asked for, in chunks.
class ChunkSource {
 public:
  struct Chunk {
    absl::Status status;  // not OK: nothing else counts, the call ends with it
    std::vector<base::Payload> messages;
    bool last = false;
  };

  virtual ~ChunkSource() = default;
  // Loop thread, once, before the first Next: whether it may begin. If not, calls `begin` once it may, on any thread.
  virtual bool MayBegin(std::function<void()> begin) { return true; }
  // Pool thread, once at a time. A chunk may be empty: work that yields no message yet is cut, too, so that no task
  // keeps a pool thread for long. What cannot be cut asks `may_go_on` now and then, and ends with what it says when the
  // call has ended meanwhile, or the server is stopped. It may be kept, and asked for as long as the service is there.
  virtual Chunk Next(const mvcc::MayGoOn& may_go_on) = 0;
};

// Checks the request; loop thread.
struct AcceptedRequest {
  std::shared_ptr<ChunkSource> source;
  bool linearizable = false;  // to be confirmed before the source is asked
  size_t bytes = 0;           // what the source keeps of the request
};
using AcceptRequest = std::function<absl::StatusOr<AcceptedRequest>(std::string_view message)>;

std::unique_ptr<rpc::StreamHandler> MakeChunkedStream(ServiceContext* service, ReaderPool* pool, rpc::Stream& stream,
                                                      AcceptRequest accept);

}  // namespace quorate::api
