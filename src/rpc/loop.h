#pragma once

// One event loop: a thread, an epoll set, and the connections that live on it. It works in ticks: read and decode what
// has arrived on all ready connections, pass on the batch, take answers from other threads, write each connection once.
//
// While it sleeps, another thread that has a few answers for it gives them in its stead: waking a thread takes longer
// than writing them. So what is said below of the loop's thread holds for whoever has the loop's turn. The thread
// itself may be lent, when a batch is passed on: what it is given to do it does without the turn, which the understudy
// takes when that lasts.

#include <sys/epoll.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "quorate/base/mutex.h"
#include "src/rpc/batch_sizes.h"
#include "src/rpc/hold_offs.h"
#include "src/rpc/load.h"
#include "src/rpc/method_counters.h"
#include "src/rpc/protocol.h"
#include "src/rpc/server_context.h"
#include "src/rpc/timer_wheel.h"

namespace quorate::rpc {

class Connection;
class GrpcCall;

// Something with a descriptor in the epoll set. Must stay to the end of the tick that removes it; see Loop::Bury.
class EventSource {
 public:
  virtual void OnEvents(uint32_t events) = 0;

 protected:
  ~EventSource() = default;
};

class Loop {
 public:
  Loop(ServerContext* server, int index);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Any thread.
  void Start();
  // Closes all connections and joins the thread. What is posted afterwards is dropped.
  void Stop();
  int index() const { return index_; }
  bool IsCurrent() const { return current_ == this; }
  void Post(std::function<void()> function);
  void PostCompletions(std::vector<Completion> completions);
  // Connections that are here or on their way.
  int connection_count() const { return connection_count_.load(std::memory_order_relaxed); }
  // Takes over an accepted socket, which connection_count() counts from here on.
  void Adopt(int descriptor, std::string peer_address);

  // The understudy's thread: does a tick when the loop's own is away for so long. False when it is not.
  bool RunIfAway(std::chrono::nanoseconds patience);
  // Any thread.
  uint64_t times_lent() const { return times_lent_.load(std::memory_order_seq_cst); }

  // Loop thread.
  ServerContext& server() { return *server_; }
  TimerWheel& timers() { return timers_; }
  LoopCounters& counters() { return counters_; }
  // The time when this tick, or this slice of it, began, or another thread took the turn.
  std::chrono::steady_clock::time_point now() const { return now_; }
  int64_t now_ms() const { return ToMs(now_); }
  static int64_t ToMs(std::chrono::steady_clock::time_point time) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
  }
  void Watch(int descriptor, EventSource* source, uint32_t events);
  void Rewatch(int descriptor, EventSource* source, uint32_t events);
  void Unwatch(int descriptor);
  // Runs a function once the delay is over; dropped when the loop ends before.
  void After(std::chrono::milliseconds delay, std::function<void()> function);
  Connection* FindConnection(uint64_t id);
  void Complete(Completion completion);
  // The connection has something to write at the end of the tick, or of the next ones when many have.
  void MarkDirty(Connection* connection);
  // Destroys the connection at the end of the tick: the next, when a thread that only answers has the turn, and later
  // when it had many calls.
  void Bury(Connection* connection);
  // This tick has had its time: who has not earned more does not get any of it.
  bool is_late() const { return is_late_; }
  // The connection has something to read, and its turn later.
  void Postpone(uint64_t connection) { postponed_.push_back(connection); }
  // In on_tick_end: see rpc::Server. Not in the midst of a tick, since whoever ran the loop meanwhile would bury those
  // whose events are still to be looked at; nor while there is so much to write.
  bool CanLend() const { return of_this_thread_ == this && !is_mid_tick_ && !is_behind_; }
  void Lend(absl::FunctionRef<void()> work);
  // A handler was called: on_tick_end is due.
  void NoteHandedOver() { handed_over_ = true; }
  void CountBytes(uint64_t received, uint64_t sent) {
    received_bytes_ += received;
    sent_bytes_ += sent;
  }
  LoadAccount& load() { return load_; }
  HoldOffs& refusals() { return refusals_; }
  HoldOffs& overdrafts() { return overdrafts_; }
  HoldOffs& long_overdrafts() { return long_overdrafts_; }
  // Whether the process holds as much as it may, over all loops: the others' as of the beginning of the tick.
  bool too_many_calls() const { return calls_elsewhere_ + load_.calls() > server_->options.open_calls_max; }
  bool too_many_received() const {
    return received_elsewhere_ + load_.received() > server_->options.received_bytes_max;
  }
  bool too_many_queued() const { return queued_bytes() > server_->options.queued_bytes_max; }
  // Of answers that are not taken; likewise.
  int64_t queued_bytes() const { return queued_elsewhere_ + load_.queued(); }
  // Connections with unary calls in progress, over all loops; as of the beginning of the tick.
  int64_t busy_connections() const { return busy_connections_; }
  const FlushShare& flush_share() const { return flush_share_; }
  // Space to read a step into, shared by all connections.
  char* read_buffer() { return read_buffer_.get(); }
  // Finished calls kept for their allocations.
  std::unique_ptr<GrpcCall> TakeCall();
  void KeepCall(std::unique_ptr<GrpcCall> call);
  void DrainConnections();
  // Connections on which no request is under way, the one that has been so for longest first.
  std::list<Connection*>& idle() { return idle_; }
  // Others wait to be accepted: takes leave of some of the idle.
  void DrainIdle();

