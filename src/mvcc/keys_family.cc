#include "src/mvcc/keys_family.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "quorate/base/logging.h"
#include "quorate/base/this_thread.h"
#include "src/mvcc/key_codec.h"
#include "src/mvcc/record_walk.h"
#include "src/mvcc/size_class.h"

namespace quorate::mvcc {
namespace {

// A run is written once it has so many entries or bytes: long enough that neighbours in it are neighbours in the
// memtable, short enough to be sorted in a few milliseconds.
constexpr size_t kRunEntries = 16 * 1024;
constexpr size_t kRunBytes = 4 << 20;
// Beyond this the writer takes them along itself. The undo log reaches further back, so that who asks for a state it
// has forgotten never has to wait for what is not written yet.
constexpr size_t kWaitingEntriesMax = 4 * kRunEntries;
constexpr size_t kWaitingBytesMax = 4 * kRunBytes;
// Entries written at once: the writer waits meanwhile, 0.2 ms.
constexpr size_t kBatchEntries = 512;
constexpr std::chrono::milliseconds kPauseAfterError{200};

}  // namespace

KeysFamily::KeysFamily(storage::Database* database, int64_t complete)
    : database_(database), complete_(complete), thread_([this] { Run(); }) {}

KeysFamily::~KeysFamily() {
  {
    base::MutexLock lock(&mutex_);
    stop_ = true;
  }
  thread_.join();
}

void KeysFamily::Relieve(KeysRun* run, int64_t revision, storage::WriteBatch* batch) {
  std::shared_ptr<const std::vector<KeysRun>> running;
  std::vector<KeysRun> rest;
  {
    base::MutexLock lock(&mutex_);
    if (waiting_entries_ + running_entries_ + run->size() <= kWaitingEntriesMax &&
        waiting_bytes_ + running_bytes_ + run->bytes() <= kWaitingBytesMax) {
      return;
    }
    // A batch on its way must not come after this one: garbage removal may follow at once.
    mutex_.Await([this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return !writing_; });
    running = std::exchange(running_, nullptr);
    running_entries_ = running_bytes_ = 0;
    rest = std::exchange(waiting_, {});
    waiting_entries_ = waiting_bytes_ = 0;
  }
  if (running != nullptr) rest.insert(rest.end(), running->begin(), running->end());
  rest.push_back(std::exchange(*run, {}));
  const SortedKeys sorted(rest);
  sorted.AddTo(batch, 0, sorted.size());
  MarkComplete(revision, batch);
}

void KeysFamily::Follow(KeysRun* run, int64_t revision) {
  base::MutexLock lock(&mutex_);
  if (run->empty() && waiting_.empty() && running_ == nullptr) {
    complete_.store(revision, std::memory_order_release);
    trouble_ = absl::OkStatus();  // nothing is left that could not be written
    return;
  }
  waiting_entries_ += run->size();
  waiting_bytes_ += run->bytes();
  waiting_revision_ = revision;
  if (!run->empty()) waiting_.push_back(std::move(*run));
  *run = {};
}

absl::Status KeysFamily::WaitFor(int64_t revision, std::chrono::nanoseconds patience) {
  if (complete() >= revision) return absl::OkStatus();
  base::MutexLock lock(&mutex_);
  hurried_ = true;
  const auto over = [this, revision]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return complete_.load(std::memory_order_relaxed) >= revision || !trouble_.ok() || stop_;
  };
  const bool in_time = mutex_.AwaitFor(over, patience);
  if (complete() >= revision) return absl::OkStatus();
  // Whoever reads must not take it for what the read came to.
  if (!trouble_.ok()) return base::MakeStatus(absl::StatusCode::kUnavailable, base::MessageOf(trouble_));
  if (!in_time) return base::MakeStatus(absl::StatusCode::kDeadlineExceeded, "the family keys is not written in time");
  return base::MakeStatus(absl::StatusCode::kUnavailable, "the store is being closed");
}

