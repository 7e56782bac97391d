#pragma once

// Handlers that every kind of stream needs.

#include <memory>
#include <string_view>
#include <utility>

#include "quorate/base/status.h"
#include "quorate/rpc/call.h"

namespace quorate::api {

// The engine owns its handlers alone: this one stands for a handler that is also known to those who answer later, on
// the pool or on another thread.
class SharedHandler final : public rpc::StreamHandler {
 public:
  explicit SharedHandler(std::shared_ptr<rpc::StreamHandler> handler) : handler_(std::move(handler)) {}
  void OnMessage(std::string_view message) override { handler_->OnMessage(message); }
  void OnHalfClose() override { handler_->OnHalfClose(); }
  void OnWritable() override { handler_->OnWritable(); }
  void OnClose() override { handler_->OnClose(); }

 private:
  const std::shared_ptr<rpc::StreamHandler> handler_;
};

// Ends a stream before it began; the handler hears the rest and does nothing.
std::unique_ptr<rpc::StreamHandler> RefuseStream(rpc::Stream& stream, absl::Status reason);

}  // namespace quorate::api
