#include "src/rpc/loop.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <utility>

#include "quorate/base/check.h"
#include "quorate/base/errors.h"
#include "quorate/base/this_thread.h"
#include "src/rpc/connection.h"
#include "src/rpc/grpc_call.h"

namespace quorate::rpc {
namespace {

// An answer to a change that clients always get, however little room their other answers leave.
constexpr size_t kSmallAnswerBytes = 4 << 10;

absl::Status AnswerLost() {
  return base::MakeStatus(absl::StatusCode::kUnavailable,
                          "etcdserver: request timed out, possibly done: too many answers are not taken");
}

}  // namespace

thread_local Loop* Loop::current_ = nullptr;
thread_local const Loop* Loop::of_this_thread_ = nullptr;

// The descriptor that ends a sleep.
class Loop::Wakeup final : public EventSource {
 public:
  Wakeup() : descriptor_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    QUORATE_CHECK(descriptor_ >= 0) << "eventfd: " << std::strerror(errno);
  }
  ~Wakeup() { ::close(descriptor_); }
  int descriptor() const { return descriptor_; }
  void Ring() {
    const uint64_t one = 1;
    // It can only fail when the counter is full, and then the loop is awake already.
    [[maybe_unused]] const ssize_t written = ::write(descriptor_, &one, sizeof(one));
  }
  void OnEvents(uint32_t) override {
    uint64_t count;
    [[maybe_unused]] const ssize_t got = ::read(descriptor_, &count, sizeof(count));
  }

 private:
  const int descriptor_;
};

// A function that waits for its time, in the loop's list.
class Loop::Later final : public Timer {
 public:
  Later(Loop* loop, std::function<void()> function) : loop_(loop), function_(std::move(function)) {}
  void SetPlace(std::list<std::unique_ptr<Later>>::iterator place) { place_ = place; }

 private:
  void OnTimer() override {
    const std::function<void()> function = std::move(function_);
    loop_->NoteHandedOver();
    loop_->later_.erase(place_);  // and this with it
    function();
  }

  Loop* const loop_;
  std::function<void()> function_;
  std::list<std::unique_ptr<Later>>::iterator place_;
};

Loop::Loop(ServerContext* server, int index)
    : server_(server),
      index_(index),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      wakeup_(std::make_unique<Wakeup>()),
      now_(std::chrono::steady_clock::now()),
      timers_(ToMs(now_)),
      counters_(server->registry->statistics.size()),
      read_buffer_(std::make_unique_for_overwrite<char[]>(ReadSize::kBytesMax)) {
  QUORATE_CHECK(epoll_ >= 0) << "epoll_create1: " << std::strerror(errno);
  Watch(wakeup_->descriptor(), wakeup_.get(), EPOLLIN);
}

Loop::~Loop() {
  Stop();
  ::close(epoll_);
}

void Loop::Start() {
  thread_ = std::thread([this] { Run(); });
}

void Loop::Stop() {
  if (!thread_.joinable()) return;
  Post([this] { stopping_ = true; });
  thread_.join();
}

void Loop::Run() {
  std::unique_lock<std::mutex> turn(turn_);
  of_this_thread_ = current_ = this;
  base::NameThisThread("rpc-loop-" + std::to_string(index_));
  base::TakeShortTurns();
  while (!stopping_) Tick(turn);
  {
    base::MutexLock lock(&mutex_);
    closed_ = true;
  }
  for (auto& [id, connection] : connections_) connection->Close();
  while (!graves_.empty()) EmptyGraves();
  dirty_.clear();
  // What was posted too late: dropping it may itself answer calls that live nowhere any more.
  std::vector<std::function<void()>> functions;
  {
    base::MutexLock lock(&mutex_);
    completions_taken_.swap(completions_);
    functions.swap(functions_);
  }
  functions.clear();
  completions_taken_.clear();
  FlushCounters();
  current_ = nullptr;
}

int Loop::SleepMs() {
  if (HasMoreToDo()) return 0;
  base::MutexLock lock(&mutex_);
  if (!completions_.empty() || !functions_.empty()) return 0;
  // The tick may have taken long.
  const int64_t now_ms = ToMs(std::chrono::steady_clock::now());
  const int64_t sleep_ms = UntilDueMs(now_ms);
  sleeping_ = sleep_ms != 0;
  awake_by_ms_ = now_ms + sleep_ms;
  return static_cast<int>(sleep_ms);
}

int64_t Loop::UntilDueMs(int64_t now_ms) const {
  if (refusals_.anyone_waits() || overdrafts_.anyone_waits() || long_overdrafts_.anyone_waits()) return 1;
  const int64_t timers_ms = timers_.SleepMs(now_ms);
  return timers_ms < 0 ? kSleepMsMax : std::min(timers_ms, kSleepMsMax);
}

void Loop::Tick(std::unique_lock<std::mutex>& turn) {
  std::array<epoll_event, kEventsMax> events;
  const int sleep_ms = SleepMs();
  if (sleep_ms != 0) turn.unlock();
  const int count = std::max(::epoll_wait(epoll_, events.data(), kEventsMax, sleep_ms), 0);
  if (sleep_ms != 0) {
    turn.lock();
    base::MutexLock lock(&mutex_);
    sleeping_ = false;
  }
  Work(events.data(), count);
}

void Loop::CompletePosted() {
  {
    base::MutexLock lock(&mutex_);
    completions_taken_.swap(completions_);
  }
  for (Completion& completion : completions_taken_) Complete(std::move(completion));
  completions_taken_.clear();
}

