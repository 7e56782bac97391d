#pragma once

// The values of the Raft module. Terms follow Ongaro's thesis ("Consensus: Bridging Theory and Practice").

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "quorate/base/buffer.h"

namespace quorate::raft {

using Term = uint64_t;
using Index = uint64_t;     // 1 is the first entry
using MemberId = uint64_t;  // 0: nobody

enum class EntryType : uint8_t { kNormal = 0, kConfigurationChange = 1 };

struct Entry {
  Term term = 0;
  Index index = 0;
  EntryType type = EntryType::kNormal;
  base::Buffer data = {};  // empty: the entry a new leader begins its term with
};

// What must be on disk before a message that follows from it leaves.
struct HardState {
  Term term = 0;
  MemberId vote = 0;
  Index commit = 0;

  friend bool operator==(const HardState&, const HardState&) = default;
};

// Who votes. With joint consensus `outgoing` holds the old voters until the change is done.
struct Configuration {
  std::vector<MemberId> voters;
  std::vector<MemberId> outgoing;
  std::vector<MemberId> learners;

  friend bool operator==(const Configuration&, const Configuration&) = default;
};

enum class Role : uint8_t { kFollower, kPreCandidate, kCandidate, kLeader };

enum class MessageType : uint8_t {
  kAppend,
  kAppendResponse,
  kVote,
  kVoteResponse,
  kPreVote,
  kPreVoteResponse,
  kHeartbeat,
  kHeartbeatResponse,
  kSnapshot,
  kReadIndex,
  kReadIndexResponse,
  kTransferLeader,
  kTimeoutNow,
  kPropose,
};

// What members say to each other. Which fields count depends on the type, as in the thesis' figures.
struct Message {
  MessageType type = MessageType::kAppend;
  MemberId from = 0;
  MemberId to = 0;
  Term term = 0;
  Index index = 0;    // of the entry before `entries`, or the one a response speaks of
  Term log_term = 0;  // of that entry
  Index commit = 0;
  bool reject = false;
  Index reject_hint = 0;
  uint64_t context = 0;  // which read, or round of heartbeats; of a transfer, to whom; of a vote, Core's reason
  std::vector<Entry> entries = {};
};

// A linearizable read asked with `context` may be served once `index` is applied.
struct ReadState {
  uint64_t context = 0;
  Index index = 0;
};

}  // namespace quorate::raft