 private:
  class Wakeup;
  class Later;
  static constexpr size_t kCallsKept = 4096;
  // Ready connections that are taken on at once.
  static constexpr int kEventsMax = 256;
  // A slice of a tick; see loop_work.cc.
  static constexpr std::chrono::microseconds kSlice{500};
  // For what is to be written at the end of a slice. Some 300 connections, more than a slice answers.
  static constexpr std::chrono::milliseconds kFlushTime{2};
  // In each tick, beside what is ready.
  static constexpr std::chrono::microseconds kPostponedTime{250};
  // Of each tick, for the ends of connections; and calls in a row that are told so, which takes a tenth of a
  // millisecond.
  static constexpr std::chrono::microseconds kBurialTime{250};
  static constexpr size_t kCallsBuried = 32;
  static constexpr int64_t kSleepMsMax = 60 * 1000;
  // Who has just come, or just got an answer, may have more to ask.
  static constexpr int64_t kIdleMsMin = 1000;
  // The acceptor asks again soon.
  static constexpr size_t kIdleShareDrained = 256;
  // More than these are for the loop itself, that the thread they come from can go on with its own work.
  static constexpr size_t kForeignAnswersMax = 4;

  void Run();
  // Whether the calling thread is the loop's own, lent.
  bool is_lent_here() const { return of_this_thread_ == this && lent_at_.load(std::memory_order_relaxed) != 0; }
  void Tick(std::unique_lock<std::mutex>& turn);
  void SetEvents(int operation, int descriptor, EventSource* source, uint32_t events);
  int SleepMs();
  // Whether there is work left that no event and no other thread will announce: it must not sleep then.
  bool HasMoreToDo() const {
    return handed_over_ || stopping_ || !dirty_.empty() || !graves_.empty() || !postponed_.empty();
  }
  // How long it may sleep before a timer is due, or a connection that is held off has to be looked at.
  int64_t UntilDueMs(int64_t now_ms) const;
  void CompletePosted();
  void TakeInbox();

  // --- loop_work.cc
  // What a tick does once it knows what has happened on which connections.
  void Work(const epoll_event* events, int count);
  // Serves the first of these events, for a slice of time; returns how many it served.
  int ServeSlice(const epoll_event* events, int count);
  void ServePostponed();
  void WeighLoad();
  void EndHoldOffs();
  void PassOn();
  void FlushDirty();
  void FlushCounters();
  void EmptyGraves();

  // --- loop_turns.cc, with Lend and RunIfAway: others than the loop's own thread run it
  // On the thread that posted answers to a sleeping loop. False when the loop has to be woken after all.
  bool AnswerInItsStead();
  // On the loop's thread while it is lent.
  void AnswerFromAway();
  // Completes what was posted, and writes it.
  void AnswerPosted();

  static thread_local Loop* current_;               // whose turn the thread has
  static thread_local const Loop* of_this_thread_;  // whose own thread it is

  ServerContext* const server_;
  const int index_;
  int epoll_ = -1;
  std::unique_ptr<Wakeup> wakeup_;
  std::thread thread_;
  std::atomic<int> connection_count_{0};
  std::atomic<std::chrono::steady_clock::rep> lent_at_{0};  // when its thread was lent; 0: it is here
  std::atomic<uint64_t> times_lent_{0};
  bool answers_from_away_ = false;  // the lent thread is at it: AnswerFromAway

  // Guards the inbox: what other threads hand in.
  base::Mutex mutex_;
  std::vector<Completion> completions_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::function<void()>> functions_ ABSL_GUARDED_BY(mutex_);
  bool sleeping_ ABSL_GUARDED_BY(mutex_) = false;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;

  // The thread that holds it runs the loop: the loop's own while it is awake. Guards everything below. A bare mutex,
  // since others only try for it, and a tick lets go of it while it sleeps.
  std::mutex turn_;
  int64_t awake_by_ms_ = 0;  // the thread wakes by itself
  bool stopping_ = false;
  std::chrono::steady_clock::time_point now_;
  bool is_late_ = false;
  bool is_mid_tick_ = false;        // events are still to be looked at
  std::deque<uint64_t> postponed_;  // connections that have something to read
  TimerWheel timers_;
  LoopCounters counters_;
  std::list<std::unique_ptr<Later>> later_;  // what After waits with
  absl::flat_hash_map<uint64_t, std::unique_ptr<Connection>> connections_;
  std::list<Connection*> idle_;
  std::vector<Connection*> dirty_;  // in the order in which they are flushed
  bool is_behind_ = false;          // the last flush had no time for all
  std::deque<uint64_t> graves_;
  FlushShare flush_share_{1};
  bool handed_over_ = false;
  LoadAccount load_;
  HoldOffs refusals_{kRefusals};
  HoldOffs overdrafts_{kOverdrafts};
  HoldOffs long_overdrafts_{kLongOverdrafts};
  int64_t calls_elsewhere_ = 0;
  int64_t received_elsewhere_ = 0;
  int64_t queued_elsewhere_ = 0;
  int64_t busy_connections_ = 0;
  uint64_t received_bytes_ = 0;
  uint64_t sent_bytes_ = 0;
  std::vector<Completion> completions_taken_;
  std::vector<std::function<void()>> functions_taken_;
  std::unique_ptr<char[]> read_buffer_;
  std::vector<std::unique_ptr<GrpcCall>> calls_;
};

}  // namespace quorate::rpc