void KeysFamily::Run() {
  base::NameThisThread("keys");
  while (true) {
    std::shared_ptr<const std::vector<KeysRun>> runs;
    int64_t revision;
    {
      base::MutexLock lock(&mutex_);
      mutex_.Await([this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
        return stop_ || waiting_entries_ >= kRunEntries || waiting_bytes_ >= kRunBytes ||
               (hurried_ && !waiting_.empty());
      });
      if (stop_) return;
      hurried_ = false;
      runs = running_ = std::make_shared<const std::vector<KeysRun>>(std::exchange(waiting_, {}));
      running_entries_ = std::exchange(waiting_entries_, 0);
      running_bytes_ = std::exchange(waiting_bytes_, 0);
      revision = waiting_revision_;
    }
    Write(*runs, revision);
  }
}

void KeysFamily::Write(const std::vector<KeysRun>& runs, int64_t revision) {
  const SortedKeys sorted(runs);
  size_t written = 0;
  while (written < sorted.size()) {
    const size_t end = std::min(sorted.size(), written + kBatchEntries);
    if (WriteSome(sorted, written, end, revision)) {
      written = end;
      continue;
    }
    base::MutexLock lock(&mutex_);
    if (mutex_.AwaitFor([this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stop_ || running_ == nullptr; },
                        kPauseAfterError)) {
      return;
    }
  }
}

bool KeysFamily::WriteSome(const SortedKeys& run, size_t from, size_t to, int64_t revision) {
  {
    base::MutexLock lock(&mutex_);
    if (stop_ || running_ == nullptr) return false;
    writing_ = true;
  }
  storage::WriteBatch batch;
  run.AddTo(&batch, from, to);
  const bool last = to == run.size();
  if (last) MarkComplete(revision, &batch);
  absl::Status written = database_->WriteUnmarked(batch);
  base::MutexLock lock(&mutex_);
  writing_ = false;
  if (!written.ok() && trouble_.ok()) {
    QUORATE_LOG(kWarn, "could not write the family keys, will try again", {{"error", written}});
  }
  trouble_ = written;
  if (!written.ok()) return false;
  if (last) {
    running_ = nullptr;
    running_entries_ = running_bytes_ = 0;
    complete_.store(revision, std::memory_order_release);
  }
  return true;
}

void MarkComplete(int64_t revision, storage::WriteBatch* batch) {
  batch->Put(storage::Family::kMeta, kKeysCompleteName, EncodeNumber(static_cast<uint64_t>(revision)));
}

absl::Status CompleteKeysFamily(storage::Database* database, const Meta& meta) {
  if (meta.keys_complete >= meta.revision) return absl::OkStatus();
  RecordWalk walk(*database, nullptr, meta.keys_complete + 1, meta.revision);
  KeysRun run;
  const auto write = [&](int64_t complete) -> absl::Status {
    storage::WriteBatch batch;
    const std::vector<KeysRun> runs = {std::exchange(run, {})};
    const SortedKeys sorted(runs);
    sorted.AddTo(&batch, 0, sorted.size());
    if (complete > 0) MarkComplete(complete, &batch);
    return database->WriteUnmarked(batch);
  };
  while (walk.Next()) {
    const auto fields = walk.Fields();
    if (!fields.has_value()) break;
    const KeyState state{walk.revision(), fields->created, fields->version, fields->lease,
                         SizeClassOf(walk.bytes().size(), fields->key.size())};
    run.Add(fields->key, walk.revision(), walk.record().deleted ? EncodeKeyDeletion() : EncodeKeyState(state));
    if (run.size() >= kRunEntries || run.bytes() >= kRunBytes) QUORATE_RETURN_IF_ERROR(write(0));
  }
  QUORATE_RETURN_IF_ERROR(walk.status());
  return write(meta.revision);
}

}  // namespace quorate::mvcc
