#pragma once

// The gRPC channels of a client, one for each endpoint. Included by the client alone: it brings gRPC with it.

#include <grpcpp/channel.h>
#include <grpcpp/completion_queue.h>

#include <chrono>
#include <memory>
#include <vector>

#include "quorate/base/mutex.h"
#include "src/ctl/client.h"

namespace quorate::ctl {

// Used by any number of threads.
class Channels {
 public:
  using TimePoint = std::chrono::system_clock::time_point;

  explicit Channels(const ClientConfig& config);
  ~Channels();

  // A channel to call on, never null. With several endpoints the first connected one after the last that was used;
  // waits for one until the deadline or the cancellation (which may be null).
  std::shared_ptr<grpc::Channel> Next(TimePoint deadline, const Cancellation* cancellation);

 private:
  // Waits a moment for any channel to change its state; connections only make progress while somebody waits.
  void AwaitChange() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  std::vector<std::shared_ptr<grpc::Channel>> channels_;
  base::Mutex mutex_;  // held while waiting for a change as well: who comes later needs the same
  grpc::CompletionQueue changes_ ABSL_GUARDED_BY(mutex_);
  size_t awaited_ ABSL_GUARDED_BY(mutex_) = 0;  // notifications `changes_` still owes
  size_t next_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace quorate::ctl
