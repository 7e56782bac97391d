#pragma once

// The gRPC channels of a client, one for each endpoint. Included by the client alone: it brings gRPC with it.

#include <grpcpp/channel.h>
#include <grpcpp/completion_queue.h>

#include <chrono>
#include <memory>
#include <vector>

#include "src/ctl/client.h"

namespace quorate::ctl {

class Channels {
 public:
  using TimePoint = std::chrono::system_clock::time_point;

  explicit Channels(const ClientConfig& config);
  ~Channels();

  // A channel to call on, never null. With several endpoints the first connected one after the last that was used;
  // waits for one until the deadline.
  std::shared_ptr<grpc::Channel> Next(TimePoint deadline);

 private:
  // Waits a moment for any channel to change its state; connections only make progress while somebody waits.
  void AwaitChange();

  std::vector<std::shared_ptr<grpc::Channel>> channels_;
  grpc::CompletionQueue changes_;
  size_t awaited_ = 0;  // notifications `changes_` still owes
  size_t next_ = 0;
};

}  // namespace quorate::ctl
