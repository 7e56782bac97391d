// Loop: what a tick does.
//
// Nobody can tell what the next bytes of a connection cost: a message of two kilobytes may take a millisecond, and
// hundreds of connections may send one at once. So what is ready is worked off in slices of half a millisecond, and
// what was answered in a slice leaves at its end; what takes longer than two milliseconds to write, at the end of those
// that follow. What bounds the wait of a connection is the order:
// - Who has earned credit (credit.h) waits for those that have as well and were ready before, each for a turn at most,
//   and in each tick for what is begun of the others in half a millisecond.
// - Those others wait, once a tick has had its first slice, in the order in which they came, and not in the kernel's
//   list, where everybody would wait behind them. They have all the time that nobody else asks for; and one turn in
//   each tick, so that they are never left out.

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "src/rpc/connection.h"
#include "src/rpc/grpc_call.h"
#include "src/rpc/loop.h"
#include "src/rpc/work_clock.h"

namespace quorate::rpc {

void Loop::Work(const epoll_event* events, int count) {
  now_ = std::chrono::steady_clock::now();
  WorkClock::OfThisThread().Look(now_);
  WeighLoad();
  EndHoldOffs();
  ServePostponed();
  // Who comes now has its turn behind those who wait already.
  is_late_ = !postponed_.empty();
  int served = 0;
  while (true) {
    served += ServeSlice(events + served, count - served);
    is_mid_tick_ = served < count;
    timers_.Advance(now_ms());
    PassOn();
    TakeInbox();
    FlushDirty();
    if (served == count) break;
    now_ = std::chrono::steady_clock::now();
  }
  FlushCounters();
  // Not before: who lies there may be among the events.
  EmptyGraves();
}

int Loop::ServeSlice(const epoll_event* events, int count) {
  const auto end = std::chrono::steady_clock::now() + kSlice;
  int served = 0;
  while (served < count) {
    static_cast<EventSource*>(events[served].data.ptr)->OnEvents(events[served].events);
    if (++served == count || std::chrono::steady_clock::now() < end) continue;
    is_late_ = true;
    break;
  }
  return served;
}

void Loop::ServePostponed() {
  if (postponed_.empty()) return;
  const auto end = now_ + kPostponedTime;
  do {
    Connection* next = FindConnection(postponed_.front());
    postponed_.pop_front();
    if (next != nullptr) next->GoOn();
  } while (!postponed_.empty() && std::chrono::steady_clock::now() < end);
}

void Loop::WeighLoad() {
  int64_t calls = 0, received = 0, queued = 0;
  busy_connections_ = 0;
  for (const auto& loop : server_->loops) {
    calls += loop->load_.calls();
    received += loop->load_.received();
    queued += loop->load_.queued();
    busy_connections_ += loop->load_.busy_connections();
  }
  calls_elsewhere_ = calls - load_.calls();
  received_elsewhere_ = received - load_.received();
  queued_elsewhere_ = queued - load_.queued();
}

void Loop::EndHoldOffs() {
  for (HoldOffs* hold_offs : {&refusals_, &overdrafts_, &long_overdrafts_}) {
    const auto is_there = [this](uint64_t id) { return FindConnection(id) != nullptr; };
    while (const std::optional<uint64_t> next = hold_offs->Next(now_ms(), is_there)) {
      FindConnection(*next)->EndHoldOff();
    }
  }
}

void Loop::PassOn() {
  if (!std::exchange(handed_over_, false)) return;
  if (server_->options.on_tick_end) server_->options.on_tick_end(index_);
}

void Loop::FlushDirty() {
  // Only those of now: a handler that always has more to say must not keep the loop from reading. Nor must thousands
  // who are told of the same change; those who are left are the first next time, if there is one.
  const size_t count = dirty_.size();
  flush_share_ = FlushShare(count);
  const auto end = std::chrono::steady_clock::now() + kFlushTime;
  size_t flushed = 0;
  while (flushed < count) {
    dirty_[flushed++]->Flush();
    if (std::chrono::steady_clock::now() >= end && !stopping_) break;
  }
  dirty_.erase(dirty_.begin(), dirty_.begin() + static_cast<ptrdiff_t>(flushed));
  is_behind_ = flushed < count;
}

void Loop::FlushCounters() {
  counters_.Flush(server_->registry->statistics);
  if (received_bytes_ != 0) server_->received_bytes.fetch_add(received_bytes_, std::memory_order_relaxed);
  if (sent_bytes_ != 0) server_->sent_bytes.fetch_add(sent_bytes_, std::memory_order_relaxed);
  received_bytes_ = sent_bytes_ = 0;
}

void Loop::EmptyGraves() {
  if (graves_.empty()) return;
  const auto end = std::chrono::steady_clock::now() + kBurialTime;
  do {
    const uint64_t id = graves_.front();
    graves_.pop_front();
    const auto found = connections_.find(id);
    if (found == connections_.end()) continue;
    if (!found->second->TearDown(kCallsBuried)) {
      graves_.push_back(id);  // so that those of few calls do not wait for one of many
      continue;
    }
    // What the calls do as they are told may look at the table, and add to it.
    const auto done = connections_.extract(id);
    std::erase(dirty_, done.mapped().get());
  } while (!graves_.empty() && std::chrono::steady_clock::now() < end);
}

}  // namespace quorate::rpc
