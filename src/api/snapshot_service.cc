#include "src/api/snapshot_service.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "etcdserverpb/rpc.pb.h"
#include "quorate/base/errors.h"
#include "quorate/base/logging.h"
#include "quorate/base/sha256.h"
#include "quorate/base/wire.h"
#include "quorate/etcdfile/writer.h"
#include "src/api/chunked_stream.h"
#include "src/api/parse.h"
#include "src/api/snapshot_contents.h"
#include "src/api/turns.h"

namespace quorate::api {
namespace {

namespace wire = base::wire;

// What one message carries, as in etcd.
constexpr size_t kBlobBytes = 32 << 10;
// How much one turn on the pool makes; with it a call holds at most Stream::kHighWaterBytes of messages and this, twice
// while pages become messages, and the largest value.
constexpr size_t kChunkBytes = 256 << 10;
// How much one turn counts before the first page is made.
constexpr uint64_t kMeasuredBytes = 4 << 20;

// Field numbers of SnapshotResponse.
constexpr uint32_t kRemainingBytes = 2;
constexpr uint32_t kBlob = 3;
constexpr uint32_t kVersion = 4;

// The contents are gathered, then counted in turns, then sent.
class SnapshotSource : public ChunkSource {
 public:
  SnapshotSource(const ServiceContext* service, std::unique_ptr<Turns::Turn> turn)
      : turn_(std::move(turn)), service_(service) {}

  bool MayBegin(std::function<void()> begin) override { return turn_->HasCome(std::move(begin)); }
  Chunk Next(const mvcc::MayGoOn& may_go_on) override {
    Chunk chunk;
    chunk.status = Advance(may_go_on, &chunk);
    return chunk;
  }

 private:
  absl::Status Advance(const mvcc::MayGoOn& may_go_on, Chunk* chunk) {
    if (writer_ == nullptr) {
      begun_ = std::chrono::steady_clock::now();
      QUORATE_ASSIGN_OR_RETURN(auto contents, GatherSnapshot(*service_, may_go_on));
      writer_ = std::make_unique<etcdfile::DatabaseWriter>(std::move(contents));
      return absl::OkStatus();
    }
    if (!measured_) {
      QUORATE_ASSIGN_OR_RETURN(measured_, writer_->Measure(kMeasuredBytes));
      if (measured_) LogStart();
      return absl::OkStatus();
    }
    QUORATE_ASSIGN_OR_RETURN(chunk->last, writer_->Produce(kChunkBytes, &pages_));
    const size_t whole = chunk->last ? pages_.size() : pages_.size() / kBlobBytes * kBlobBytes;
    const std::string_view ready = std::string_view(pages_).substr(0, whole);
    for (size_t at = 0; at < whole; at += kBlobBytes) SendBlob(ready.substr(at, kBlobBytes), chunk);
    pages_.erase(0, whole);
    if (chunk->last) {
      chunk->messages.push_back(Message(digest_.Take()));
      LogEnd();
    }
    return absl::OkStatus();
  }

  void SendBlob(std::string_view blob, Chunk* chunk) {
    digest_.Add(blob);
    sent_ += blob.size();
    chunk->messages.push_back(Message(blob));
  }

  base::Payload Message(std::string_view blob) const {
    const std::string& version = service_->options.versions.storage;
    std::string message;
    message.reserve(blob.size() + version.size() + 4 * 10);
    wire::AppendVarintField(&message, kRemainingBytes, writer_->size() - sent_);
    wire::AppendBytesField(&message, kBlob, blob);
    wire::AppendBytesField(&message, kVersion, version);
    return base::Payload(std::move(message));
  }

  void LogStart() const {
    QUORATE_LOG(kInfo, "sending database snapshot to client",
                {{"total-bytes", writer_->size()}, {"storage-version", service_->options.versions.storage}});
  }
  void LogEnd() const {
    const auto took = std::chrono::steady_clock::now() - begun_;
    QUORATE_LOG(kInfo, "successfully sent database snapshot to client",
                {{"total-bytes", writer_->size()},
                 {"took-ms", std::chrono::duration_cast<std::chrono::milliseconds>(took).count()}});
  }

  const std::unique_ptr<Turns::Turn> turn_;  // first: given up when the rest has gone
  const ServiceContext* service_;
  std::chrono::steady_clock::time_point begun_;
  std::unique_ptr<etcdfile::DatabaseWriter> writer_;  // null: nothing was done yet
  bool measured_ = false;
  std::string pages_;  // made, and not sent as it is less than a blob
  base::Sha256 digest_;
  uint64_t sent_ = 0;
};

absl::StatusOr<AcceptedRequest> Accept(ServiceContext* service, const absl::Status& admitted,
                                       std::string_view message) {
  etcdserverpb::SnapshotRequest request;
  QUORATE_RETURN_IF_ERROR(rpc::ParseMessage(message, &request, MalformedInStream));
  QUORATE_RETURN_IF_ERROR(admitted);
  std::unique_ptr<Turns::Turn> turn = service->snapshots.Enter();
  if (turn == nullptr) return base::errors::TooManyRequests();
  return AcceptedRequest{std::make_shared<SnapshotSource>(service, std::move(turn))};
}

}  // namespace

void RegisterSnapshot(ServiceContext* service, rpc::Registry& registry) {
  registry.AddStream("/etcdserverpb.Maintenance/Snapshot", rpc::Registry::StreamKind::kServerStream,
                     [service](const rpc::CallContext& call, rpc::Stream& stream) {
                       absl::Status admitted = service->AdmitStream(call, stream.loop_index());
                       return MakeChunkedStream(service, &service->bulk, stream,
                                                [service, admitted](std::string_view message) {
                                                  return Accept(service, admitted, message);
                                                });
                     });
}

}  // namespace quorate::api
