#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "etcdserverpb/rpc.grpc.pb.h"
#include "tests/e2e/watch_log.h"

namespace quorate::testing {

// One Watch stream on a connection of its own, read by a thread of its own.
class WatchStream {
 public:
  explicit WatchStream(const std::string& address);
  // Cancels the stream.
  ~WatchStream();
  WatchStream(const WatchStream&) = delete;
  WatchStream& operator=(const WatchStream&) = delete;

  void Send(const etcdserverpb::WatchRequest& request);
  // No more requests will come; responses still do.
  void HalfClose();
  // While paused nothing is read, so that the server can send only so much.
  void Pause(bool paused);

  // False when the condition does not come to hold in time, or the stream ends before.
  bool WaitUntil(const std::function<bool(const WatchLog&)>& condition, std::chrono::milliseconds timeout);
  // Calls look() while nothing changes.
  void Look(const std::function<void(const WatchLog&)>& look);
  // Empty while the server keeps the stream open.
  std::string Obituary();

 private:
  void Read();

  std::unique_ptr<etcdserverpb::Watch::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<etcdserverpb::WatchRequest, etcdserverpb::WatchResponse>> stream_;

  // Guards what follows; changed_ tells of every change.
  std::mutex mutex_;
  std::condition_variable changed_;
  WatchLog log_;
  bool paused_ = false;
  bool closing_ = false;
  bool ended_ = false;

  std::thread reader_;
};

}  // namespace quorate::testing