void Loop::TakeInbox() {
  {
    base::MutexLock lock(&mutex_);
    functions_taken_.swap(functions_);
  }
  // All that was posted before those functions, one of which may end the loop.
  CompletePosted();
  for (std::function<void()>& function : functions_taken_) {
    function();
    function = nullptr;
    handed_over_ = true;
  }
  functions_taken_.clear();
}

void Loop::Post(std::function<void()> function) {
  bool ring;
  {
    base::MutexLock lock(&mutex_);
    if (closed_) return;
    functions_.push_back(std::move(function));
    ring = std::exchange(sleeping_, false);
  }
  if (ring) wakeup_->Ring();
}

void Loop::PostCompletions(std::vector<Completion> completions) {
  const bool few = completions.size() <= kForeignAnswersMax;
  bool ring;
  {
    base::MutexLock lock(&mutex_);
    if (closed_) return;
    if (completions_.empty()) {
      completions_.swap(completions);
    } else {
      completions_.insert(completions_.end(), std::make_move_iterator(completions.begin()),
                          std::make_move_iterator(completions.end()));
    }
    ring = std::exchange(sleeping_, false);
  }
  if (is_lent_here()) return AnswerFromAway();
  if (!ring || (few && current_ == nullptr && AnswerInItsStead())) return;
  wakeup_->Ring();
}

void Loop::Adopt(int descriptor, std::string peer_address) {
  connection_count_.fetch_add(1, std::memory_order_relaxed);
  const uint64_t id = server_->next_connection.fetch_add(1, std::memory_order_relaxed);
  {
    base::MutexLock lock(&server_->mutex);
    ++server_->open_connections;
  }
  // Held by the function, so that the socket is closed when it is dropped unrun.
  auto connection = std::make_shared<std::unique_ptr<Connection>>(std::make_unique<Connection>(
      this, id, MakeSocketTransport(descriptor), Peer{.address = std::move(peer_address)}));
  Post([this, id, connection] {
    Connection* here = connection->get();
    connections_.emplace(id, std::move(*connection));
    here->Begin();
  });
}

void Loop::Watch(int descriptor, EventSource* source, uint32_t events) {
  SetEvents(EPOLL_CTL_ADD, descriptor, source, events);
}

void Loop::Rewatch(int descriptor, EventSource* source, uint32_t events) {
  SetEvents(EPOLL_CTL_MOD, descriptor, source, events);
}

void Loop::SetEvents(int operation, int descriptor, EventSource* source, uint32_t events) {
  epoll_event event = {};
  event.events = events;
  event.data.ptr = source;
  const int result = ::epoll_ctl(epoll_, operation, descriptor, &event);
  QUORATE_CHECK(result == 0) << "epoll_ctl: " << std::strerror(errno);
}

void Loop::Unwatch(int descriptor) { ::epoll_ctl(epoll_, EPOLL_CTL_DEL, descriptor, nullptr); }

void Loop::After(std::chrono::milliseconds delay, std::function<void()> function) {
  later_.push_back(std::make_unique<Later>(this, std::move(function)));
  Later* later = later_.back().get();
  later->SetPlace(std::prev(later_.end()));
  // One more, since the wheel's millisecond may be half over. The tick's may be long over.
  timers_.Schedule(later, ToMs(std::chrono::steady_clock::now()) + delay.count() + 1);
}

Connection* Loop::FindConnection(uint64_t id) {
  const auto found = connections_.find(id);
  return found == connections_.end() || found->second->is_closed() ? nullptr : found->second.get();
}

void Loop::Complete(Completion completion) {
  Connection* connection = FindConnection(completion.connection);
  if (connection == nullptr || connection->protocol() == nullptr) return;
  const size_t size = completion.message.size();
  const Protocol& protocol = *connection->protocol();
  const bool queues_are_full = too_many_queued() && size > Protocol::kModestBytes;
  // Looked at once more, since many calls may have been taken on before the first was answered. A change cannot be
  // refused any more, only what it answers beyond a few bytes, when too much waits already.
  if (completion.refusable) {
    if (protocol.IsTooMuchToQueue(size)) {
      completion.status = base::errors::TooManyRequests();
      connection->protocol()->OnAnswerRefused();
    }
  } else if (size > kSmallAnswerBytes && (protocol.IsTooMuchToQueue(0) || queues_are_full)) {
    completion.status = AnswerLost();
  }
  if (!completion.status.ok()) completion.message = base::Payload();
  connection->protocol()->Complete(completion.stream, std::move(completion.status), std::move(completion.message));
  MarkDirty(connection);
}

void Loop::MarkDirty(Connection* connection) {
  if (connection->SetDirty()) dirty_.push_back(connection);
}

void Loop::Bury(Connection* connection) {
  connection_count_.fetch_sub(1, std::memory_order_relaxed);
  graves_.push_back(connection->id());
}

std::unique_ptr<GrpcCall> Loop::TakeCall() {
  if (calls_.empty()) return std::make_unique<GrpcCall>();
  std::unique_ptr<GrpcCall> call = std::move(calls_.back());
  calls_.pop_back();
  return call;
}

void Loop::KeepCall(std::unique_ptr<GrpcCall> call) {
  if (calls_.size() < kCallsKept) calls_.push_back(std::move(call));
}

void Loop::DrainConnections() {
  std::vector<Connection*> connections;
  for (auto& [id, connection] : connections_) connections.push_back(connection.get());
  for (Connection* connection : connections) connection->BeginDrain();
}

void Loop::DrainIdle() {
  for (size_t left = 1 + connections_.size() / kIdleShareDrained; left > 0 && !idle_.empty(); --left) {
    Connection* longest = idle_.front();
    if (now_ms() - longest->idle_since_ms() < kIdleMsMin) return;
    longest->BeginDrain();  // and it is idle no more
  }
}

}  // namespace quorate::rpc
