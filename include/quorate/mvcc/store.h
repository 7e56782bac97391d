#pragma once

// Multi-version concurrency control over storage::Database: revisions, ranges, transactions, compaction, hashing.
//
// Writing is deterministic: the same requests in the same order give the same state and answers on every member. One
// writer (the apply thread) executes requests into an open batch and commits many of them as one RocksDB batch and one
// published revision. Readers take a ReadView and never wait for it.
//
// Answers come encoded as the etcd messages, header excluded: the caller puts the header field (number 1) before them.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "quorate/base/buffer.h"
#include "quorate/base/payload.h"
#include "quorate/base/status.h"
#include "quorate/mvcc/key_range.h"
#include "quorate/mvcc/request.h"
#include "quorate/mvcc/revision.h"
#include "quorate/storage/database.h"

namespace quorate::mvcc {

struct EventsRequest;  // event_history.h
struct EventsRead;

// Who knows leases (module `lease`): asked and told by the writer only, and told of every live key with a lease when
// the store is opened. Without one no lease exists.
class LeaseKeys {
 public:
  virtual ~LeaseKeys() = default;
  virtual bool Exists(int64_t lease) const = 0;
  virtual void Attach(int64_t lease, std::string_view key) = 0;
  virtual void Detach(int64_t lease, std::string_view key) = 0;
};

// One change, as watchers are told of it.
struct Event {
  Revision revision;
  bool deleted = false;
  uint32_t previous_bytes = 0;  // what the record of `previous` weighs, by the index: never less than it is
  // The stored record; `kv` of it is the mvccpb.KeyValue in wire form.
  base::Buffer record;
  size_t kv_offset = 0;
  std::string_view kv() const { return record.view().substr(kv_offset); }
  std::string_view key;  // into the record
  Revision previous;     // of the key's former value; main 0: there was none
};

struct StoreOptions {
  // The budget of the cache of records.
  size_t cache_bytes = 96 << 20;
  // It grows with the live keys and their newest records, one part in kCacheShare of them, while the process may use so
  // much memory: up to three fifths of what is left beside the key index and kOthersBytes for everything else.
  uint64_t memory_bytes = 0;
  static constexpr uint64_t kCacheShare = 8;
  static constexpr uint64_t kOthersBytes = 768 << 20;
  LeaseKeys* leases = nullptr;
  // Called by Commit on the writer's thread with all changes of the batch in order, after they are visible to readers.
  std::function<void(const std::vector<Event>& events)> on_commit;
};

// An answer, header excluded, and the store's revision that its header names.
struct Answer {
  base::Payload body;
  int64_t revision = 0;
};

// Why a read that takes long is to be given up; OK: it is not. Asked on the reading thread.
using MayGoOn = std::function<absl::Status()>;

// One published state of the store. Movable, cheap to take; one thread at a time. Let go of it soon: removal of
// compacted garbage waits for it. Must not outlive the store.
class ReadView {
 public:
  ReadView(ReadView&&) noexcept;
  ReadView& operator=(ReadView&&) noexcept;
  ~ReadView();

  int64_t revision() const;
  int64_t compacted_revision() const;  // -1: never compacted
  // A RangeResponse. The error is the API's (compacted, future revision). `may_go_on` is asked now and then while it
  // takes long, be it over keys that are counted only, or were deleted, and ends it when it says why; empty: it goes on
  // to its end.
  absl::StatusOr<Answer> Range(const RangeRequest& request, const MayGoOn& may_go_on = {}) const;
  // What Range would cost, about and rather too much, to choose the thread for it: in visits of a key, where 8 KiB of
  // records cost as much as one more, and so do a few changes that an older state is away. A single key's own record,
  // which is one read, is not weighed.
  uint64_t RangeCost(const RangeRequest& request) const;
  // The same of what a transaction looks at and deletes; here single keys, of which there may be many, are weighed too.
  // Not all is weighed when it costs more than `enough`.
  uint64_t TxnCost(const TxnRequest& request, uint64_t enough) const;
  // One that changes something and costs more is not worth the time of all others that wait for it.
  uint64_t TxnCostMax() const;
  // What puts that keep their key's value (ignore_value) would write of it, about: the request does not tell.
  uint64_t KeptBytes(const PutRequest& request) const;
  uint64_t KeptBytes(const TxnRequest& request) const;
  // Whether reads that the cache cannot answer have to wait for the disk these days, and this is one of them, as far as
  // one can tell: an event loop has others to serve meanwhile. Of a request that costs little: it looks for each
  // record.
  bool WaitsForDisk(const RangeRequest& request) const;
  bool WaitsForDisk(const TxnRequest& request) const;
  // A TxnResponse of a transaction that changes nothing (see IsReadOnly); `may_go_on` likewise.
  absl::StatusOr<Answer> Txn(const TxnRequest& request, const MayGoOn& may_go_on = {}) const;

  struct Rep;

