#include "src/rpc/connection.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "src/rpc/http1_connection.h"
#include "src/rpc/http2_session.h"
#include "src/rpc/work_clock.h"

namespace quorate::rpc {
namespace {

constexpr std::string_view kHttp2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// How long a turn was, without what other threads had of the processor if it was long.
std::chrono::nanoseconds TurnTime(WorkClock::TimePoint began, WorkClock::TimePoint ended) {
  const std::chrono::nanoseconds took = ended - began;
  if (took <= Credit::kShortTurn) return took;
  return std::max<std::chrono::nanoseconds>(Credit::kShortTurn, WorkClock::OfThisThread().Worked(began, ended));
}

}  // namespace

Connection::Connection(Loop* loop, uint64_t id, std::unique_ptr<Transport> transport, Peer peer)
    : loop_(loop),
      id_(id),
      transport_(std::move(transport)),
      peer_(std::move(peer)),
      close_timer_(this),
      uptake_timer_(this) {}

Connection::~Connection() {
  ServerContext& server = loop_->server();
  base::MutexLock lock(&server.mutex);
  --server.open_connections;
}

void Connection::Begin() {
  received_ms_ = loop_->now_ms();
  events_ = EPOLLIN;
  loop_->Watch(transport_->descriptor(), this, events_);
  loop_->timers().Schedule(&close_timer_, received_ms_ + kPrefaceTimeoutMs);
  SetIdle(true);
}

void Connection::SetIdle(bool idle) {
  if (idle && (is_closed() || draining_)) return;
  if (std::exchange(idle_, idle) == idle) return;
  std::list<Connection*>& listed = loop_->idle();
  if (idle) {
    idle_since_ms_ = loop_->now_ms();
    listed.splice(listed.end(), unlisted_);
  } else {
    unlisted_.splice(unlisted_.end(), listed, place_);
  }
}

void Connection::OnEvents(uint32_t events) {
  if (is_closed()) return;
  const bool takes = (events & EPOLLOUT) != 0;
  const bool is_over = (events & (EPOLLHUP | EPOLLERR)) != 0;
  // What a clogged one has sent is not told; and whoever takes its answers steadily is clogged again by the next flush.
  if (is_read() && ((events & EPOLLIN) != 0 || is_over || (takes && is_clogged()))) {
    if (loop_->is_late() && !credit_.is_good()) {
      Postpone();
    } else {
      Read();
    }
  } else if (is_over) {
    Close();
  }
  if (!takes || is_closed()) return;
  SetWriteBlocked(false);
  loop_->MarkDirty(this);
}

void Connection::Read() {
  const auto began = std::chrono::steady_clock::now();
  auto ended = began;
  size_t total = 0;
  bool more = true;
  while (more && total < ReadSize::kTurnBytes && ended - began < ReadSize::kRead) {
    const size_t asked = std::min(read_size_.bytes(), credit_.is_good() ? ReadSize::kBytesMax : kDoubtfulBytesMax);
    const ssize_t count = transport_->Read(loop_->read_buffer(), asked);
    if (count == Transport::kAgain) break;
    if (count <= 0) {
      // What came before it is answered first; the end is still there in the next turn.
      if (total == 0) TakeEnd(count == 0);
      break;
    }
    total += static_cast<size_t>(count);
    TakeBytes({loop_->read_buffer(), static_cast<size_t>(count)});
    const auto now = std::chrono::steady_clock::now();
    read_size_.Took(static_cast<size_t>(count), now - std::exchange(ended, now));
    more = static_cast<size_t>(count) == asked && !closing_ && MayRead();
  }
  if (total > 0 && !is_closed()) PayFor(TurnTime(began, ended) + std::exchange(owed_, {}));
}

void Connection::TakeEnd(bool in_order) {
  if (!in_order || lingering_ || protocol_ == nullptr || !protocol_->OnEnd()) return Close();
  SetReading(false);
  loop_->MarkDirty(this);
}

void Connection::TakeBytes(std::string_view bytes) {
  received_ms_ = loop_->now_ms();
  if (closing_) {
    lingered_bytes_ += bytes.size();
    if (lingered_bytes_ > kLingerBytesMax) Close();
    return;
  }
  std::string held;
  if (protocol_ == nullptr) {
    if (!preface_.empty()) {
      held = std::move(preface_);
      held += bytes;
      bytes = held;
    }
    if (!Detect(&bytes)) return;
  }
  const bool sane = protocol_->OnBytes(bytes);
  if (is_closed()) return;
  if (!sane) CloseWhenFlushed();
  loop_->MarkDirty(this);
}

// False until enough has come to tell.
bool Connection::Detect(std::string_view* bytes) {
  const size_t compared = std::min(bytes->size(), kHttp2Preface.size());
  const bool may_be_http2 = bytes->substr(0, compared) == kHttp2Preface.substr(0, compared);
  if (may_be_http2 && compared < kHttp2Preface.size()) {
    preface_ = *bytes;
    return false;
  }
  loop_->timers().Cancel(&close_timer_);
  if (may_be_http2) {
    protocol_ = std::make_unique<Http2Session>(this);
  } else {
    protocol_ = MakeHttp1Connection(this);
  }
  if (draining_) protocol_->BeginDrain();
  return true;
}

void Connection::Flush() {
  dirty_ = false;
  if (is_closed() || lingering_) return;
  if (write_blocked_) {
    UpdateEvents();
    return;
  }
  const auto began = std::chrono::steady_clock::now();
  written_bytes_ = 0;
  WriteTurn();
  OweSince(began, written_bytes_);
}

void Connection::WriteTurn() {
  // Bounded so that one fast reader of a large answer does not hold the others up.
  const size_t turn_bytes = loop_->flush_share().bytes();
  output_.SetTurn(turn_bytes);
  size_t offered = 0;
  while (true) {
    if (protocol_ != nullptr && !protocol_->Fill(&output_)) closing_ = true;
    const bool more = output_.full();
    offered += output_.pending();
    if (!WriteOutput() || !more) break;
    if (offered >= turn_bytes) {
      CountOutput(0);
      loop_->MarkDirty(this);
      return;
    }
  }
  if (is_closed()) return;
  CountOutput(output_.pending());
  output_.Trim();
  if (output_.empty()) loop_->timers().Cancel(&uptake_timer_);
  if (protocol_ != nullptr) protocol_->OnFlushed();
  if (closing_ && output_.empty() && !is_closed()) Linger();
}

void Connection::Linger() {
  if (std::exchange(lingering_, true)) return;
  transport_->ShutDownWriting();
  SetReading(true);
  loop_->timers().Schedule(&close_timer_, loop_->now_ms() + (draining_ ? kDrainLingerMs : kLingerMs));
}

// False when the socket takes no more for now, or is gone.
bool Connection::WriteOutput() {
  std::array<iovec, kIoVectorsMax> vectors;
  while (!output_.empty()) {
    const int count = output_.Gather(vectors.data(), kIoVectorsMax);
    size_t offered = 0;
    for (int i = 0; i < count; ++i) offered += vectors[i].iov_len;
    const ssize_t written = transport_->Write(vectors.data(), count);
    if (written == Transport::kBroken) {
      Close();
      return false;
    }
    if (written > 0) {
      output_.Consume(static_cast<size_t>(written));
      uptake_.Took(static_cast<size_t>(written));
      written_bytes_ += static_cast<size_t>(written);
    }
    if (written == Transport::kAgain || static_cast<size_t>(written) < offered) {
      SetWriteBlocked(true);
      return false;
    }
  }
  return true;
}

void Connection::CountOutput(size_t bytes) {
  if (bytes == counted_output_) return;
  loop_->load().AddQueued(static_cast<int64_t>(bytes) - static_cast<int64_t>(counted_output_));
  counted_output_ = bytes;
}

void Connection::SetWriteBlocked(bool blocked) {
  write_blocked_ = blocked;
  UpdateEvents();
  if (blocked && !uptake_timer_.scheduled()) AwaitUptake();
}

void Connection::AwaitUptake() {
  const int64_t round_ms = loop_->server().options.stall_check_interval.count();
  uptake_.BeginAnew();
  loop_->timers().Schedule(&uptake_timer_, loop_->now_ms() + Protocol::kAnswerRoundsMax * round_ms);
}

void Connection::CheckUptake() {
  const size_t left = output_.pending() + (protocol_ != nullptr ? protocol_->backlog_bytes() : 0);
  if (!uptake_.IsEnough(left)) return Close();
  AwaitUptake();
}

bool Connection::is_clogged() const {
  return write_blocked_ && protocol_ != nullptr && protocol_->backlog_bytes() > Protocol::kBacklogBytesMax;
}

void Connection::UpdateEvents() {
  const uint32_t events = (MayRead() ? uint32_t{EPOLLIN} : 0) | (write_blocked_ ? uint32_t{EPOLLOUT} : 0);
  if (events == events_ || is_closed()) return;
  events_ = events;
  loop_->Rewatch(transport_->descriptor(), this, events_);
}

void Connection::SetReading(bool reading) {
  reading_ = reading;
  UpdateEvents();
}

void Connection::NoteRefusal(size_t message_bytes) {
  const auto amount = 1 + static_cast<int64_t>(message_bytes >> 10);
  const bool too_many = loop_->refusals().Note(loop_->now_ms(), amount);
  if (too_many && held_off_ == 0) HoldOff(&loop_->refusals());
}

void Connection::PayFor(std::chrono::nanoseconds work) {
  const std::chrono::nanoseconds overdraft = credit_.Spend(loop_->now_ms(), work, loop_->connection_count());
  if (overdraft.count() == 0) return;
  HoldOffs& account = overdraft > Credit::kShortTurn ? loop_->long_overdrafts() : loop_->overdrafts();
  // Though it may wait already because of a refusal, which is over sooner.
  if (account.Note(loop_->now_ms(), overdraft.count())) HoldOff(&account);
}

void Connection::OweSince(std::chrono::steady_clock::time_point began, size_t written) {
  const auto ended = std::chrono::steady_clock::now();
  std::chrono::nanoseconds work = ended - began;
  if (Credit::Unpaid(work, written) > kCertainWork) work = WorkClock::OfThisThread().Worked(began, ended);
  owed_ += Credit::Unpaid(work, written);
}

void Connection::HoldOff(HoldOffs* hold_offs) {
  if (is_closed()) return;
  ++held_off_;
  hold_offs->HoldOff(id_);
  UpdateEvents();
}

void Connection::EndHoldOff() {
  --held_off_;
  UpdateEvents();
}

// It is not watched meanwhile, as one that is held off.
void Connection::Postpone() {
  ++held_off_;
  loop_->Postpone(id_);
  UpdateEvents();
}

void Connection::GoOn() {
  --held_off_;
  if (is_read()) Read();
  UpdateEvents();
}

void Connection::BeginDrain() {
  if (is_closed() || draining_) return;
  draining_ = true;
  SetIdle(false);
  if (protocol_ == nullptr) {
    Close();
    return;
  }
  protocol_->BeginDrain();
  loop_->MarkDirty(this);
}

void Connection::CloseWhenFlushed() {
  closing_ = true;
  loop_->MarkDirty(this);
}

void Connection::Close() {
  if (is_closed()) return;
  SetIdle(false);
  CountOutput(0);
  loop_->timers().Cancel(&close_timer_);
  loop_->timers().Cancel(&uptake_timer_);
  loop_->Unwatch(transport_->descriptor());
  transport_.reset();
  // The protocol stays until the end of the tick: this may be called from within it.
  loop_->Bury(this);
}

}  // namespace quorate::rpc
