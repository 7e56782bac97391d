#include "src/rpc/grpc_request.h"

#include <utility>

#include "quorate/base/errors.h"
#include "src/rpc/grpc_call.h"
#include "src/rpc/grpc_status.h"
#include "src/rpc/http2_session.h"
#include "src/rpc/loop.h"

namespace quorate::rpc {
namespace {

absl::Status Unknown(std::string_view message) { return base::MakeStatus(absl::StatusCode::kUnknown, message); }

}  // namespace

void GrpcRequest::Begin(size_t header_bytes) {
  got_message_ = ended_ = end_waits_ = false;
  message_bytes_ = 0;
  header_bytes_ = header_bytes;
  CountHeld();
}

void GrpcRequest::ExpectMessages(Encoding encoding, size_t message_bytes_max) {
  deframer_.Reset(encoding, message_bytes_max);
}

void GrpcRequest::DropHeaders() {
  header_bytes_ = 0;
  CountHeld();
}

bool GrpcRequest::is_awaited() const {
  const Method& method = *call_.method();
  if (method.is_unary()) return !got_message_;
  if (method.takes_one_message()) return !ended_;
  // The rest of a message, unless it has to wait for room itself.
  return deframer_.is_partial() && undecoded_.empty() && withheld_bytes_ == 0;
}

size_t GrpcRequest::OnData(std::string_view bytes) {
  const size_t size = bytes.size();
  if (undecoded_.empty()) Decode(&bytes);
  if (!call_.finished()) undecoded_.append(bytes);
  CountHeld();
  if (!call_.finished() && unseen_bytes() > 0 && call_.session().ReceivedTooMuch()) {
    call_.Finish(base::errors::TooManyRequests());
  }
  if (call_.finished()) DropUnseen();
  if (call_.MustWait() || !undecoded_.empty()) {
    withheld_bytes_ += size;
    return 0;
  }
  // Nothing more is expected on a unary call that has its message.
  return got_message_ && call_.method()->is_unary() ? 0 : size;
}

void GrpcRequest::Decode(std::string_view* bytes, TimePoint until) {
  while (!call_.finished() && !call_.MustWait()) {
    // As grpc-go: a unary handler takes the first message and never looks for another.
    if (got_message_ && call_.method()->is_unary()) {
      bytes->remove_prefix(bytes->size());
      return;
    }
    const Deframer::Step step = deframer_.Next(bytes);
    if (step == Deframer::Step::kNeedMore) return;
    if (step == Deframer::Step::kError) {
      call_.Finish(deframer_.error());
      return;
    }
    OnMessage(deframer_.message());
    deframer_.DropMessage();
    if (until != TimePoint::max() && std::chrono::steady_clock::now() >= until) return;
  }
}

void GrpcRequest::OnMessage(std::string_view message) {
  const Method& method = *call_.method();
  if (std::exchange(got_message_, true) && method.takes_one_message()) {
    call_.Finish(Internal("cardinality violation: received multiple request messages for non-client-streaming RPC"));
    return;
  }
  message_bytes_ = message.size();
  if (!call_.AdmitMessage(message.size())) return;
  if (method.is_unary() || !method.takes_one_message()) {
    call_.Deliver(message);
  } else {
    held_message_ = message;
  }
}

void GrpcRequest::OnEnd() {
  ended_ = true;
  end_waits_ = !undecoded_.empty();
  if (!end_waits_) TakeEnd();
}

void GrpcRequest::TakeEnd() {
  if (call_.finished()) return;
  const Method& method = *call_.method();
  const bool is_unary = method.is_unary();
  if (deframer_.is_partial()) {
    call_.Finish(is_unary ? Unknown("unexpected EOF") : Internal("unexpected EOF"));
    return;
  }
  if (!got_message_ && method.takes_one_message()) {
    call_.Finish(is_unary ? Unknown("EOF")
                          : Internal("cardinality violation: received no request message from "
                                     "non-client-streaming RPC"));
    return;
  }
  if (method.unary) return;
  if (method.takes_one_message() && !is_unary) {
    // Once more: many may have been held until their ends came together.
    if (call_.session().IsTooMuchToQueue(0)) {
      call_.Finish(base::errors::TooManyRequests());
      return DropUnseen();
    }
    call_.Deliver(held_message_);
    std::string().swap(held_message_);
    CountHeld();
  }
  call_.DeliverEnd();
}

void GrpcRequest::Resume() {
  std::string_view left = undecoded_;
  Decode(&left, std::chrono::steady_clock::now() + call_.loop().flush_share().time());
  undecoded_.erase(0, undecoded_.size() - left.size());
  if (call_.finished()) DropUnseen();
  CountHeld();
  if (call_.finished() || call_.MustWait()) return;
  if (!undecoded_.empty()) return call_.GoOnLater();
  std::string().swap(undecoded_);
  call_.session().ReturnWindow(call_.id(), std::exchange(withheld_bytes_, 0));
  if (std::exchange(end_waits_, false)) TakeEnd();
}

void GrpcRequest::DropUnseen() {
  std::string().swap(undecoded_);
  std::string().swap(held_message_);
  deframer_.Release();
  CountHeld();
}

void GrpcRequest::Close() {
  header_bytes_ = 0;
  DropUnseen();
  withheld_bytes_ = 0;
}

void GrpcRequest::CountHeld() {
  const size_t held = header_bytes_ + unseen_bytes();
  if (held == held_bytes_) return;
  call_.session().CountReceived(static_cast<int64_t>(held) - static_cast<int64_t>(held_bytes_));
  held_bytes_ = held;
}

}  // namespace quorate::rpc
