#include "src/ctl/watcher.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "src/ctl/cancellation.h"
#include "src/ctl/client.h"
#include "src/ctl/watch_call.h"

namespace quorate::ctl {
namespace {

using etcdserverpb::WatchResponse;

constexpr int64_t kNoWatchId = -1;
// Pause before a stream that broke is opened again.
constexpr std::chrono::milliseconds kReopenDelay(100);

// What the server's last word on a watch means; OK while it goes on.
absl::Status ErrorOf(const WatchResponse& response) {
  auto failed = [](std::string_view text) { return base::MakeStatus(absl::StatusCode::kFailedPrecondition, text); };
  if (response.compact_revision() != 0) return failed("etcdserver: mvcc: required revision has been compacted");
  if (!response.canceled()) return absl::OkStatus();
  if (response.cancel_reason().empty()) return failed("etcdserver: mvcc: required revision is a future revision");
  return failed(response.cancel_reason());
}

// What is shown of a watch that ended without an answer of its own.
WatchResponse LastWord() {
  WatchResponse response;
  response.mutable_header();
  response.set_canceled(true);
  return response;
}

bool MayDoBetter(const absl::Status& failure) {
  if (base::MessageOf(failure) == "etcdserver: no leader") return false;
  return failure.code() == absl::StatusCode::kUnavailable || failure.code() == absl::StatusCode::kInternal;
}

}  // namespace

Watcher::Watcher(Client& client, bool requires_leader, Cancellation& cancellation)
    : client_(client), requires_leader_(requires_leader), cancellation_(cancellation) {}

Watcher::~Watcher() = default;

void Watcher::Add(const etcdserverpb::WatchCreateRequest& request, OnResponse on_response) {
  base::MutexLock lock(&mutex_);
  creating_.push_back(std::make_shared<Watch>(Watch{request, std::move(on_response)}));
  if (creating_.size() == 1) SendNextCreation();
}

void Watcher::RequestProgress() {
  base::MutexLock lock(&mutex_);
  if (call_ == nullptr) {
    wants_progress_ = true;
    return;
  }
  etcdserverpb::WatchRequest request;
  request.mutable_progress_request();
  call_->Send(request);
}

void Watcher::SendNextCreation() {
  if (call_ == nullptr || creating_.empty()) return;
  etcdserverpb::WatchRequest request;
  *request.mutable_create_request() = creating_.front()->request;
  call_->Send(request);
}

bool Watcher::HasNoWatch() {
  base::MutexLock lock(&mutex_);
  return creating_.empty() && active_.empty();
}

bool Watcher::AwaitWork(bool lingers) {
  Cancellation::Hook hook(&cancellation_, [this] {
    base::MutexLock lock(&mutex_);
    stopped_ = true;
  });
  base::MutexLock lock(&mutex_);
  auto has_work = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return !creating_.empty() || !active_.empty() || wants_progress_;
  };
  if (lingers) mutex_.Await([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stopped_ || has_work(); });
  return !stopped_ && has_work();
}

void Watcher::Run(bool lingers) {
  while (AwaitWork(lingers)) {
    absl::Status failure;
    bool again = Serve(failure);
    if (cancellation_.cancelled()) return;
    if (!again) {
      EndAll(failure);
    } else if (!failure.ok()) {
      cancellation_.WaitFor(kReopenDelay);
    }
  }
}

void Watcher::Enter(WatchCall& call) {
  base::MutexLock lock(&mutex_);
  call_ = &call;
  // Watches of the former stream come before those that were added since.
  for (auto watch = active_.rbegin(); watch != active_.rend(); ++watch) creating_.push_front(watch->second);
  active_.clear();
  SendNextCreation();
  if (std::exchange(wants_progress_, false)) {
    etcdserverpb::WatchRequest request;
    request.mutable_progress_request();
    call.Send(request);
  }
}

void Watcher::Leave() {
  base::MutexLock lock(&mutex_);
  call_ = nullptr;
}

bool Watcher::Serve(absl::Status& failure) {
  std::unique_ptr<WatchCall> call = client_.StartWatch(requires_leader_, &cancellation_);
  Enter(*call);
  WatchResponse response;
  bool open = true;
  // A stream without watches is closed.
  while (open && (open = call->Receive(response))) {
    Handle(response);
    if (HasNoWatch()) break;
  }
  Leave();
  if (open) return true;
  failure = call->Finish();
  if (failure.ok()) failure = base::MakeStatus(absl::StatusCode::kUnknown, "EOF");
  return MayDoBetter(failure);
}

void Watcher::Handle(const WatchResponse& response) {
  if (response.created()) {
    Created(response);
    return;
  }
  std::vector<std::pair<int64_t, WatchPtr>> concerned;
  {
    base::MutexLock lock(&mutex_);
    if (response.watch_id() == kNoWatchId) {
      // How far the server is, for all of them.
      concerned.assign(active_.begin(), active_.end());
    } else if (auto watch = active_.find(response.watch_id()); watch != active_.end()) {
      concerned.push_back(*watch);
    }
  }
  for (const auto& [id, watch] : concerned) Deliver(id, watch, response);
}

void Watcher::Created(const WatchResponse& response) {
  WatchPtr watch;
  {
    base::MutexLock lock(&mutex_);
    if (creating_.empty()) return;
    watch = creating_.front();
    creating_.pop_front();
    if (!response.canceled() && response.watch_id() != kNoWatchId) {
      // A watch of what comes from now on must not miss what comes before its first event, if the stream breaks then.
      if (watch->request.start_revision() == 0) {
        watch->request.set_start_revision(response.header().revision() + 1);
      }
      active_.emplace(response.watch_id(), watch);
      watch = nullptr;
    }
    SendNextCreation();
  }
  if (watch == nullptr) return;
  watch->on_response(LastWord(), ErrorOf(response));
}

void Watcher::Deliver(int64_t id, const WatchPtr& watch, const WatchResponse& response) {
  absl::Status error = ErrorOf(response);
  if (error.ok()) {
    int64_t heard = response.events().empty() ? response.header().revision()
                                              : response.events(response.events_size() - 1).kv().mod_revision();
    watch->request.set_start_revision(std::max(watch->request.start_revision(), heard + 1));
  }
  bool goes_on = watch->on_response(response, error);
  if (goes_on && error.ok()) return;
  base::MutexLock lock(&mutex_);
  active_.erase(id);
  if (!error.ok() || call_ == nullptr) return;
  etcdserverpb::WatchRequest request;
  request.mutable_cancel_request()->set_watch_id(id);
  call_->Send(request);
}

void Watcher::EndAll(const absl::Status& error) {
  std::vector<WatchPtr> watches;
  {
    base::MutexLock lock(&mutex_);
    for (const auto& [id, watch] : active_) watches.push_back(watch);
    watches.insert(watches.end(), creating_.begin(), creating_.end());
    active_.clear();
    creating_.clear();
  }
  for (const WatchPtr& watch : watches) watch->on_response(LastWord(), error);
}

absl::Status WatchUntil(Client& client, Cancellation& cancellation, const etcdserverpb::WatchCreateRequest& request,
                        const std::function<bool(const WatchResponse&)>& on_response) {
  absl::Status result = base::MakeStatus(absl::StatusCode::kCancelled, "context canceled");
  Watcher watcher(client, false, cancellation);
  watcher.Add(request, [&](const WatchResponse& response, const absl::Status& error) {
    if (!error.ok()) {
      result = error;
      return false;
    }
    if (on_response(response)) return true;
    result = absl::OkStatus();
    return false;
  });
  watcher.Run(false);
  return result;
}

}  // namespace quorate::ctl
