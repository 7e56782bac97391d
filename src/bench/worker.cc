#include "src/bench/worker.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <ctime>
#include <utility>

#include "quorate/base/check.h"

namespace quorate::bench {
namespace {

constexpr int kEventsMax = 256;
constexpr int kDeadlineExceeded = 4;
constexpr int kInternal = 13;
constexpr int64_t kNsPerMs = 1'000'000;
constexpr int64_t kNsPerSecond = 1'000'000'000;
// The longest the loop sleeps before it looks at the clock again.
constexpr int64_t kPauseMaxNs = 100 * kNsPerMs;

}  // namespace

int64_t MonotonicNs() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * kNsPerSecond + now.tv_nsec;
}

uint64_t Figures::ErrorCount() const {
  uint64_t count = 0;
  for (const auto& [code, errors_of_code] : errors) count += errors_of_code;
  return count;
}

void Figures::Merge(const Figures& other) {
  latency_ns.Merge(other.latency_ns);
  for (const auto& [code, count] : other.errors) errors[code] += count;
  error_messages.insert(other.error_messages.begin(), other.error_messages.end());
  last_reply_ns = std::max(last_reply_ns, other.last_reply_ns);
  never_sent += other.never_sent;
  longest_gap_ns = std::max(longest_gap_ns, other.longest_gap_ns);
}

Worker::Worker(const ThreadShare& share, std::atomic<uint64_t>* live_count) : share_(share), live_count_(live_count) {
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  timer_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  wake_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  QUORATE_CHECK(epoll_ >= 0 && timer_ >= 0 && wake_ >= 0) << std::strerror(errno);
  for (const int fd : {timer_, wake_}) {
    epoll_event event = {};
    event.events = EPOLLIN;
    event.data.ptr = nullptr;
    QUORATE_CHECK(epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0) << std::strerror(errno);
  }
}

Worker::~Worker() {
  close(wake_);
  close(timer_);
  close(epoll_);
}

absl::Status Worker::Connect(const std::vector<Endpoint>& endpoints, int connections, int in_flight) {
  for (int i = 0; i < connections; ++i) {
    const Endpoint& endpoint = endpoints[(share_.index + static_cast<size_t>(i) * share_.count) % endpoints.size()];
    QUORATE_ASSIGN_OR_RETURN(const int fd, bench::Connect(endpoint));
    connections_.push_back(std::make_unique<Connection>(fd, endpoint.authority));
    Watch(connections_.back().get(), EPOLL_CTL_ADD);
    // Servers close who does not say its protocol for long, and others may prepare for minutes now.
    connections_.back()->Flush();
  }
  for (int turn = 0; turn < in_flight; ++turn) {
    for (const auto& connection : connections_) {
      RequestSlot& slot = slots_.emplace_back();
      slot.index = slots_.size() - 1;
      slot.connection = connection.get();
    }
  }
  return absl::OkStatus();
}

void Worker::Wake() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t size = write(wake_, &one, sizeof(one));
}

void Worker::Run(const Window& window, Scenario* scenario) {
  window_ = window;
  figures_ = Figures();
  counted_ = 0;
  next_due_ns_ = static_cast<double>(window.first_ns);
  free_.clear();
  for (RequestSlot& slot : slots_) {
    slot.keeps_stream = scenario->keeps_streams();
    if (slot.connection->alive()) free_.push_back(&slot);
  }
  int64_t last_start_ns = MonotonicNs();
  while (true) {
    const int64_t now = MonotonicNs();
    if (window_.stop != nullptr && window_.stop->load(std::memory_order_relaxed)) {
      window_.end_ns = std::min(window_.end_ns, now);
    }
    if (MayStart(now)) {
      if (StartDue(now, scenario) || now < window_.end_ns) last_start_ns = now;
    } else if (in_flight_ == 0) {
      break;
    } else if (now - last_start_ns > kDrainNs) {
      GiveUp();
    }
    FlushTouched();
    if (in_flight_ == 0 && free_.empty()) break;
    if (done_.empty()) WaitAndReceive(now);
    const int64_t received = MonotonicNs();
    for (RequestSlot* slot : done_) Finish(slot, received, scenario);
    done_.clear();
  }
  figures_.never_sent = DueAndNotSent(MonotonicNs());
}

bool Worker::MayStart(int64_t now) const {
  if (window_.requests != 0 && counted_ >= window_.requests) return false;
  if (window_.interval_ns == 0) return now < window_.end_ns;
  return next_due_ns_ < static_cast<double>(window_.end_ns) && now - window_.end_ns < kDrainNs;
}

uint64_t Worker::DueAndNotSent(int64_t now) const {
  const auto end_ns = static_cast<double>(std::min(window_.end_ns, now));
  if (window_.interval_ns == 0 || window_.requests != 0 || next_due_ns_ >= end_ns) return 0;
  return static_cast<uint64_t>(std::ceil((end_ns - next_due_ns_) / window_.interval_ns));
}

