#pragma once

// What the services of a member share.

#include <atomic>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "quorate/api/services.h"
#include "quorate/base/status.h"
#include "quorate/lease/id_generator.h"
#include "quorate/replica/replica.h"
#include "quorate/rpc/call.h"
#include "quorate/rpc/server.h"
#include "quorate/watch/feed.h"
#include "quorate/watch/hub.h"
#include "src/api/defragmentation.h"
#include "src/api/lasting_calls.h"
#include "src/api/least_pace.h"
#include "src/api/log_allowance.h"
#include "src/api/loop_reads.h"
#include "src/api/proposer.h"
#include "src/api/reader_pool.h"
#include "src/api/remembered_hashes.h"
#include "src/api/request_statistics.h"
#include "src/api/response_header.h"
#include "src/api/room_queue.h"
#include "src/api/slow_calls.h"
#include "src/api/space_quota.h"
#include "src/api/turns.h"

namespace quorate::api {

// What belongs to one event loop and is touched by its thread only (counters aside).
struct LoopContext {
  LoopContext(ServiceContext* context, int loop_index);

  Proposer proposer;
  LoopReads reads;
  watch::Feed feed;
  RoomQueue awaiting_room;
  PaceRounds pace_rounds;
  LastingCalls lasting_calls;
  ClientVersions unary_versions;
  ClientVersions stream_versions;
};

struct ServiceContext {
  explicit ServiceContext(ServicesOptions options);

  LoopContext& loop(int index) { return *loops[static_cast<size_t>(index)]; }

  // The checks common to all unary calls, after a request is decoded and before it is looked at: the server runs, and
  // where the client's metadata demands a leader, there is one. Loop thread.
  absl::Status Admit(const rpc::CallContext& call, int loop_index);
  // The beginning of every unary handler, in etcd's order: `decoded`, admitted. False: the call is answered.
  bool Begin(const rpc::CallContext& context, absl::Status decoded, rpc::UnaryCall& call);
  bool Begin(const rpc::CallContext& context, bool decoded, rpc::UnaryCall& call);
  absl::Status AdmitStream(const rpc::CallContext& call, int loop_index);
  // The same for calls and streams that may last: none begins any more once the server drains.
  absl::Status AdmitLasting(const rpc::CallContext& call, int loop_index);
  absl::Status AdmitLastingStream(const rpc::CallContext& call, int loop_index);
  // Ends the calls that may last. Any thread; they end soon, on their loops.
  void EndLastingCalls();
  bool HasLeader() const;
  // Calls `serve` on a pool thread with OK, or on this one or an internal one with the reason why not, once a
  // linearizable read that began before may be served. It waits no longer than ReaderPool lets a client's read wait.
  // For rare requests; KV reads have a path of their own. `bytes`: what it keeps of its request; `owner`: the
  // connection it came on.
  void ConfirmThenRun(bool linearizable, ReaderPool::Task serve, size_t bytes, ReaderPool::Owner owner);

  ServicesOptions options;
  SpaceQuota quota;
  replica::Replica* replica = nullptr;  // known before the first request
  ResponseHeader header{0, 0};
  RequestStatistics statistics;
  SlowCalls slow_calls;
  LogAllowance downgrade_refusals;
  LogAllowance failed_probes;
  RememberedHashes remembered_hashes;
  std::atomic<uint64_t> kept_bytes_pending{0};    // see Proposer::kKeptBytesPendingMax
  std::atomic<uint64_t> cost_pending{0};          // see Proposer::kCostPendingMax
  std::unique_ptr<lease::IdGenerator> lease_ids;  // known before the first request, too
  std::atomic<bool> stopped{false};
  std::atomic<bool> draining{false};  // no new stream that may last
  watch::Hub hub;
  rpc::Server* server = nullptr;
  std::vector<std::unique_ptr<LoopContext>> loops;
  Defragmentation defragmentation;
  // Each snapshot under way keeps a state of the store, iterators with buffers of megabytes, and 16 bytes a lease.
  static constexpr size_t kSnapshotsAtATime = 8;
  static constexpr size_t kSnapshotsWaitingMax = 100;
  Turns snapshots{kSnapshotsAtATime, kSnapshotsWaitingMax};
  // Last: their threads use the rest. `disk_readers` do short reads while those that are not in memory have to wait for
  // the disk: on their loops they would make everybody there wait, and as few would be under way as there are loops. A
  // hash takes as long as everything that is stored takes to read: no list waits behind it. It and `bulk`, which makes
  // snapshots, stand back from everything else that the machine has to do.
  ReaderPool readers;
  ReaderPool disk_readers;
  ReaderPool hashes;
  ReaderPool bulk;

 private:
  absl::Status UnlessDraining(absl::Status admitted) const;
  absl::Status AdmitCounted(const rpc::CallContext& call, ClientVersions& versions);
};

}  // namespace quorate::api
