#pragma once

// One member's consensus state machine. Pure: no thread, no clock, no I/O and no randomness of its own. Time is Tick(),
// randomness is handed in, input is a proposal or a message, output is one Ready value that says what to persist, to
// send and to apply. The same code runs in production and in the simulator. Used by one thread at a time.
//
// The caller's loop:
//   feed Tick / Propose / ReadIndex / Step
//   if HasReady(): Ready ready = TakeReady()
//     persist ready.hard_state and ready.entries (may be asynchronous; then Persisted(...))
//     send ready.messages; those of ready.messages_after_persist only once this Ready and all before it are persisted
//     apply ready.committed, then Applied(index)
//     serve ready.read_states once applied

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "quorate/base/status.h"
#include "quorate/raft/types.h"

namespace quorate::raft {

// Entries that are no longer in memory, read back from the log. Called on the node's thread.
class LogReader {
 public:
  virtual ~LogReader() = default;
  // Entries [begin, end), as many as fit `bytes_max` but at least one.
  virtual absl::StatusOr<std::vector<Entry>> Entries(Index begin, Index end, size_t bytes_max) = 0;
  virtual absl::StatusOr<Term> TermOf(Index index) = 0;
};

struct NodeOptions {
  MemberId id = 0;
  int election_ticks = 10;
  int heartbeat_ticks = 1;
  bool pre_vote = true;
  bool check_quorum = true;
  size_t append_bytes_max = 1 << 20;         // of one append message
  size_t inflight_appends_max = 512;         // to one follower
  size_t uncommitted_bytes_max = 256 << 20;  // a proposal above it is refused
  // A number in [0, bound); the election timeout is election_ticks plus one of these.
  std::function<uint32_t(uint32_t bound)> random;
  LogReader* log = nullptr;
};

// Where a member starts from, as recovered from disk.
struct InitialState {
  HardState hard_state;
  Configuration configuration;
  Index snapshot_index = 0;  // everything up to here is in the store, and need not be in the log
  Term snapshot_term = 0;
  Index last_index = 0;  // of the log
  Term last_term = 0;
  Index applied = 0;
  // Entries after `applied` on hand, ascending and ending at last_index (what the log replayed).
  std::vector<Entry> entries;
};

struct Ready {
  // Set when it changed.
  std::optional<HardState> hard_state;
  // To append, after cutting off anything in the log at or above the first one's index.
  std::vector<Entry> entries;
  // Whether entries and hard state must be synced before messages_after_persist may leave and Persisted be called;
  // false when only the commit index moved.
  bool must_sync = false;
  std::vector<Message> messages;
  std::vector<Message> messages_after_persist;
  // Committed entries in order, to apply.
  std::vector<Entry> committed;
  std::vector<ReadState> read_states;
};

struct NodeStatus {
  MemberId id = 0;
  Role role = Role::kFollower;
  MemberId leader = 0;
  HardState hard_state;
  Index applied = 0;
  Index last_index = 0;
  Configuration configuration;
};

class Node {
 public:
  Node(NodeOptions options, InitialState initial);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  void Tick();
  // Starts an election now rather than at the timeout: for a single voter, and for the target of a leader transfer.
  void Campaign();
  // Appends to the leader's log, or forwards to the leader; then the index is not known and 0. Unavailable "etcdserver:
  // no leader" when there is none, ResourceExhausted "etcdserver: too many requests" when the uncommitted tail is full.
  // On success returns the entry's index.
  absl::StatusOr<Index> Propose(base::Buffer data);
  // Asks at which index a linearizable read that begins now may be served; answered in Ready::read_states.
  absl::Status ReadIndex(uint64_t context);
  // Asks the leader to hand over to a voter; it does so once that one has all entries, and gives up after an election
  // timeout.
  absl::Status TransferLeadership(MemberId target);
  // Takes a message from a peer. NotFound when it comes from nobody in the configuration, Unimplemented so far when it
  // is a snapshot.
  absl::Status Step(Message message);

  bool HasReady() const;
  Ready TakeReady();
  // All entries up to `index` of `term` handed out by TakeReady, and the hard state with them, are on disk.
  void Persisted(Index index, Term term);
  void Applied(Index index);
  // The log before `index` may be dropped from memory (it is in the log on disk, or covered by the store).
  void Compact(Index index);
  NodeStatus Status() const;
  // The parts of Status that are asked often.
  Role role() const;
  Term term() const;
  MemberId leader() const;
  Index last_index() const;

 private:
  struct Rep;
  std::unique_ptr<Rep> rep_;
};

}  // namespace quorate::raft
