#include "tests/e2e/resuming_watcher.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>

#include "tests/e2e/channel.h"

namespace quorate::testing {
namespace {

namespace pb = etcdserverpb;

constexpr std::chrono::milliseconds kTryAgainAfter(10);

}  // namespace

ResumingWatcher::ResumingWatcher(const std::string& address, std::string key, std::string range_end,
                                 int64_t from_revision)
    : address_(address),
      key_(std::move(key)),
      range_end_(std::move(range_end)),
      next_revision_(from_revision),
      thread_([this] { Run(); }) {}

ResumingWatcher::~ResumingWatcher() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    if (context_ != nullptr) context_->TryCancel();
  }
  changed_.notify_all();
  thread_.join();
}

void ResumingWatcher::Run() {
  while (true) {
    ReadStream();
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, kTryAgainAfter, [this] { return stopping_; })) return;
  }
}

void ResumingWatcher::ReadStream() {
  grpc::ClientContext context;
  pb::WatchRequest request;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    context_ = &context;
    pb::WatchCreateRequest* create = request.mutable_create_request();
    create->set_key(key_);
    create->set_range_end(range_end_);
    create->set_start_revision(next_revision_);
    create->set_prev_kv(true);
  }
  ++streams_;
  // A channel whose connection attempt was cut short may never try again: each stream has its own.
  const auto stub = pb::Watch::NewStub(OwnChannel(address_));
  const auto stream = stub->Watch(&context);
  stream->Write(request);
  pb::WatchResponse response;
  while (stream->Read(&response)) Take(response);
  {
    const std::lock_guard lock(mutex_);
    context_ = nullptr;
  }
  const grpc::Status status = stream->Finish();
  const std::lock_guard lock(mutex_);
  last_error_ = std::to_string(status.error_code()) + " " + status.error_message();
}

void ResumingWatcher::Take(const pb::WatchResponse& response) {
  const std::lock_guard lock(mutex_);
  if (response.canceled()) faults_ += "cancelled: " + response.ShortDebugString() + "\n";
  for (const mvccpb::Event& event : response.events()) {
    if (event.kv().mod_revision() < next_revision_) {
      faults_ += "asked from " + std::to_string(next_revision_) + " and told " + event.ShortDebugString() + "\n";
    }
    events_.push_back(event);
  }
  if (response.events_size() > 0) next_revision_ = events_.back().kv().mod_revision() + 1;
  changed_.notify_all();
}

bool ResumingWatcher::WaitForRevision(int64_t revision, std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, timeout,
                           [&] { return !events_.empty() && events_.back().kv().mod_revision() >= revision; });
}

bool ResumingWatcher::WaitForEvents(size_t count, std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, timeout, [&] { return events_.size() >= count; });
}

std::vector<mvccpb::Event> ResumingWatcher::events() {
  const std::lock_guard lock(mutex_);
  return events_;
}

std::string ResumingWatcher::faults() {
  const std::lock_guard lock(mutex_);
  return faults_;
}

std::string ResumingWatcher::last_error() {
  const std::lock_guard lock(mutex_);
  return last_error_;
}

std::string CompareWithHistory(ResumingWatcher* watcher, const std::string& address, const std::string& key,
                               const std::string& range_end, int64_t from_revision, int64_t last_revision) {
  ResumingWatcher fresh(address, key, range_end, from_revision);
  if (!fresh.WaitForRevision(last_revision)) return "a fresh watcher does not see the last revision\n";
  if (!watcher->WaitForRevision(last_revision)) {
    return "the last event told is of " +
           std::to_string(watcher->events().empty() ? 0 : watcher->events().back().kv().mod_revision()) +
           ", the history goes to " + std::to_string(last_revision) + "\n";
  }
  const std::vector<mvccpb::Event> told = watcher->events();
  const std::vector<mvccpb::Event> history = fresh.events();
  for (size_t i = 0; i < std::min(told.size(), history.size()); ++i) {
    if (told[i].SerializeAsString() == history[i].SerializeAsString()) continue;
    return "event " + std::to_string(i) + " was told as " + told[i].ShortDebugString() + ", in the history it is " +
           history[i].ShortDebugString() + "\n";
  }
  if (told.size() != history.size()) {
    return std::to_string(told.size()) + " events were told of " + std::to_string(history.size()) + "\n";
  }
  return watcher->faults() + fresh.faults();
}

}  // namespace quorate::testing
