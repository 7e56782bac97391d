#pragma once

// Watches that outlive their connection: after a broken stream each goes on behind the last revision it has heard of,
// so that nothing is missed and nothing comes twice.

#include <deque>
#include <functional>
#include <map>
#include <memory>

#include "etcdserverpb/rpc.pb.h"
#include "quorate/base/mutex.h"
#include "quorate/base/status.h"

namespace quorate::ctl {

class Cancellation;
class Client;
class WatchCall;

class Watcher {
 public:
  // Called by the thread in Run with every answer to a watch but the one to its creation. An error is the last that is
  // heard of the watch: the server has ended it (its revision is compacted, the range is empty, there is no leader), or
  // could not be asked. False ends the watch.
  using OnResponse = std::function<bool(const etcdserverpb::WatchResponse& response, const absl::Status& error)>;

  // `client` and `cancellation` outlive the watcher. With `requires_leader` a member that has no leader ends the
  // watches.
  Watcher(Client& client, bool requires_leader, Cancellation& cancellation);
  ~Watcher();

  // Any thread.
  void Add(const etcdserverpb::WatchCreateRequest& request, OnResponse on_response);
  // Asks how far the watches are; each hears an answer without events. Any thread.
  void RequestProgress();

  // Serves the watches until none is left. With `lingers` it waits for more then, and only the cancellation ends it.
  void Run(bool lingers);

 private:
  struct Watch {
    etcdserverpb::WatchCreateRequest request;  // its start revision moves on with what was heard
    OnResponse on_response;
  };
  using WatchPtr = std::shared_ptr<Watch>;

  // False when there is nothing to do and there will not be.
  bool AwaitWork(bool lingers);
  // Opens a stream and serves it to its end; `failure` tells why it ended. True if another one may do better.
  bool Serve(absl::Status& failure);
  void Enter(WatchCall& call);
  void Leave();
  void Handle(const etcdserverpb::WatchResponse& response);
  void Created(const etcdserverpb::WatchResponse& response);
  void Deliver(int64_t id, const WatchPtr& watch, const etcdserverpb::WatchResponse& response);
  void EndAll(const absl::Status& error);
  void SendNextCreation() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool HasNoWatch();

  Client& client_;
  const bool requires_leader_;
  Cancellation& cancellation_;

  base::Mutex mutex_;  // held while sending
  WatchCall* call_ ABSL_GUARDED_BY(mutex_) = nullptr;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  bool wants_progress_ ABSL_GUARDED_BY(mutex_) = false;
  // In the order of their creation requests; the first one's answer is awaited.
  std::deque<WatchPtr> creating_ ABSL_GUARDED_BY(mutex_);
  // By the server's number.
  std::map<int64_t, WatchPtr> active_ ABSL_GUARDED_BY(mutex_);
};

// Follows one watch on the calling thread until `on_response` has had enough, which is no error.
absl::Status WatchUntil(Client& client, Cancellation& cancellation, const etcdserverpb::WatchCreateRequest& request,
                        const std::function<bool(const etcdserverpb::WatchResponse&)>& on_response);

}  // namespace quorate::ctl
