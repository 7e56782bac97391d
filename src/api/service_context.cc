#include "src/api/service_context.h"

#include <memory>
#include <utility>

#include "quorate/base/errors.h"
#include "src/api/parse.h"

namespace quorate::api {

namespace {

// As many reads of the disk at a time: an SSD answers sixteen in little more time than one.
constexpr int kDiskThreads = 16;
// Small ones, of single keys for the most part.
constexpr size_t kDiskQueuedMax = 65'536;
constexpr int kHashThreads = 1;
constexpr int kBulkThreads = 1;
// Of threads that nobody waits for by the second, and to which anybody may give work for minutes. Beside 2,000 writes a
// second on two cores, a snapshot at the niceness of all others made their p99 2.3 times the quiet one, at 10 as much,
// at 15 1.3 times, and it took a fifth longer. At the most, 19, it gets hardly any time beside full load.
constexpr int kBulkNiceness = 15;

// Runs functions on one loop.
LoopReads::Poster PosterTo(rpc::Server* server, int loop_index) {
  return [server, loop_index](std::function<void()> function) { server->Post(loop_index, std::move(function)); };
}

watch::FeedOptions FeedOptionsOf(ServiceContext* context, int loop_index) {
  watch::FeedOptions options;
  options.hub = &context->hub;
  options.post = PosterTo(context->server, loop_index);
  options.post_after = [server = context->server, loop_index](std::chrono::milliseconds delay,
                                                              std::function<void()> function) {
    server->PostAfter(loop_index, delay, std::move(function));
  };
  options.run_blocking = [context](ReaderPool::Task task) { context->readers.Submit(std::move(task)); };
  return options;
}

}  // namespace

LoopContext::LoopContext(ServiceContext* context, int loop_index)
    : proposer(context),
      reads(context->replica, PosterTo(context->server, loop_index)),
      feed(FeedOptionsOf(context, loop_index)),
      awaiting_room([context, loop_index](std::function<void()> look) {
        context->server->PostAfter(loop_index, RoomQueue::kPause, std::move(look));
      }),
      pace_rounds(context->options.pace_round,
                  [context, loop_index](std::chrono::milliseconds delay, std::function<void()> look) {
                    context->server->PostAfter(loop_index, delay, std::move(look));
                  }) {}

ServiceContext::ServiceContext(ServicesOptions options)
    : options(std::move(options)),
      quota(this, this->options.quota_backend_bytes),
      slow_calls(this->options.warning_unary_request_duration),
      readers({.threads = this->options.reader_threads}),
      disk_readers({.threads = kDiskThreads, .name = "disk-reader", .queued_max = kDiskQueuedMax}),
      hashes({.threads = kHashThreads, .niceness = kBulkNiceness, .name = "hash"}),
      bulk({.threads = kBulkThreads, .niceness = kBulkNiceness, .name = "bulk"}) {}

absl::Status ServiceContext::Admit(const rpc::CallContext& call, int loop_index) {
  return AdmitCounted(call, loop(loop_index).unary_versions);
}

bool ServiceContext::Begin(const rpc::CallContext& context, absl::Status decoded, rpc::UnaryCall& call) {
  absl::Status status = decoded.ok() ? Admit(context, call.loop_index()) : std::move(decoded);
  if (status.ok()) return true;
  std::move(call).Fail(std::move(status));
  return false;
}

bool ServiceContext::Begin(const rpc::CallContext& context, bool decoded, rpc::UnaryCall& call) {
  return Begin(context, decoded ? absl::OkStatus() : Malformed(), call);
}

absl::Status ServiceContext::AdmitStream(const rpc::CallContext& call, int loop_index) {
  return AdmitCounted(call, loop(loop_index).stream_versions);
}

absl::Status ServiceContext::AdmitLasting(const rpc::CallContext& call, int loop_index) {
  return UnlessDraining(Admit(call, loop_index));
}

absl::Status ServiceContext::AdmitLastingStream(const rpc::CallContext& call, int loop_index) {
  return UnlessDraining(AdmitStream(call, loop_index));
}

void ServiceContext::EndLastingCalls() {
  for (size_t index = 0; index < loops.size(); ++index) {
    server->Post(static_cast<int>(index),
                 [loop = loops[index].get()] { loop->lasting_calls.EndAll(base::errors::Stopped()); });
  }
}

absl::Status ServiceContext::UnlessDraining(absl::Status admitted) const {
  if (admitted.ok() && draining.load(std::memory_order_relaxed)) return base::errors::Stopped();
  return admitted;
}

absl::Status ServiceContext::AdmitCounted(const rpc::CallContext& call, ClientVersions& versions) {
  if (stopped.load(std::memory_order_relaxed)) return base::errors::Stopped();
  std::string_view version = call.Metadata("client-api-version");
  if (!versions.Count(version.empty() ? "unknown" : version)) return base::errors::InvalidClientApiVersion();
  if (call.Metadata("hasleader") == "true" && !HasLeader()) return base::errors::NoLeader();
  return absl::OkStatus();
}

bool ServiceContext::HasLeader() const {
  // A member that may serve linearizable reads at once is the leader; the full status costs more.
  return replica->CanReadNow() || replica->status().leader != 0;
}

void ServiceContext::ConfirmThenRun(bool linearizable, ReaderPool::Task serve, size_t bytes, ReaderPool::Owner owner) {
  if (!linearizable || replica->CanReadNow()) return readers.SubmitRead(std::move(serve), bytes, owner);
  auto shared = std::make_shared<ReaderPool::Task>(std::move(serve));
  replica->ConfirmRead([this, shared, bytes, owner](absl::Status status) {
    if (!status.ok()) return (*shared)(std::move(status));
    readers.SubmitRead(std::move(*shared), bytes, owner);
  });
}

}  // namespace quorate::api
