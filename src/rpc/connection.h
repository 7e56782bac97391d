#pragma once

// One accepted connection: moves bytes between the socket and the protocol that speaks on it, which the first bytes
// decide. Lives on one loop; all of it is called on that loop's thread, except the constructor and destructor.

#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "quorate/rpc/call.h"
#include "src/rpc/batch_sizes.h"
#include "src/rpc/credit.h"
#include "src/rpc/loop.h"
#include "src/rpc/output.h"
#include "src/rpc/protocol.h"
#include "src/rpc/transport.h"
#include "src/rpc/uptake.h"

namespace quorate::rpc {

class Connection final : public EventSource {
 public:
  Connection(Loop* loop, uint64_t id, std::unique_ptr<Transport> transport, Peer peer);
  ~Connection();

  void Begin();
  void OnEvents(uint32_t events) override;
  // Writes what the protocol has to say; called by the loop for a dirty connection.
  void Flush();
  // Ends it now: nothing more is sent, and calls are told soon. The object lives on to the end of the tick at least.
  void Close();
  using CloseTimer = MemberTimer<Connection, &Connection::Close>;
  // Closes once what is queued has been sent.
  void CloseWhenFlushed();
  // Stops or resumes reading from the socket.
  void SetReading(bool reading);
  // A call of it was refused: it may not be read until its loop says so.
  void NoteRefusal(size_t message_bytes);
  void EndHoldOff();
  // Its turn has come, after it was postponed.
  void GoOn();
  // It was given an answer, or a message of one.
  void NoteAnswer(size_t bytes) { credit_.Earn(bytes); }
  // The loop has done something for it since then, beside reading, and so many bytes went out. It pays for that with
  // its next turn of reading: not to be read is all it can pay with.
  void OweSince(std::chrono::steady_clock::time_point began, size_t written);
  void BeginDrain();
  // Whether a request is under way; told by the protocol. It is idle from the beginning.
  void SetIdle(bool idle);

  // Once closed, until it is true: see Protocol.
  bool TearDown(size_t calls_max) { return protocol_ == nullptr || protocol_->TearDown(calls_max); }

  // True when it was not dirty before.
  bool SetDirty() { return !is_closed() && !std::exchange(dirty_, true); }
  bool is_write_blocked() const { return write_blocked_; }
  bool is_closed() const { return transport_ == nullptr; }
  Protocol* protocol() { return protocol_.get(); }
  Loop& loop() { return *loop_; }
  const Peer& peer() const { return peer_; }
  uint64_t id() const { return id_; }
  int64_t idle_since_ms() const { return idle_since_ms_; }
  // When anything was last received.
  int64_t received_ms() const { return received_ms_; }

 private:
  // A connection that has not said which protocol it speaks by then is closed.
  static constexpr int64_t kPrefaceTimeoutMs = 120 * 1000;
  // After our last byte the far side gets this long to read it: closing while it still sends would reset the connection
  // and take from it what it has not read yet.
  static constexpr int64_t kLingerMs = 1000;
  static constexpr int64_t kDrainLingerMs = 100;
  static constexpr size_t kLingerBytesMax = 1 << 20;
  // What is read in a step of a connection that has earned little yet: two messages, about, of those that inflate to
  // the largest size.
  static constexpr size_t kDoubtfulBytesMax = 4 << 10;
  // Work beside reading that is longer may have been other threads', those above all that are woken by what is written:
  // the WorkClock is asked, which costs little beside so much.
  static constexpr std::chrono::microseconds kCertainWork{100};
  static constexpr int kIoVectorsMax = 1024;

  // A turn: what is there, as long as it takes little time, in steps, since nobody knows what the next bytes cost; of
  // one that is clogged a single step.
  void Read();
  void TakeBytes(std::string_view bytes);
  // In order: it said that it will send no more.
  void TakeEnd(bool in_order);
  // Neither stopped nor waiting for its turn.
  bool is_read() const { return reading_ && held_off_ == 0 && !is_closed(); }
  // A far side that does not take its answers gets no more of its requests read, until it takes some.
  bool is_clogged() const;
  bool MayRead() const { return is_read() && !is_clogged(); }
  // The loop worked for it for so long.
  void PayFor(std::chrono::nanoseconds work);
  // Has it wait until the loop has time for those who have not earned it.
  void Postpone();
  // Has it wait with those that the loop reads no more for now.
  void HoldOff(HoldOffs* hold_offs);
  bool Detect(std::string_view* bytes);
  // Tells the loop's account how much of the output the socket has not taken.
  void CountOutput(size_t bytes);
  void UpdateEvents();
  void WriteTurn();
  void Linger();
  bool WriteOutput();
  void SetWriteBlocked(bool blocked);
  // From the moment on that the socket does not take all, until it has.
  void AwaitUptake();
  // Closes it if what was taken since is too little of what waits.
  void CheckUptake();

  Loop* const loop_;
  const uint64_t id_;
  std::unique_ptr<Transport> transport_;
  const Peer peer_;
  std::unique_ptr<Protocol> protocol_;
  std::string preface_;                    // received before the protocol was known
  std::list<Connection*> unlisted_{this};  // its place among the loop's idle connections, while it has none there
  const std::list<Connection*>::iterator place_ = unlisted_.begin();
  int64_t idle_since_ms_ = 0;
  ReadSize read_size_;
  Credit credit_;
  std::chrono::nanoseconds owed_{0};
  Output output_;
  size_t written_bytes_ = 0;   // in this flush
  size_t counted_output_ = 0;  // bytes of it that the loop's account knows
  CloseTimer close_timer_;
  Uptake uptake_;  // of the output, while the timer runs
  MemberTimer<Connection, &Connection::CheckUptake> uptake_timer_;
  uint32_t events_ = 0;
  int64_t received_ms_ = 0;
  bool idle_ = false;
  bool dirty_ = false;
  bool reading_ = true;
  int held_off_ = 0;  // how often it waits to be read again
  bool write_blocked_ = false;
  bool closing_ = false;  // when flushed
  bool lingering_ = false;
  size_t lingered_bytes_ = 0;
  bool draining_ = false;
};

}  // namespace quorate::rpc
