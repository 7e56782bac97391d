#include "src/mvcc/compaction.h"

#include "absl/time/time.h"
#include "quorate/base/logging.h"
#include "src/mvcc/key_codec.h"
#include "src/mvcc/record.h"

namespace quorate::mvcc {
namespace {

using storage::Family;

// A batch is this many records walked or this many bytes of them, whichever comes first; then others get the disk.
constexpr size_t kBatchRecords = 1000;
constexpr size_t kBatchBytes = 1 << 20;
constexpr absl::Duration kPauseBetweenBatches = absl::Milliseconds(2);
constexpr absl::Duration kPauseAfterError = absl::Seconds(1);
constexpr absl::Duration kPollReaders = absl::Milliseconds(1);
// Sizes of records walked are remembered, as most garbage of a busy store is as new as what replaced it; the others'
// are read.
constexpr size_t kSizesMax = 1 << 18;

absl::Status Malformed() { return base::MakeStatus(absl::StatusCode::kDataLoss, "a stored record is malformed"); }

}  // namespace

// What one batch removes.
struct Compaction::Garbage {
  storage::WriteBatch batch;
  std::vector<Revision> unsized;  // records whose size is not known yet
  std::vector<size_t> unsized_key_bytes;
  absl::flat_hash_map<Revision, uint32_t, RevisionHash> sizes;  // of records walked in this compaction
  uint64_t bytes = 0;
  uint64_t records = 0;

  void Remove(Revision revision, std::string_view key) {
    batch.Delete(Family::kRevs, View(EncodeRevision(revision)));
    batch.Delete(Family::kKeys, EncodeHistoryKey(key, revision));
    auto size = sizes.find(revision);
    if (size == sizes.end()) {
      unsized.push_back(revision);
      unsized_key_bytes.push_back(key.size());
      return;
    }
    bytes += RecordFootprint(size->second, key.size());
    ++records;
    sizes.erase(size);
  }
  void Remember(Revision revision, size_t size) {
    if (sizes.size() < kSizesMax) sizes.emplace(revision, static_cast<uint32_t>(size));
  }
};

Compaction::Compaction(storage::Database* database, ViewGate* gate, const Meta& meta)
    : database_(database),
      gate_(gate),
      removed_bytes_(meta.removed_bytes),
      position_(meta.position),
      scheduled_(meta.compacted),
      finished_(meta.finished),
      thread_([this] { Run(); }) {}

Compaction::~Compaction() {
  {
    absl::MutexLock lock(&mutex_);
    stop_ = true;
  }
  thread_.join();
}

void Compaction::Schedule(int64_t revision) {
  absl::MutexLock lock(&mutex_);
  scheduled_ = std::max(scheduled_, revision);
}

void Compaction::WhenFinished(int64_t revision, std::function<void()> done) {
  {
    absl::MutexLock lock(&mutex_);
    // Beyond what is scheduled there is nothing to wait for.
    const int64_t awaited = std::min(revision, scheduled_);
    if (finished_ < awaited) {
      waiters_.push_back({awaited, std::move(done)});
      return;
    }
  }
  done();
}

void Compaction::Run() {
  while (true) {
    int64_t target;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(
          +[](Compaction* self) ABSL_EXCLUSIVE_LOCKS_REQUIRED(self->mutex_) {
            return self->stop_ || self->scheduled_ > self->finished_;
          },
          this));
      if (stop_) return;
      target = scheduled_;
    }
    if (!WaitForReaders()) return;
    absl::Status status = Collect(target);
    if (absl::IsCancelled(status)) return;
    if (!status.ok()) {
      QUORATE_LOG(kWarn, "could not remove compacted revisions, will try again",
                  {{"compact-revision", target}, {"error", status}});
      if (!Pause(kPauseAfterError)) return;
      continue;
    }
    CallWaiters(target);
  }
}

bool Compaction::WaitForReaders() {
  gate_->StartWaiting();
  while (!gate_->Drained()) {
    if (!Pause(kPollReaders)) return false;
  }
  return true;
}

bool Compaction::Pause(absl::Duration duration) {
  absl::MutexLock lock(&mutex_);
  mutex_.AwaitWithTimeout(absl::Condition(&stop_), duration);
  return !stop_;
}

