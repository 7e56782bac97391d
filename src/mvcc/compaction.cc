#include "src/mvcc/compaction.h"

#include <algorithm>
#include <utility>

#include "quorate/base/logging.h"
#include "quorate/base/this_thread.h"
#include "src/mvcc/key_codec.h"
#include "src/mvcc/record_walk.h"
#include "src/mvcc/size_class.h"

namespace quorate::mvcc {
namespace {

using storage::Family;

// A batch is this many records walked or this many bytes of them, whichever comes first; then others get the disk. The
// writer waits while a batch is written, some 8 us for each record removed: 2 ms at most.
constexpr size_t kBatchRecords = 250;
constexpr size_t kBatchBytes = 1 << 20;
constexpr std::chrono::milliseconds kPauseBetweenBatches{1};
constexpr std::chrono::milliseconds kPauseAfterError{1000};
// What is damaged stays so: nothing is removed any more, and the log is not to fill with saying it.
constexpr std::chrono::minutes kPauseAfterDamage{10};
constexpr std::chrono::milliseconds kPollReaders{1};
// Whether this is to end is looked at as often.
constexpr std::chrono::milliseconds kFamilyPatience{100};

absl::Status Stopped() { return base::MakeStatus(absl::StatusCode::kCancelled, "stopped"); }

}  // namespace

// What one batch walked and removes.
struct Compaction::Garbage {
  std::vector<RevisionKey> revs;
  std::vector<std::string> keys;
  std::string position;
  size_t walked = 0;
  size_t walked_bytes = 0;
  uint64_t bytes = 0;

