#include "src/rpc/grpc_call.h"

#include <algorithm>
#include <array>
#include <utility>

#include "quorate/base/errors.h"
#include "src/rpc/grpc_status.h"
#include "src/rpc/grpc_timeout.h"
#include "src/rpc/http2_session.h"

namespace quorate::rpc {
namespace {

constexpr std::string_view kOkHttpStatus = "200";
constexpr std::string_view kContentType = "application/grpc";
// The largest answer, as etcd's: clients may not be able to take more, and a message's length has 32 bits.
constexpr size_t kSendMessageBytesMax = INT32_MAX;
// No message has to find more room than this part of what all queues together may hold.
constexpr int64_t kRoomShare = 16;

absl::Status DeadlineExceeded() {
  return base::MakeStatus(absl::StatusCode::kDeadlineExceeded, "context deadline exceeded");
}

absl::Status TooLargeToSend(size_t bytes) {
  return base::MakeStatus(absl::StatusCode::kResourceExhausted,
                          "grpc: trying to send message larger than max (" + std::to_string(bytes) + " vs. " +
                              std::to_string(kSendMessageBytesMax) + ")");
}

}  // namespace

GrpcCall::GrpcCall() : request_(this), deadline_timer_(this) { pooled_ = true; }
GrpcCall::~GrpcCall() = default;

Loop& GrpcCall::loop() const { return session_->loop(); }
int GrpcCall::loop_index() const { return loop().index(); }
StreamRef GrpcCall::ref() const { return {&loop(), session_->connection().id(), id_}; }

void GrpcCall::Begin(RequestHeaders* headers) {
  headers_.Swap(headers);
  method_ = headers_.grpc_method;
  started_ = loop().now();
  deadline_ = std::chrono::steady_clock::time_point::max();
  answered_ = finished_ = ended_ = closed_ = false;
  wants_room_ = room_noted_ = deferred_ = false;
  if (method_ != nullptr) loop().counters().Started(method_->index);
  if (method_ != nullptr && method_->unary) session_->CountUnary(1);
  request_.Begin(headers_.bytes());

  std::string_view http_status = kOkHttpStatus;
  if (absl::Status refused = CheckHeaders(&http_status); !refused.ok()) {
    SetFinished(std::move(refused));
    SubmitTrailersOnly(http_status);
    headers_.Reset();
    request_.DropHeaders();
    return;
  }
  request_.ExpectMessages(ParseEncoding(headers_.encoding), loop().server().options.receive_message_bytes_max);
  if (method_->factory) {
    loop().NoteHandedOver();
    handler_ = method_->factory(Context(), *this);
  }
}

// Why the call cannot even begin, in the order grpc-go looks. Sets the deadline.
absl::Status GrpcCall::CheckHeaders(std::string_view* http_status) {
  std::optional<std::chrono::nanoseconds> timeout;
  if (!headers_.timeout.empty()) {
    std::string error;
    timeout = ParseGrpcTimeout(headers_.timeout, &error);
    if (!timeout.has_value()) {
      *http_status = "400";
      return Internal("malformed grpc-timeout: " + error);
    }
  }
  if (headers_.http_method != "POST") {
    *http_status = "405";
    return Internal("Received a HEADERS frame with :method \"" + headers_.http_method + "\" which should be POST");
  }
  if (session_->HoldsTooMuch()) return base::errors::TooManyRequests();
  if (timeout.has_value()) {
    if (timeout->count() == 0) return DeadlineExceeded();
    if (*timeout < deadline_ - started_) {
      deadline_ = started_ + *timeout;
      // One more, since the wheel's millisecond may be half over.
      loop().timers().Schedule(&deadline_timer_, Loop::ToMs(deadline_) + 1);
    }
  }
  if (method_ == nullptr) return loop().server().registry->UnknownMethod(headers_.path);
  if (ParseEncoding(headers_.encoding) == Encoding::kUnknown) {
    return base::MakeStatus(absl::StatusCode::kUnimplemented,
                            "grpc: Decompressor is not installed for grpc-encoding \"" + headers_.encoding + "\"");
  }
  return absl::OkStatus();
}

CallContext GrpcCall::Context() const {
  CallContext context;
  context.method = headers_.path;
  context.peer = &session_->connection().peer();
  context.metadata = &headers_.metadata;
  context.deadline = deadline_;
  context.connection_calls = session_->unary_calls();
  context.busy_connections = std::max<int64_t>(loop().busy_connections(), 1);
  return context;
}

bool GrpcCall::AwaitsRequest() const { return !finished_ && method_ != nullptr && request_.is_awaited(); }

bool GrpcCall::MustWait() const {
  return queue_.weight() >= kHighWaterBytes || (queue_.bytes() > 0 && session_->IsTooMuchToQueue(0));
}

bool GrpcCall::AdmitMessage(size_t bytes) {
  session_->NoteMessage();
  // Each of a stream's messages has as much time.
  if (!method_->takes_one_message()) awaited_rounds_ = 0;
  // Streams may be many: each new message makes the answers that nobody takes more by one.
  if (!method_->unary && session_->IsTooMuchToQueue(0)) {
    Finish(base::errors::TooManyRequests());
    return false;
  }
  loop().counters().Received(method_->index);
  loop().CountBytes(bytes, 0);
  loop().NoteHandedOver();
  return true;
}

void GrpcCall::Deliver(std::string_view message) {
  if (method_->unary) {
    method_->unary(Context(), message, UnaryCall(&loop(), session_->connection().id(), id_));
  } else if (handler_ != nullptr) {
    handler_->OnMessage(message);
  }
}

void GrpcCall::DeliverEnd() {
  loop().NoteHandedOver();
  if (handler_ != nullptr && !finished_) handler_->OnHalfClose();
}

void GrpcCall::Complete(absl::Status status, base::Payload message) {
  if (finished_ || closed_) return;
  if (status.ok() && message.size() > kSendMessageBytesMax) status = TooLargeToSend(message.size());
  if (!status.ok()) {
    Finish(std::move(status));
    return;
  }
  CountSent(message.size());
  Enqueue(std::move(message));
  SetFinished(absl::OkStatus());
  SubmitHeaders();
}

void GrpcCall::CountSent(size_t bytes) {
  loop().counters().Sent(method_->index);
  loop().CountBytes(0, bytes);
  session_->connection().NoteAnswer(method_->unary ? request_.message_bytes() + bytes : bytes);
}

bool GrpcCall::Write(base::Payload message) {
  if (finished_ || closed_) return false;
  if (message.size() > kSendMessageBytesMax) {
    Finish(TooLargeToSend(message.size()));
    return false;
  }
  CountSent(message.size());
  Enqueue(std::move(message));
  if (!answered_) {
    SubmitHeaders();
  } else {
    session_->ResumeData(this);
  }
  // While too much waits already, a message at a time.
  if (queue_.weight() < kHighWaterBytes && !session_->IsTooMuchToQueue(0)) return true;
  wants_room_ = true;
  return false;
}

bool GrpcCall::HasRoom(size_t bytes) {
  if (finished_ || closed_) return false;
  // The largest messages would wait for ever for room for all of them.
  const auto asked = std::min(bytes, static_cast<size_t>(loop().server().options.queued_bytes_max / kRoomShare));
  if (queue_.weight() < kHighWaterBytes && !session_->IsTooMuchToQueue(asked)) return true;
  if (queue_.bytes() > 0) wants_room_ = true;
  return false;
}

void GrpcCall::Finish(absl::Status status) {
  if (finished_ || closed_) return;
  SetFinished(std::move(status));
  if (!answered_) {
    SubmitTrailersOnly(kOkHttpStatus);
  } else if (queue_.bytes() > 0) {
    session_->ResumeData(this);
  } else {
    // At once: nothing of the body is asked for while a window is shut.
    SubmitTrailers();
    session_->MarkDirty();
  }
}

void GrpcCall::SetFinished(absl::Status status) {
  finished_ = true;
  finished_at_ = std::chrono::steady_clock::now();
  status_ = std::move(status);
  const ServerOptions& options = loop().server().options;
  if (finished_at_ - started_ > options.slow_call_min && options.on_slow_call && method_ != nullptr &&
      method_->is_unary()) {
    options.on_slow_call({.method = headers_.path,
                          .peer = &session_->connection().peer(),
                          .took = finished_at_ - started_,
                          .request_bytes = request_.message_bytes(),
                          .status = status_});
  }
  if (status_.ok()) return;
  encoded_message_ = EncodedStatusMessage(base::MessageOf(status_));
  // What is held of messages that have not come whole is let go of only by reading on.
  const bool holds_pieces = session_->received_bytes() > Http2Session::kModestBytes;
  if (status_.code() == absl::StatusCode::kResourceExhausted && !holds_pieces) {
    session_->connection().NoteRefusal(request_.message_bytes());
  }
}

void GrpcCall::SubmitHeaders() {
  answered_ = true;
  static const std::array<nghttp2_nv, 2> kHeaders = {StaticHeader(":status", kOkHttpStatus),
                                                     StaticHeader("content-type", kContentType)};
  session_->SubmitAnswer(this, kHeaders.data(), kHeaders.size(), true);
}

void GrpcCall::SubmitTrailersOnly(std::string_view http_status) {
  answered_ = true;
  std::array<nghttp2_nv, 5> headers = {StaticHeader(":status", http_status), StaticHeader("content-type", kContentType),
                                       StaticHeader("grpc-status", StatusText(status_.code()))};
  size_t count = 3;
  if (!encoded_message_.empty()) headers[count++] = CopiedHeader("grpc-message", encoded_message_);
  const bool unknown_encoding =
      status_.code() == absl::StatusCode::kUnimplemented && ParseEncoding(headers_.encoding) == Encoding::kUnknown;
  if (unknown_encoding) headers[count++] = StaticHeader("grpc-accept-encoding", kAcceptedEncodings);
  session_->SubmitAnswer(this, headers.data(), count, false);
}

bool GrpcCall::SubmitTrailers() {
  ended_ = true;
  std::array<nghttp2_nv, 2> trailers = {StaticHeader("grpc-status", StatusText(status_.code()))};
  size_t count = 1;
  if (!encoded_message_.empty()) trailers[count++] = CopiedHeader("grpc-message", encoded_message_);
  session_->SubmitTrailers(id_, trailers.data(), count);
  return true;
}

void GrpcCall::OnSent() {
  const size_t queued = queue_.weight();
  if (finished_) {
    if (queued == 0 && !ended_) SubmitTrailers();
    return;
  }
  // Told only after the flush: the handler must not run while frames are being made.
  if ((wants_room_ || request_.withholds()) && queued < kLowWaterBytes && !room_noted_) GoOnLater();
}

void GrpcCall::OnRoom() {
  room_noted_ = false;
  if (finished_) return;
  loop().NoteHandedOver();
  if (request_.withholds()) request_.Resume();
  if (finished_ || handler_ == nullptr || queue_.weight() >= kHighWaterBytes) return;
  if (std::exchange(wants_room_, false)) handler_->OnWritable();
}

void GrpcCall::GoOnLater() {
  room_noted_ = true;
  session_->NotifyWhenFlushed(this);
}

void GrpcCall::OnDeadline() {
  if (closed_) return;
  if (answered_ && queue_.bytes() > 0) {
    // The client's flow control holds back what was to come before the status.
    if (!finished_) SetFinished(DeadlineExceeded());
    session_->Reset(id_, NGHTTP2_CANCEL);
  } else {
    Finish(DeadlineExceeded());
  }
  if (abandoned_ != nullptr) abandoned_->store(true, std::memory_order_relaxed);
  CloseHandler();
}

bool GrpcCall::Keep(int64_t bytes) {
  if (closed_ || (bytes > 0 && session_->ReceivedTooMuch())) return false;
  session_->CountReceived(bytes);
  kept_bytes_ += bytes;
  return true;
}

void GrpcCall::CloseHandler() {
  if (handler_ == nullptr) return;
  loop().NoteHandedOver();
  handler_->OnClose();
  handler_.reset();
}

std::shared_ptr<const std::atomic<bool>> GrpcCall::Abandoned() {
  if (abandoned_ == nullptr) abandoned_ = std::make_shared<std::atomic<bool>>(false);
  return abandoned_;
}

void GrpcCall::OnStreamClosed(uint32_t) {
  closed_ = true;
  if (abandoned_ != nullptr) abandoned_->store(true, std::memory_order_relaxed);
  abandoned_.reset();
  loop().timers().Cancel(&deadline_timer_);
  CloseHandler();
  if (method_ != nullptr && method_->unary) session_->CountUnary(-1);
  if (method_ != nullptr) {
    if (!finished_) SetFinished(base::MakeStatus(absl::StatusCode::kCancelled, "context canceled"));
    loop().counters().Handled(method_->index, status_.code(), (finished_at_ - started_).count());
  }
  request_.Close();
  session_->CountReceived(-std::exchange(kept_bytes_, 0));
  // What would be carried into the next call.
  headers_.Reset();
  encoded_message_.clear();
  status_ = absl::OkStatus();
}

}  // namespace quorate::rpc
