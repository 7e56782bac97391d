#pragma once

// Executes requests into an open batch. One thread at a time.

#include <cstdint>
#include <vector>

#include "quorate/mvcc/store.h"
#include "quorate/storage/database.h"
#include "src/mvcc/key_sources.h"
#include "src/mvcc/keys_run.h"
#include "src/mvcc/meta.h"
#include "src/mvcc/range.h"
#include "src/mvcc/record_store.h"
#include "src/mvcc/state.h"
#include "src/mvcc/txn.h"

namespace quorate::mvcc {

// What becomes of a writer that could not read what a request needs: DataLoss; Unavailable when only descriptors or
// memory were wanting: nothing is damaged, and whoever starts again with the log comes to the same as others.
absl::Status CutShort(const absl::Status& failure);

class Writer final : public State, public Changeable {
 public:
  Writer(const storage::Database* database, KeysFamily* keys_family, KeyIndex* index, RecordStore* records,
         LeaseKeys* leases, const Meta& meta, uint64_t live_bytes);

  absl::StatusOr<Answer> Put(const PutRequest& request);
  absl::StatusOr<Answer> DeleteRange(const DeleteRangeRequest& request);
  absl::StatusOr<Answer> Txn(const TxnRequest& request);
  absl::StatusOr<Answer> Compact(int64_t revision);
  absl::Status DeleteKeys(const std::vector<std::string_view>& keys);

  // See Store.
  void RenewMemoryBudget() { memory_budget_ = kAnswerBytesMax; }

  storage::WriteBatch& batch() { return batch_; }
  // Adds the store's own numbers to the batch, so that it can be written.
  void Seal();
  // The entries of `keys` that the open batch leaves to be written behind it.
  KeysRun& keys_run() { return keys_run_; }
  // The changes since the last Committed, in order.
  const std::vector<Event>& events() const { return events_; }
  // The batch was written and is seen by readers.
  void Committed();
  // CutShort after a failure to read that lasted or came when something was changed already: the writer's state is not
  // any member's, nothing may follow and nothing of it may be written.
  absl::Status Usable() const;
  uint64_t added_bytes() const { return added_bytes_; }
  // Of the newest records of the live keys.
  uint64_t live_bytes() const { return live_bytes_; }
  uint64_t put_bytes() const { return put_bytes_; }
  // What was executed since the last Committed.
  const OperationCounts& counts() const { return counts_; }

  // --- State: what this writer's next request sees.
  int64_t revision() const override { return revision_ + (Changed() ? 1 : 0); }
  int64_t compacted_revision() const override { return compacted_; }
  KeySource& Now() const override { return now_; }
  std::unique_ptr<KeySource> At(int64_t revision, const KeyRange& range,
                                const std::function<absl::Status()>& may_go_on) const override;
  // All others wait meanwhile. From the history a list takes as long as the range has keys that compaction has left, of
  // which those that live are the best guess there is; over more changes the index is not rolled back, unless the disk
  // is long in taking what the history lacks.
  uint64_t CostOfPast(int64_t revision, const KeyRange& range) const override {
    return std::max(kRolledChangesMax, index_->Count(range));
  }
  absl::StatusOr<std::vector<base::Buffer>> Fetch(const std::vector<Revision>& revisions,
                                                  const std::function<absl::Status()>& may_go_on) const override;
  absl::StatusOr<base::Buffer> FetchOne(Revision revision) const override;

  // --- Changeable
  absl::StatusOr<base::Payload> ExecutePut(const PutRequest& request) override;
  absl::StatusOr<base::Payload> ExecuteDeleteRange(const DeleteRangeRequest& request) override;

 private:
  // Inside a transaction: it changed something.
  bool Changed() const { return events_.size() > begin_; }
  Revision NextRevision() const { return {revision_ + 1, static_cast<int64_t>(events_.size() - begin_)}; }
  // Ends the transaction; its answer.
  absl::StatusOr<Answer> Finish(absl::StatusOr<base::Payload> body);
  // The record of an uncommitted revision; null when it is not one.
  const Event* FindUncommitted(Revision revision) const;
  // The overlay, with all events so far.
  const Overlay* OverlayOfBatch() const;

  void WritePut(std::string_view key, std::string_view value, int64_t lease, const std::optional<KeyState>& old);
  void WriteTombstone(std::string_view key, const KeyState& old);
  // Adds one change to the batch and to the events.
  void Add(std::string_view key, Event event, std::string_view key_state);
  void MoveLease(std::string_view key, int64_t from, int64_t to);

  const storage::Database* const database_;
  KeysFamily* const keys_family_;
  KeyIndex* const index_;
  RecordStore* const records_;
  LeaseKeys* const leases_;
  mutable WriterSource now_;

  storage::WriteBatch batch_;
  KeysRun keys_run_;
  std::vector<Event> events_;
  size_t begin_ = 0;  // of the running transaction, in events_
  // The first `overlaid_` of events_, for who reads at a revision inside the open batch: few do, so they are laid over
  // as they are asked for.
  mutable Overlay overlay_;
  mutable size_t overlaid_ = 0;
  mutable bool has_waited_for_keys_ = false;  // since the last commit
  int64_t revision_;
  int64_t committed_revision_;
  int64_t compacted_;
  uint64_t added_bytes_;
  uint64_t live_bytes_;
  uint64_t put_bytes_ = 0;
  uint64_t memory_budget_ = kAnswerBytesMax;
  OperationCounts counts_;
  bool compacted_changed_ = false;
  absl::Status broken_;
};

}  // namespace quorate::mvcc
