#include "src/ctl/client.h"

#include <google/protobuf/message.h>
#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include <thread>
#include <utility>

#include "etcdserverpb/rpc.pb.h"
#include "quorate/base/check.h"
#include "quorate/base/mutex.h"
#include "quorate/base/saturating.h"
#include "src/ctl/cancellation.h"
#include "src/ctl/channels.h"
#include "src/ctl/log_line.h"
#include "src/ctl/names.h"
#include "src/ctl/rpc_error.h"
#include "src/ctl/watch_call.h"

namespace quorate::ctl {
namespace {

constexpr int kMaxAttempts = 100;
constexpr std::chrono::milliseconds kRetryDelay(25);
constexpr char kApiVersion[] = "3.7";

using TimePoint = Channels::TimePoint;

grpc::ByteBuffer Encode(const google::protobuf::Message& message) {
  grpc::ByteBuffer buffer;
  bool own_buffer = false;
  grpc::Status status =
      grpc::GenericSerialize<grpc::ProtoBufferWriter, google::protobuf::Message>(message, &buffer, &own_buffer);
  QUORATE_CHECK(status.ok()) << "a request could not be encoded: " << status.error_message();
  return buffer;
}

grpc::Status Decode(grpc::ByteBuffer& buffer, google::protobuf::Message& message) {
  return grpc::GenericDeserialize<grpc::ProtoBufferReader, google::protobuf::Message>(&buffer, &message);
}

TimePoint DeadlineOf(const Call& call) {
  if (call.timeout == Duration::zero()) return TimePoint::max();
  return base::Later(std::chrono::system_clock::now(), call.timeout);
}

// Waits for the one event the queue can bring; false if the operation failed.
bool Await(grpc::CompletionQueue& queue) {
  void* tag = nullptr;
  bool ok = false;
  return queue.Next(&tag, &ok) && ok;
}

bool IsTimeOrCancel(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED ||
         status.error_code() == grpc::StatusCode::CANCELLED;
}

absl::Status ErrorOf(const grpc::Status& status, const Call& call, TimePoint deadline) {
  const std::string& message = status.error_message();
  auto code = static_cast<absl::StatusCode>(status.error_code());
  if (IsApiError(message)) return base::MakeStatus(code, message);
  if (call.cancellation != nullptr && call.cancellation->cancelled()) {
    return base::MakeStatus(absl::StatusCode::kCancelled, "context canceled");
  }
  // The two clocks that measure the deadline may differ by a little.
  constexpr std::chrono::milliseconds kClockSlack(50);
  if (IsTimeOrCancel(status) && std::chrono::system_clock::now() + kClockSlack >= deadline) {
    return base::MakeStatus(code, "context deadline exceeded");
  }
  return base::MakeStatus(code, RpcErrorText(status.error_code(), message));
}

// A call that was refused because its token is no longer good is made again with a new one.
bool WantsNewToken(const absl::Status& status) {
  std::string_view message = base::MessageOf(status);
  return message == "etcdserver: invalid auth token" || message == "etcdserver: revision of auth store is old" ||
         message == "etcdserver: user name is empty";
}

}  // namespace

class Client::Impl {
 public:
  explicit Impl(ClientConfig config) : config_(std::move(config)), channels_(config_), token_(config_.token) {}

  absl::Status LogIn() {
    if (!HasPassword()) return absl::OkStatus();
    etcdserverpb::AuthenticateRequest request;
    request.set_name(config_.user);
    request.set_password(config_.password);
    etcdserverpb::AuthenticateResponse response;
    absl::Status status = Try({"/etcdserverpb.Auth/Authenticate", false, config_.dial_timeout}, request, response);
    if (base::MessageOf(status) == "etcdserver: authentication is not enabled") return absl::OkStatus();
    QUORATE_RETURN_IF_ERROR(status);
    base::MutexLock lock(&mutex_);
    token_ = response.token();
    return absl::OkStatus();
  }

  absl::Status Unary(const Call& call, const google::protobuf::Message& request, google::protobuf::Message& response) {
    absl::Status status = Try(call, request, response);
    if (status.ok() || !HasPassword() || !WantsNewToken(status)) return status;
    QUORATE_RETURN_IF_ERROR(LogIn());
    return Try(call, request, response);
  }

  absl::Status ServerStream(const Call& call, const google::protobuf::Message& request,
                            google::protobuf::Message& message, const std::function<absl::Status()>& on_message) {
    TimePoint deadline = DeadlineOf(call);
    grpc::Status status = CheckSize(request);
    if (!status.ok()) return ErrorOf(status, call, deadline);
    grpc::ClientContext context;
    Prepare(context, deadline, call.requires_leader);
    grpc::CompletionQueue queue;
    grpc::GenericStub stub(channels_.Next(deadline, call.cancellation));
    auto stream = stub.PrepareCall(&context, call.method, &queue);
    Cancellation::Hook hook(call.cancellation, [&context] { context.TryCancel(); });
    stream->StartCall(this);
    absl::Status refused;
    if (Await(queue)) {
      grpc::WriteOptions options;
      if (!call.keeps_request_open) options.set_last_message();
      stream->Write(Encode(request), options, this);
      for (bool open = Await(queue); open && refused.ok();) {
        grpc::ByteBuffer buffer;
        stream->Read(&buffer, this);
        open = Await(queue);
        if (!open) break;
        grpc::Status decoded = Decode(buffer, message);
        refused = decoded.ok() ? on_message() : ErrorOf(decoded, call, deadline);
      }
    }
    if (!refused.ok()) context.TryCancel();
    stream->Finish(&status, this);
    Await(queue);
    if (!refused.ok()) return refused;
    return status.ok() ? absl::OkStatus() : ErrorOf(status, call, deadline);
  }