absl::Status Compaction::Collect(int64_t target) {
  int64_t finished;
  {
    absl::MutexLock lock(&mutex_);
    finished = finished_;
  }
  Garbage garbage;
  // The tombstones at the last compacted revision itself are still there.
  const int64_t start = std::max({finished, position_, int64_t{1}});
  storage::IteratorOptions bounds;
  bounds.lower_bound = View(EncodeRevision({start, 0}));
  bounds.upper_bound = View(EncodeRevision({target + 1, 0}));
  bounds.fill_cache = false;
  auto iterator = database_->NewIterator(Family::kRevs, bounds);
  size_t walked = 0;
  size_t walked_bytes = 0;
  for (iterator->Seek(bounds.lower_bound); iterator->Valid(); iterator->Next()) {
    const auto revision = DecodeRevision(iterator->key());
    const auto record = DecodeRecord(iterator->value());
    if (!revision.has_value() || !record.has_value()) return Malformed();
    const auto fields = DecodeKeyValue(record->kv);
    if (!fields.has_value()) return Malformed();
    garbage.Remember(*revision, iterator->value().size());
    if (record->previous.main != 0 && revision->main > finished) garbage.Remove(record->previous, fields->key);
    if (record->deleted && revision->main < target) garbage.Remove(*revision, fields->key);

    walked_bytes += iterator->value().size();
    if (++walked % kBatchRecords != 0 && walked_bytes < kBatchBytes) continue;
    walked_bytes = 0;
    QUORATE_RETURN_IF_ERROR(RemoveBatch(garbage, std::min(revision->main, target - 1)));
    if (!Pause(kPauseBetweenBatches)) return base::MakeStatus(absl::StatusCode::kCancelled, "stopped");
  }
  QUORATE_RETURN_IF_ERROR(iterator->status());
  QUORATE_RETURN_IF_ERROR(RemoveBatch(garbage, target - 1));
  return MarkFinished(target);
}

// Counts only what is really there, so that a walk repeated after a crash counts nothing twice.
absl::Status Compaction::RemoveBatch(Garbage& garbage, int64_t position) {
  std::vector<std::string> keys;
  keys.reserve(garbage.unsized.size());
  for (Revision revision : garbage.unsized) keys.emplace_back(View(EncodeRevision(revision)));
  QUORATE_RETURN_IF_ERROR(database_->MultiGet(Family::kRevs, keys, [&](size_t i, std::string_view value) {
    garbage.bytes += RecordFootprint(value.size(), garbage.unsized_key_bytes[i]);
    ++garbage.records;
  }));
  garbage.unsized.clear();
  garbage.unsized_key_bytes.clear();
  if (garbage.batch.empty()) return absl::OkStatus();

  const uint64_t removed = removed_bytes_.load(std::memory_order_relaxed) + garbage.bytes;
  garbage.batch.Put(Family::kMeta, kRemovedBytesName, EncodeNumber(removed));
  garbage.batch.Put(Family::kMeta, kPositionName, EncodeNumber(static_cast<uint64_t>(std::max<int64_t>(position, 0))));
  QUORATE_RETURN_IF_ERROR(database_->WriteUnmarked(garbage.batch));
  removed_bytes_.store(removed, std::memory_order_relaxed);
  removed_records_.fetch_add(garbage.records, std::memory_order_relaxed);
  position_ = position;
  garbage.bytes = 0;
  garbage.records = 0;
  return absl::OkStatus();
}

absl::Status Compaction::MarkFinished(int64_t target) {
  storage::WriteBatch batch;
  batch.Put(Family::kMeta, kFinishedName, EncodeNumber(static_cast<uint64_t>(target + 1)));
  return database_->WriteUnmarked(batch);
}

void Compaction::CallWaiters(int64_t finished) {
  std::vector<Waiter> ready;
  {
    absl::MutexLock lock(&mutex_);
    finished_ = finished;
    std::vector<Waiter> later;
    for (Waiter& waiter : waiters_) (waiter.revision <= finished ? ready : later).push_back(std::move(waiter));
    waiters_.swap(later);
  }
  for (Waiter& waiter : ready) waiter.done();
}

}  // namespace quorate::mvcc
