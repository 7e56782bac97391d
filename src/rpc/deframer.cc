#include "src/rpc/deframer.h"

#include <algorithm>
#include <cstring>

namespace quorate::rpc {

void Deframer::Reset(Encoding encoding, size_t message_bytes_max) {
  encoding_ = encoding;
  message_bytes_max_ = message_bytes_max;
  Release();
  if (!error_.ok()) error_ = absl::OkStatus();
}

void Deframer::Release() {
  prefix_size_ = 0;
  DropMessage();
}

void Deframer::DropMessage() {
  body_.clear();
  if (body_.capacity() > kKeptBytes) std::string().swap(body_);
  if (inflated_.capacity() > 0) std::string().swap(inflated_);
  message_ = {};
}

Deframer::Step Deframer::Fail(absl::StatusCode code, std::string_view message) {
  error_ = base::MakeStatus(code, message);
  return Step::kError;
}

bool Deframer::CheckPrefix() {
  const auto flag = static_cast<uint8_t>(prefix_[0]);
  body_size_ = 0;
  for (size_t i = 1; i < kPrefixBytes; ++i) body_size_ = body_size_ << 8 | static_cast<uint8_t>(prefix_[i]);
  if (body_size_ > message_bytes_max_) {
    Fail(absl::StatusCode::kResourceExhausted, "grpc: received message larger than max (" + std::to_string(body_size_) +
                                                   " vs. " + std::to_string(message_bytes_max_) + ")");
  } else if (flag > 1) {
    Fail(absl::StatusCode::kInternal, "grpc: received unexpected payload format " + std::to_string(flag));
  } else if (flag == 1 && encoding_ == Encoding::kIdentity) {
    Fail(absl::StatusCode::kInternal, "grpc: compressed flag set with identity or empty encoding");
  }
  return error_.ok();
}

void Deframer::MakeRoom(size_t bytes) {
  // A string that grows by itself takes twice what it had, and may be larger in the end than its message.
  std::string larger;
  larger.reserve(std::min(body_size_, kGrowth * bytes));
  larger.append(body_);
  body_.swap(larger);
}

Deframer::Step Deframer::Deliver(std::string_view body) {
  const bool compressed = prefix_[0] == 1;
  prefix_size_ = 0;
  message_ = body;
  if (compressed) {
    error_ = Inflate(encoding_, body, message_bytes_max_, &inflated_);
    if (!error_.ok()) return Step::kError;
    message_ = inflated_;
  }
  return Step::kMessage;
}

Deframer::Step Deframer::Next(std::string_view* bytes) {
  if (bytes->empty()) return Step::kNeedMore;
  if (prefix_size_ < kPrefixBytes) {
    if (prefix_size_ == 0) body_.clear();
    const size_t step = std::min(kPrefixBytes - prefix_size_, bytes->size());
    std::memcpy(prefix_.data() + prefix_size_, bytes->data(), step);
    prefix_size_ += step;
    bytes->remove_prefix(step);
    if (prefix_size_ < kPrefixBytes) return Step::kNeedMore;
    if (!CheckPrefix()) return Step::kError;
  }
  const size_t missing = body_size_ - body_.size();
  const std::string_view piece = bytes->substr(0, missing);
  bytes->remove_prefix(piece.size());
  // The common case: the whole message lies in the received bytes.
  if (piece.size() == missing && body_.empty()) return Deliver(piece);
  if (body_.capacity() < body_.size() + piece.size()) MakeRoom(body_.size() + piece.size());
  body_.append(piece);
  if (body_.size() < body_size_) return Step::kNeedMore;
  return Deliver(body_);
}

}  // namespace quorate::rpc