bool Worker::StartDue(int64_t now, Scenario* scenario) {
  const bool open_loop = window_.interval_ns > 0;
  const size_t starts_max = kStartsMax * connections_.size();
  size_t started = 0;
  for (; started < starts_max && !free_.empty() && MayStart(now); ++started) {
    int64_t due = now;
    if (open_loop) {
      due = static_cast<int64_t>(next_due_ns_);
      if (due > now || due >= window_.end_ns) break;
    }
    if (window_.pace != nullptr && !window_.pace->TryStart()) break;
    next_due_ns_ += window_.interval_ns;
    RequestSlot* slot = free_.front();
    free_.pop_front();
    Start(slot, due, scenario);
  }
  more_to_start_ = started == starts_max;
  return started != 0;
}

void Worker::Start(RequestSlot* slot, int64_t now, Scenario* scenario) {
  slot->start_ns = now;
  if (now >= window_.measure_ns) ++counted_;
  slot->request.assign(kGrpcPrefixSize, '\0');
  const std::string_view path = scenario->Next(slot->index, &slot->request);
  WriteGrpcPrefix(&slot->request, 0);
  slot->connection->Submit(slot, path);
  ++in_flight_;
  touched_.push_back(slot->connection);
}

void Worker::Finish(RequestSlot* slot, int64_t now, Scenario* scenario) {
  --in_flight_;
  live_count_->fetch_add(1, std::memory_order_relaxed);
  if (slot->connection->alive()) free_.push_back(slot);
  if (slot->grpc_status == 0) scenario->OnReply(slot->index, slot->ReplyMessage());
  const bool counted = slot->start_ns >= window_.measure_ns;
  if (slot->grpc_status != 0) {
    // Errors count in the warm-up too: none may pass unseen.
    const int code = slot->grpc_status == RequestSlot::kNoStatus ? kInternal : slot->grpc_status;
    ++figures_.errors[code];
    figures_.error_messages.emplace(
        code, slot->grpc_status == RequestSlot::kNoStatus ? "the call ended without a status" : slot->grpc_message);
  } else if (counted) {
    figures_.latency_ns.Record(now - slot->start_ns);
  }
  if (!counted) return;
  if (figures_.last_reply_ns != 0) {
    figures_.longest_gap_ns = std::max(figures_.longest_gap_ns, now - figures_.last_reply_ns);
  }
  figures_.last_reply_ns = now;
}

void Worker::FlushTouched() {
  std::sort(touched_.begin(), touched_.end());
  touched_.erase(std::unique(touched_.begin(), touched_.end()), touched_.end());
  for (Connection* connection : touched_) {
    if (!connection->alive()) continue;
    connection->Flush();
    if (connection->wants_write()) Watch(connection, EPOLL_CTL_MOD);
  }
  touched_.clear();
}

void Worker::WaitAndReceive(int64_t now) {
  int64_t pause = std::clamp<int64_t>(window_.end_ns - now, kNsPerMs, kPauseMaxNs);
  if (std::exchange(more_to_start_, false)) pause = 0;
  if (window_.interval_ns > 0 && !free_.empty() && MayStart(now)) {
    const int64_t due = std::max<int64_t>(1, static_cast<int64_t>(next_due_ns_));
    itimerspec at = {};
    at.it_value.tv_sec = due / kNsPerSecond;
    at.it_value.tv_nsec = due % kNsPerSecond;
    timerfd_settime(timer_, TFD_TIMER_ABSTIME, &at, nullptr);
  }
  epoll_event events[kEventsMax];
  const int count = epoll_wait(epoll_, events, kEventsMax, static_cast<int>((pause + kNsPerMs - 1) / kNsPerMs));
  for (int i = 0; i < count; ++i) {
    auto* connection = static_cast<Connection*>(events[i].data.ptr);
    if (connection == nullptr) {
      for (const int fd : {timer_, wake_}) {
        uint64_t times = 0;
        [[maybe_unused]] const ssize_t size = read(fd, &times, sizeof(times));
      }
      continue;
    }
    if (events[i].events & EPOLLOUT) {
      connection->Flush();
      if (!connection->wants_write()) Watch(connection, EPOLL_CTL_MOD);
    }
    if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
      connection->Receive(&done_);
      if (!connection->alive()) {
        epoll_ctl(epoll_, EPOLL_CTL_DEL, connection->fd(), nullptr);
        std::erase_if(free_, [&](RequestSlot* slot) { return slot->connection == connection; });
      } else {
        // Window updates and acknowledgements.
        touched_.push_back(connection);
      }
    }
  }
}

void Worker::GiveUp() {
  const size_t before = done_.size();
  for (const auto& connection : connections_) {
    if (!connection->alive()) continue;
    epoll_ctl(epoll_, EPOLL_CTL_DEL, connection->fd(), nullptr);
    connection->Abort("no answer in time", &done_);
  }
  for (size_t i = before; i < done_.size(); ++i) done_[i]->grpc_status = kDeadlineExceeded;
  free_.clear();
}

void Worker::Watch(Connection* connection, int operation) {
  epoll_event event = {};
  event.events = EPOLLIN;
  if (connection->wants_write()) event.events |= EPOLLOUT;
  event.data.ptr = connection;
  QUORATE_CHECK(epoll_ctl(epoll_, operation, connection->fd(), &event) == 0) << std::strerror(errno);
}

}  // namespace quorate::bench
