#pragma once

#include <grpcpp/client_context.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <thread>

#include "tests/soak/availability.h"
#include "tests/soak/timeline.h"

namespace quorate::soak {

// Watches everything through every outage, and tells the timeline.
class Historian {
 public:
  Historian(Availability* availability, Timeline* timeline);
  ~Historian();
  Historian(const Historian&) = delete;
  Historian& operator=(const Historian&) = delete;

 private:
  void Run();
  void ReadStream();

  Availability* const availability_;
  Timeline* const timeline_;
  // Guards the context for who ends the stream.
  std::mutex mutex_;
  grpc::ClientContext* context_ = nullptr;
  std::atomic<bool> ending_ = false;
  std::thread thread_;
};

}  // namespace quorate::soak
