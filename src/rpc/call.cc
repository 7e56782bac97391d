#include "quorate/rpc/call.h"

#include <chrono>

#include "src/rpc/connection.h"
#include "src/rpc/loop.h"

namespace quorate::rpc {
namespace {

void Deliver(Loop* loop, Completion completion) {
  if (loop->IsCurrent()) {
    loop->Complete(std::move(completion));
    return;
  }
  std::vector<Completion> one;
  one.push_back(std::move(completion));
  loop->PostCompletions(std::move(one));
}

absl::Status Dropped() { return base::MakeStatus(absl::StatusCode::kInternal, "the call was dropped unanswered"); }

}  // namespace

std::string_view CallContext::Metadata(std::string_view name) const {
  if (metadata == nullptr) return "";
  for (const auto& [key, value] : *metadata) {
    if (key == name) return value;
  }
  return "";
}

UnaryCall& UnaryCall::operator=(UnaryCall&& other) noexcept {
  if (this == &other) return *this;
  if (loop_ != nullptr) std::move(*this).Fail(Dropped());
  loop_ = std::exchange(other.loop_, nullptr);
  connection_ = other.connection_;
  stream_ = other.stream_;
  return *this;
}

UnaryCall::~UnaryCall() {
  if (loop_ != nullptr) std::move(*this).Fail(Dropped());
}

void UnaryCall::Reply(base::Payload message) && {
  Deliver(std::exchange(loop_, nullptr), {connection_, stream_, absl::OkStatus(), std::move(message)});
}

void UnaryCall::ReplyIfRoom(base::Payload message) && {
  Deliver(std::exchange(loop_, nullptr), {connection_, stream_, absl::OkStatus(), std::move(message), true});
}

std::shared_ptr<const std::atomic<bool>> UnaryCall::Abandoned() const {
  Connection* connection = loop_->FindConnection(connection_);
  const bool alive = connection != nullptr && connection->protocol() != nullptr;
  std::shared_ptr<const std::atomic<bool>> flag = alive ? connection->protocol()->Abandoned(stream_) : nullptr;
  return flag != nullptr ? flag : std::make_shared<const std::atomic<bool>>(true);
}

std::shared_ptr<const UnaryCall::Moment> UnaryCall::HasNoRoomUntil() const {
  static const auto kNever = std::make_shared<const Moment>();
  Connection* connection = loop_->FindConnection(connection_);
  const bool alive = connection != nullptr && connection->protocol() != nullptr;
  std::shared_ptr<const Moment> moment = alive ? connection->protocol()->HasNoRoomUntil() : nullptr;
  return moment != nullptr ? moment : kNever;
}

void UnaryCall::Fail(absl::Status status) && {
  Deliver(std::exchange(loop_, nullptr), {connection_, stream_, std::move(status), base::Payload()});
}

int UnaryCall::loop_index() const { return loop_->index(); }

struct ReplyBatch::State {
  struct ForLoop {
    Loop* loop;
    std::vector<Completion> completions;
  };
  std::vector<ForLoop> loops;  // as few as there are cores
};

ReplyBatch::ReplyBatch() : state_(std::make_unique<State>()) {}
ReplyBatch::~ReplyBatch() { Flush(); }

void ReplyBatch::Add(UnaryCall call, absl::Status status, base::Payload message) {
  Loop* loop = std::exchange(call.loop_, nullptr);
  if (loop == nullptr) return;
  State::ForLoop* chosen = nullptr;
  for (State::ForLoop& each : state_->loops) {
    if (each.loop == loop) chosen = &each;
  }
  if (chosen == nullptr) chosen = &state_->loops.emplace_back(State::ForLoop{loop, {}});
  chosen->completions.push_back({call.connection_, call.stream_, std::move(status), std::move(message)});
}

void ReplyBatch::Flush() {
  for (State::ForLoop& each : state_->loops) {
    if (each.completions.empty()) continue;
    if (each.loop->IsCurrent()) {
      for (Completion& completion : each.completions) each.loop->Complete(std::move(completion));
      each.completions.clear();
    } else {
      each.loop->PostCompletions(std::exchange(each.completions, {}));
    }
  }
}

void StreamRef::Post(std::function<void(Stream&)> function) const {
  if (loop == nullptr) return;
  loop->Post([loop = loop, connection = connection, id = stream, function = std::move(function)] {
    Connection* found = loop->FindConnection(connection);
    if (found == nullptr || found->protocol() == nullptr) return;
    Stream* stream = found->protocol()->FindStream(id);
    if (stream == nullptr) return;
    const auto began = std::chrono::steady_clock::now();
    function(*stream);
    found->OweSince(began, 0);
  });
}

}  // namespace quorate::rpc
