#include "quorate/mvcc/store.h"

#include "src/mvcc/read_view.h"
#include "src/mvcc/store_parts.h"

namespace quorate::mvcc {

struct Store::Rep : StoreParts {
  using StoreParts::StoreParts;
};

Store::Store(std::unique_ptr<Rep> rep) : rep_(std::move(rep)) {}
Store::~Store() = default;

absl::StatusOr<std::unique_ptr<Store>> Store::Open(storage::Database* database, StoreOptions options) {
  auto rep = std::make_unique<Rep>(database, std::move(options));
  QUORATE_ASSIGN_OR_RETURN(const Meta meta, ReadMeta(*database));
  QUORATE_RETURN_IF_ERROR(CompleteKeysFamily(database, meta));
  QUORATE_ASSIGN_OR_RETURN(const uint64_t live_bytes, LoadIndex(*database, meta, &rep->index, rep->options.leases));
  rep->FitCache(live_bytes);
  rep->published.compacted = meta.compacted;
  rep->published.keys = rep->index.size();
  rep->published.added_bytes = meta.added_bytes;
  rep->keys_family = std::make_unique<KeysFamily>(database, meta.revision);
  rep->writer = std::make_unique<Writer>(database, rep->keys_family.get(), &rep->index, &rep->records,
                                         rep->options.leases, meta, live_bytes);
  // From the first commit on, `keys` may be behind.
  if (!meta.keys_complete_known) MarkComplete(meta.revision, &rep->writer->batch());
  rep->compaction = std::make_unique<Compaction>(database, &rep->gate, rep->keys_family.get(), meta);
  return std::unique_ptr<Store>(new Store(std::move(rep)));
}

absl::StatusOr<Answer> Store::Put(const PutRequest& request) { return rep_->writer->Put(request); }
absl::StatusOr<Answer> Store::DeleteRange(const DeleteRangeRequest& request) {
  return rep_->writer->DeleteRange(request);
}
absl::StatusOr<Answer> Store::Txn(const TxnRequest& request) { return rep_->writer->Txn(request); }
absl::StatusOr<Answer> Store::Compact(int64_t revision) { return rep_->writer->Compact(revision); }
absl::Status Store::DeleteKeys(const std::vector<std::string_view>& keys) { return rep_->writer->DeleteKeys(keys); }
void Store::RenewMemoryBudget() { rep_->writer->RenewMemoryBudget(); }
int64_t Store::writer_revision() const { return rep_->writer->revision(); }
storage::WriteBatch& Store::batch() { return rep_->writer->batch(); }

absl::Status Store::Commit(uint64_t mark) {
  Writer& writer = *rep_->writer;
  Published& published = rep_->published;
  QUORATE_RETURN_IF_ERROR(writer.Usable());
  writer.Seal();
  rep_->keys_family->Relieve(&writer.keys_run(), writer.revision(), &writer.batch());
  QUORATE_RETURN_IF_ERROR(rep_->database->WriteBehind(writer.batch(), mark));
  rep_->keys_family->Follow(&writer.keys_run(), writer.revision());

  // Records first, then the index, and the revision with it: who sees a revision finds everything of it.
  RecordCache& cache = rep_->records.cache();
  for (const Event& event : writer.events()) {
    // Nobody asks for a tombstone by its revision.
    if (!event.deleted) cache.Append(event.revision, event.record);
  }
  published.puts.fetch_add(writer.counts().puts, std::memory_order_relaxed);
  published.deletes.fetch_add(writer.counts().deletes, std::memory_order_relaxed);
  rep_->counts.Add(writer.counts());
  if (!writer.events().empty()) {
    rep_->index.Publish(writer.revision());
    published.keys.store(rep_->index.size(), std::memory_order_relaxed);
    published.added_bytes.store(writer.added_bytes(), std::memory_order_relaxed);
    published.put_bytes.store(writer.put_bytes(), std::memory_order_relaxed);
    rep_->FitCache(writer.live_bytes());
    published.events.fetch_add(writer.events().size(), std::memory_order_relaxed);
  }
  if (writer.compacted_revision() != published.compacted.load()) {
    published.compacted.store(writer.compacted_revision());
    rep_->index.ForgetBefore(writer.compacted_revision());
    rep_->compaction->Schedule(writer.compacted_revision());
  }
  if (rep_->options.on_commit && !writer.events().empty()) rep_->options.on_commit(writer.events());
  writer.Committed();
  return absl::OkStatus();
}

absl::Status Store::WriteCommitted() { return rep_->database->Settle(); }

ReadView Store::View() const { return ReadView(std::make_unique<ReadView::Rep>(rep_.get())); }

absl::StatusOr<std::unique_ptr<RangeCursor>> Store::OpenRange(const RangeRequest& request, size_t chunk_bytes) const {
  return MakeRangeCursor(rep_.get(), request, chunk_bytes);
}

absl::StatusOr<EventsRead> Store::ReadEvents(const EventsRequest& request) const {
  return ReadEventHistory(rep_.get(), request);
}
base::Buffer Store::CachedRecord(Revision revision) const { return rep_->records.cache().Find(revision); }

int64_t Store::revision() const { return rep_->index.revision(); }
int64_t Store::compacted_revision() const { return rep_->published.compacted.load(); }

absl::StatusOr<HashResult> Store::HashKV(int64_t revision, const std::atomic<bool>* stop) const {
  return HashHistory(*rep_->database, revision, stop);
}
absl::StatusOr<uint32_t> Store::Hash(const std::atomic<bool>* stop) const {
  return HashEverything(*rep_->database, stop);
}

void Store::WhenCompacted(int64_t revision, std::function<void()> done) {
  rep_->compaction->WhenFinished(revision, std::move(done));
}

absl::Status Store::compaction_failure() const { return rep_->compaction->failure(); }

uint64_t Store::logical_bytes() const {
  // Removed first: it never passes what was added by then.
  const uint64_t removed = rep_->compaction->removed_bytes();
  return rep_->published.added_bytes.load() - removed;
}

StoreStatistics Store::statistics() const {
  const Published& published = rep_->published;
  StoreStatistics statistics;
  statistics.keys = published.keys.load(std::memory_order_relaxed);
  statistics.puts = published.puts.load(std::memory_order_relaxed);
  statistics.deletes = published.deletes.load(std::memory_order_relaxed);
  statistics.ranges = rep_->counts.ranges.load(std::memory_order_relaxed);
  statistics.txns = rep_->counts.txns.load(std::memory_order_relaxed);
  statistics.events = published.events.load(std::memory_order_relaxed);
  statistics.put_bytes = published.put_bytes.load(std::memory_order_relaxed);
  statistics.index_bytes = rep_->index.memory_bytes();
  RecordCache& cache = rep_->records.cache();
  statistics.cache_bytes = cache.bytes();
  statistics.cache_hits = cache.hits();
  statistics.cache_misses = cache.misses();
  statistics.compaction_keys = rep_->compaction->removed_records();
  statistics.compaction_failures = rep_->compaction->failures();
  return statistics;
}

}  // namespace quorate::mvcc