 private:
  friend class Store;
  explicit ReadView(std::unique_ptr<Rep> rep);
  uint64_t CostOf(const Compare& compare) const;
  // RangeCost with a single key's record; one that finds nothing costs something, too.
  uint64_t CostInTxn(const RangeRequest& request) const;
  // Of the first so many keys.
  bool AnyIsFar(const KeyRange& range, uint64_t keys_max) const;
  std::unique_ptr<Rep> rep_;
};

// A list cut into chunks of one state, for RangeStream: each Next is the body of a RangeResponse, header excluded. It
// keeps nothing of the request, and compaction takes nothing away from it; it must not outlive the store. The first has
// ten keys at most. Until the second Next, which should come soon, it is a ReadView, and on while the disk takes
// nothing; then it may be held for long. One thread at a time, and none that must not wait.
class RangeCursor {
 public:
  virtual ~RangeCursor() = default;
  // The next chunk. `last` tells that no other follows; count and more are on the last chunk only. `may_go_on` as with
  // ReadView::Range. Not to be asked again once it failed.
  virtual absl::StatusOr<base::Payload> Next(const MayGoOn& may_go_on, bool* last) = 0;
  virtual int64_t revision() const = 0;
};

struct HashResult {
  uint32_t hash = 0;
  int64_t revision = 0;  // of the store at that moment
  int64_t compact_revision = -1;
  int64_t hash_revision = 0;
};

struct StoreStatistics {
  uint64_t keys = 0;                                                 // live
  uint64_t puts = 0, deletes = 0, ranges = 0, txns = 0, events = 0;  // the first four as etcd's metrics count
  uint64_t put_bytes = 0;                                            // total size of keys and values put
  uint64_t index_bytes = 0, cache_bytes = 0, cache_hits = 0, cache_misses = 0;
  uint64_t compaction_keys = 0;      // garbage records removed
  uint64_t compaction_failures = 0;  // tries to remove garbage that failed
};

// True when the transaction, in every branch, can change nothing.
bool IsReadOnly(const TxnRequest& request);

class Store {
 public:
  // Loads the key index. The database must outlive the store. DataLoss when records contradict each other.
  static absl::StatusOr<std::unique_ptr<Store>> Open(storage::Database* database, StoreOptions options);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // --- The writer's side; one thread at a time. Requests have passed the API's checks (keys present, no duplicate
  // keys, few enough operations); what only the state can tell (lease not found, key not found for ignore_value,
  // revision compacted) is found here and leaves no trace when it fails.
  absl::StatusOr<Answer> Put(const PutRequest& request);
  absl::StatusOr<Answer> DeleteRange(const DeleteRangeRequest& request);
  absl::StatusOr<Answer> Txn(const TxnRequest& request);
  // Sets the compacted revision at once; the garbage goes in the background. The answer's body is empty.
  absl::StatusOr<Answer> Compact(int64_t revision);
  // Deletes live keys, each given once, in one revision and in this order: what a revoked lease takes with it. Those
  // that are not there are passed over.
  absl::Status DeleteKeys(const std::vector<std::string_view>& keys);
  // What is answered with the store's records from here to the next call, and written of values that are kept
  // (ignore_value), may take 1 GiB of memory together; a request that does not fit any more is refused. So it is called
  // where every member executes the same.
  void RenewMemoryBudget();
  // The revision of the last executed request, committed or not.
  int64_t writer_revision() const;
  // The open batch: others add their small state (applied index, configuration, leases) to be atomic with the data.
  storage::WriteBatch& batch();
  // Publishes the revision to readers and tells on_commit; the batch is left to be written (Database::WriteBehind,
  // which `mark` is for), unless the disk is in trouble: then it is written at once. Not OK, and nothing is published,
  // when that or the batch before could not be written: the same call may be made again after base::IsDiskRefusal, and
  // nothing may follow after anything else.
  absl::Status Commit(uint64_t mark);
  // Writes the batch that Commit left. Commit does it, too; here it costs nobody's answer any time.
  absl::Status WriteCommitted();

  // --- Any thread.
  ReadView View() const;
  // A chunked list; checks the request as Range does. Chunks are about `chunk_bytes`.
  absl::StatusOr<std::unique_ptr<RangeCursor>> OpenRange(const RangeRequest& request, size_t chunk_bytes) const;
  // Changes of the past, in order. Reads the store; not on a loop thread. Errors: compacted, and damage.
  absl::StatusOr<EventsRead> ReadEvents(const EventsRequest& request) const;
  // The record of a committed revision when it is in memory, else an empty buffer. Never blocks on the disk.
  base::Buffer CachedRecord(Revision revision) const;
  int64_t revision() const;            // published
  int64_t compacted_revision() const;  // published; -1: never compacted
  // Hash over history up to a revision (0: the newest), equal to etcd's HashKV over the same history. Walks the store;
  // not on a loop thread. Errors as the API's; Cancelled soon after another thread sets `stop`.
  absl::StatusOr<HashResult> HashKV(int64_t revision, const std::atomic<bool>* stop = nullptr) const;
  // Hash over everything stored; in all else as HashKV.
  absl::StatusOr<uint32_t> Hash(const std::atomic<bool>* stop = nullptr) const;
  // Calls `done` (on a background thread, or at once) when the garbage of compactions up to `revision`, which are
  // committed, is gone. For `physical`. Never called when the store is destroyed before.
  void WhenCompacted(int64_t revision, std::function<void()> done);
  // Why the last try to remove garbage failed, which is repeated; OK: it did not.
  absl::Status compaction_failure() const;
  // Bytes the user stored: live keys and values with their bookkeeping, garbage not yet compacted included - what the
  // space quota counts.
  uint64_t logical_bytes() const;
  StoreStatistics statistics() const;

 private:
  struct Rep;
  explicit Store(std::unique_ptr<Rep> rep);
  std::unique_ptr<Rep> rep_;
};

}  // namespace quorate::mvcc