  std::unique_ptr<WatchCall> StartWatch(bool requires_leader, Cancellation* cancellation) {
    auto context = std::make_unique<grpc::ClientContext>();
    Prepare(*context, TimePoint::max(), requires_leader);
    const Call call = {"", false, Duration{}, true, requires_leader, cancellation};
    return WatchCall::Start(channels_.Next(TimePoint::max(), cancellation), std::move(context), cancellation,
                            [call](const grpc::Status& status) { return ErrorOf(status, call, TimePoint::max()); });
  }

 private:
  bool HasPassword() const { return !config_.user.empty() && !config_.password.empty(); }

  absl::Status Try(const Call& call, const google::protobuf::Message& request, google::protobuf::Message& response) {
    TimePoint deadline = DeadlineOf(call);
    grpc::Status status = CheckSize(request);
    if (!status.ok()) {
      Warn(call, 0, status);
      return ErrorOf(status, call, deadline);
    }
    for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
      if (attempt > 0) std::this_thread::sleep_for(kRetryDelay);
      status = TryUnary(call, request, response, deadline);
      if (status.ok()) return absl::OkStatus();
      Warn(call, attempt, status);
      if (!call.repeatable || status.error_code() != grpc::StatusCode::UNAVAILABLE) break;
    }
    return ErrorOf(status, call, deadline);
  }

  grpc::Status TryUnary(const Call& call, const google::protobuf::Message& request, google::protobuf::Message& response,
                        TimePoint deadline) {
    grpc::ClientContext context;
    Prepare(context, deadline, call.requires_leader);
    grpc::CompletionQueue queue;
    grpc::GenericStub stub(channels_.Next(deadline, call.cancellation));
    auto reader = stub.PrepareUnaryCall(&context, call.method, Encode(request), &queue);
    Cancellation::Hook hook(call.cancellation, [&context] { context.TryCancel(); });
    reader->StartCall();
    grpc::ByteBuffer buffer;
    grpc::Status status;
    reader->Finish(&buffer, &status, this);
    Await(queue);
    return status.ok() ? Decode(buffer, response) : status;
  }

  void Prepare(grpc::ClientContext& context, TimePoint deadline, bool requires_leader) {
    if (deadline != TimePoint::max()) context.set_deadline(deadline);
    context.set_wait_for_ready(true);
    context.AddMetadata("client-api-version", kApiVersion);
    if (requires_leader) context.AddMetadata("hasleader", "true");
    base::MutexLock lock(&mutex_);
    if (!token_.empty()) context.AddMetadata("token", token_);
  }

  grpc::Status CheckSize(const google::protobuf::Message& request) const {
    int64_t limit = config_.max_request_bytes > 0 ? config_.max_request_bytes : kDefaultMaxRequestBytes;
    auto size = static_cast<int64_t>(request.ByteSizeLong());
    if (size <= limit) return grpc::Status::OK;
    return {grpc::StatusCode::RESOURCE_EXHAUSTED,
            "trying to send message larger than max (" + std::to_string(size) + " vs. " + std::to_string(limit) + ")"};
  }

  void Warn(const Call& call, int attempt, const grpc::Status& status) {
    if (config_.log == nullptr) return;
    base::MutexLock lock(&mutex_);
    WriteLogLine(*config_.log, "warn", "ctl/client.cc", "retrying of unary invoker failed",
                 {{"target", config_.endpoints.front()},
                  {"method", call.method},
                  {"attempt", std::to_string(attempt)},
                  {"error", RpcErrorText(status.error_code(), status.error_message())}});
  }

  const ClientConfig config_;
  Channels channels_;
  base::Mutex mutex_;  // also keeps lines of the log apart
  std::string token_ ABSL_GUARDED_BY(mutex_);
};

Client::Client(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Client::~Client() = default;

absl::StatusOr<std::unique_ptr<Client>> Client::Open(ClientConfig config) {
  if (config.endpoints.empty()) return Fail(Exit::kBadConnection, "etcdclient: no available endpoints");
  if (config.max_recv_bytes > 0 && config.max_request_bytes > config.max_recv_bytes) {
    return Fail(Exit::kBadConnection, "gRPC message recv limit (" + std::to_string(config.max_recv_bytes) +
                                          " bytes) must be greater than send limit (" +
                                          std::to_string(config.max_request_bytes) + " bytes)");
  }
  auto client = std::unique_ptr<Client>(new Client(std::make_unique<Impl>(std::move(config))));
  absl::Status status = client->impl_->LogIn();
  if (!status.ok()) return Fail(Exit::kBadConnection, base::MessageOf(status));
  return client;
}

absl::Status Client::Unary(const Call& call, const google::protobuf::Message& request,
                           google::protobuf::Message& response) {
  return impl_->Unary(call, request, response);
}

absl::Status Client::ServerStream(const Call& call, const google::protobuf::Message& request,
                                  google::protobuf::Message& message, const std::function<absl::Status()>& on_message) {
  return impl_->ServerStream(call, request, message, on_message);
}

std::unique_ptr<WatchCall> Client::StartWatch(bool requires_leader, Cancellation* cancellation) {
  return impl_->StartWatch(requires_leader, cancellation);
}

}  // namespace quorate::ctl