  void Remove(Revision revision, std::string_view key, uint16_t size_class) {
    revs.push_back(EncodeRevision(revision));
    keys.push_back(EncodeKeyAt(key, revision));
    bytes += BytesOfClass(size_class);
  }
  // In the order of their keys, each of which RocksDB then finds a place for near the one before.
  void MoveTo(storage::WriteBatch* batch) {
    std::sort(revs.begin(), revs.end(), [](const RevisionKey& a, const RevisionKey& b) { return View(a) < View(b); });
    std::sort(keys.begin(), keys.end());
    for (const RevisionKey& key : revs) batch->Delete(Family::kRevs, View(key));
    for (const std::string& key : keys) batch->Delete(Family::kKeys, key);
  }
  bool Full() const { return walked >= kBatchRecords || walked_bytes >= kBatchBytes; }
};

Compaction::Compaction(storage::Database* database, ViewGate* gate, KeysFamily* keys_family, const Meta& meta)
    : database_(database),
      gate_(gate),
      keys_family_(keys_family),
      removed_bytes_(meta.removed_bytes),
      target_(meta.target),
      position_(meta.position),
      scheduled_(meta.compacted),
      finished_(meta.finished),
      thread_([this] { Run(); }) {}

Compaction::~Compaction() {
  {
    base::MutexLock lock(&mutex_);
    stop_ = true;
  }
  thread_.join();
}

void Compaction::Schedule(int64_t revision) {
  base::MutexLock lock(&mutex_);
  scheduled_ = std::max(scheduled_, revision);
}

void Compaction::WhenFinished(int64_t revision, std::function<void()> done) {
  {
    base::MutexLock lock(&mutex_);
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
  base::NameThisThread("compaction");
  while (true) {
    int64_t finished;
    {
      base::MutexLock lock(&mutex_);
      mutex_.Await([this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stop_ || scheduled_ > finished_; });
      if (stop_) return;
      finished = finished_;
      // A walk that was begun is ended first, even when a higher compaction has come since.
      if (target_ <= finished) {
        target_ = scheduled_;
        position_.clear();
      }
    }
    if (!WaitForReaders()) return;
    const auto begun = std::chrono::steady_clock::now();
    const absl::Status status = Collect(finished, target_);
    if (absl::IsCancelled(status)) return;
    const bool is_news = NoteOutcome(status);
    if (!status.ok()) {
      if (is_news) {
        QUORATE_LOG(kWarn, "could not remove compacted revisions, will try again",
                    {{"compact-revision", target_}, {"error", status}});
      }
      failures_.fetch_add(1, std::memory_order_relaxed);
      if (!Pause(absl::IsDataLoss(status) ? kPauseAfterDamage : kPauseAfterError)) return;
      continue;
    }
    QUORATE_LOG(
        kInfo, "finished scheduled compaction",
        {{"compact-revision", target_},
         {"took-ms",
          std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun).count()}});
    Finish(target_);
  }
}

absl::Status Compaction::failure() const {
  base::MutexLock lock(&mutex_);
  return failure_;
}

bool Compaction::NoteOutcome(const absl::Status& status) {
  base::MutexLock lock(&mutex_);
  return std::exchange(failure_, status).code() != status.code();
}

bool Compaction::WaitForReaders() {
  gate_->StartWaiting();
  while (!gate_->Drained()) {
    if (!Pause(kPollReaders)) return false;
  }
  return true;
}

bool Compaction::Pause(std::chrono::milliseconds duration) {
  base::MutexLock lock(&mutex_);
  return !mutex_.AwaitFor([this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stop_; }, duration);
}

absl::Status Compaction::Collect(int64_t finished, int64_t target) {
  // What is removed must be there before: an entry that came later would stay. On a full disk it may take for ever.
  absl::Status complete = keys_family_->WaitFor(target, kFamilyPatience);
  while (absl::IsDeadlineExceeded(complete)) {
    if (!Pause(kPauseBetweenBatches)) return Stopped();
    complete = keys_family_->WaitFor(target, kFamilyPatience);
  }
  QUORATE_RETURN_IF_ERROR(complete);
  // The tombstones at the last compacted revision itself are still there.
  Revision first{std::max<int64_t>(finished, 0), 0};
  if (!position_.empty()) {
    const auto reached = DecodeRevision(position_);
    if (!reached.has_value()) return MalformedRecord();
    first = {reached->main, reached->sub + 1};
  }
  RecordWalk walk(*database_, nullptr, first, target);
  Garbage garbage;
  while (walk.Next()) {
    if (!Inspect(walk, finished, target, &garbage)) break;
    if (!garbage.Full()) continue;
    QUORATE_RETURN_IF_ERROR(RemoveBatch(target, &garbage));
    if (!Pause(kPauseBetweenBatches)) return Stopped();
  }
  QUORATE_RETURN_IF_ERROR(walk.status());
  QUORATE_RETURN_IF_ERROR(RemoveBatch(target, &garbage));
  return MarkFinished(target);
}

bool Compaction::Inspect(RecordWalk& walk, int64_t finished, int64_t target, Garbage* garbage) {
  const Revision revision = walk.revision();
  const Record& record = walk.record();
  const size_t bytes = walk.bytes().size();
  garbage->position = View(EncodeRevision(revision));
  garbage->walked += 1;
  garbage->walked_bytes += bytes;
  const bool replaces = record.previous.main != 0 && revision.main > finished;
  const bool gone = record.deleted && revision.main < target;
  if (!replaces && !gone) return true;
  const auto fields = walk.Fields();
  if (!fields.has_value()) return false;
  if (replaces) garbage->Remove(record.previous, fields->key, record.previous_size_class);
  if (gone) garbage->Remove(revision, fields->key, SizeClassOf(bytes, fields->key.size()));
  return true;
}

absl::Status Compaction::RemoveBatch(int64_t target, Garbage* garbage) {
  if (garbage->walked == 0) return absl::OkStatus();
  const uint64_t removed = removed_bytes_.load(std::memory_order_relaxed) + garbage->bytes;
  storage::WriteBatch batch;
  garbage->MoveTo(&batch);
  batch.Put(Family::kMeta, kRemovedBytesName, EncodeNumber(removed));
  batch.Put(Family::kMeta, kTargetName, EncodeNumber(static_cast<uint64_t>(target + 1)));
  batch.Put(Family::kMeta, kPositionName, garbage->position);
  QUORATE_RETURN_IF_ERROR(database_->WriteAtLeisure(batch));
  removed_bytes_.store(removed, std::memory_order_relaxed);
  removed_records_.fetch_add(garbage->revs.size(), std::memory_order_relaxed);
  position_ = garbage->position;
  *garbage = Garbage();
  return absl::OkStatus();
}

absl::Status Compaction::MarkFinished(int64_t target) {
  storage::WriteBatch batch;
  batch.Put(Family::kMeta, kFinishedName, EncodeNumber(static_cast<uint64_t>(target + 1)));
  return database_->WriteAtLeisure(batch);
}

void Compaction::Finish(int64_t target) {
  std::vector<Waiter> ready;
  {
    base::MutexLock lock(&mutex_);
    finished_ = target;
    std::vector<Waiter> later;
    for (Waiter& waiter : waiters_) (waiter.revision <= target ? ready : later).push_back(std::move(waiter));
    waiters_.swap(later);
  }
  for (Waiter& waiter : ready) waiter.done();
}

}  // namespace quorate::mvcc
