#pragma once

// A client that watches through every loss of its connection: it asks again from the revision after the last one it has
// seen. What it has been told must be the history, each event once.

#include <grpcpp/client_context.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "etcdserverpb/rpc.grpc.pb.h"

namespace quorate::testing {

class ResumingWatcher {
 public:
  // Watches [key, range_end) from the revision on, with the keys before.
  ResumingWatcher(const std::string& address, std::string key, std::string range_end, int64_t from_revision);
  ~ResumingWatcher();
  ResumingWatcher(const ResumingWatcher&) = delete;
  ResumingWatcher& operator=(const ResumingWatcher&) = delete;

  // False when no event of this revision or a later one comes in time.
  bool WaitForRevision(int64_t revision, std::chrono::milliseconds timeout = std::chrono::seconds(30));
  // False when there are not so many events in time.
  bool WaitForEvents(size_t count, std::chrono::milliseconds timeout = std::chrono::seconds(30));

  std::vector<mvccpb::Event> events();
  // What no server may do: cancel the watcher, repeat an event or go back. Empty when nothing happened.
  std::string faults();
  // Why the last stream ended.
  std::string last_error();
  // How often a stream was opened.
  int streams() const { return streams_; }

 private:
  void Run();
  void ReadStream();
  void Take(const etcdserverpb::WatchResponse& response);

  const std::string address_;
  const std::string key_;
  const std::string range_end_;
  std::atomic<int> streams_ = 0;

  // Guards what follows; changed_ tells of every change.
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<mvccpb::Event> events_;
  int64_t next_revision_;
  std::string faults_;
  std::string last_error_;
  bool stopping_ = false;
  grpc::ClientContext* context_ = nullptr;

  std::thread thread_;
};

// What differs between what the watcher was told and what a fresh watcher is told from the same revision on, up to and
// with `last_revision`, which must have an event. Empty when nothing does.
std::string CompareWithHistory(ResumingWatcher* watcher, const std::string& address, const std::string& key,
                               const std::string& range_end, int64_t from_revision, int64_t last_revision);

}  // namespace quorate::testing
