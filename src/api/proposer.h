#pragma once

// Gathers the writes that one event loop receives in a tick, hands them to the replica as one batch, and answers them
// together. Loop thread only; the answers come from the replica's threads.

#include <cstdint>
#include <memory>
#include <string_view>

#include "quorate/base/status.h"
#include "quorate/replica/replica.h"
#include "quorate/rpc/call.h"

namespace quorate::api {

struct ServiceContext;

struct ProposalTraits {
  // What its execution writes beside what stands in the request.
  uint64_t kept_bytes = 0;
  // What it looks at (mvcc::ReadView::TxnCost); 0: next to nothing.
  uint64_t cost = 0;
  // A compaction's answer waits until what lies below this revision is gone.
  int64_t garbage_until = 0;
  // It is executed so soon that a loop may lend its thread for it (short_writes.h).
  bool is_short = false;
};

class Proposer {
 public:
  // A batch is handed over early when it has grown to this: one Raft entry and one log record hold it whole.
  static constexpr size_t kBatchBytesMax = 1 << 20;
  // Of what commands that are not answered yet keep, over all loops.
  static constexpr uint64_t kKeptBytesPendingMax = 256 << 20;
  // Of what they cost, or one that costs more: everybody's writes wait for them, up to a second.
  static constexpr uint64_t kCostPendingMax = 1 << 20;

  explicit Proposer(ServiceContext* context);
  ~Proposer();
  Proposer(const Proposer&) = delete;
  Proposer& operator=(const Proposer&) = delete;

  // Whether a request of this size is within --max-request-bytes.
  bool Fits(size_t request_bytes) const;
  // Adds a checked request; the call is answered once it is executed, or refused: also when its connection asks for
  // more than a fair share while much waits, since room is left for those who ask for little.
  void Add(const rpc::CallContext& context, replica::CommandType type, std::string_view request, rpc::UnaryCall call,
           const ProposalTraits& traits = {});
  // The last that the loop does at the end of a tick: it may lend its thread to the replica.
  void OnTickEnd(int loop_index);

 private:
  class Answers;

  replica::ProposalBatch TakeBatch();

  bool IsFair(const rpc::CallContext& call) const;
  // Reserves what it takes beside the room of its request.
  bool Reserve(const ProposalTraits& traits);

  ServiceContext* context_;
  replica::CommandList commands_;
  bool are_short_ = true;  // all of them
  std::unique_ptr<Answers> answers_;
};

}  // namespace quorate::api
