#include <thread>
#include <utility>

#include "quorate/base/disk_refusal.h"
#include "quorate/base/errors.h"
#include "quorate/base/logging.h"
#include "src/replica/bounds.h"
#include "src/replica/engine.h"
#include "src/replica/remedy.h"

namespace quorate::replica {
namespace {

std::string_view WritesRefusedFor(const absl::Status& reason) {
  if (base::IsWantOfDescriptorsOrMemory(reason)) {
    return "no file descriptors or memory are left: writes are refused, reads go on; free some or raise the limits and "
           "writes resume";
  }
  if (reason.code() == absl::StatusCode::kResourceExhausted) {
    return "the disk is full: writes are refused, reads go on; free space on it and writes resume";
  }
  return "the disk is read-only: writes are refused, reads go on; make it writable and writes resume";
}

}  // namespace

bool Engine::Persist(raft::Ready& ready) {
  if (ready.hard_state.has_value()) unwritten_hard_state_ = ready.hard_state;
  // A commit index alone need not be on disk: it is found again. It goes with the next entries.
  if (!ready.must_sync) return true;
  const std::chrono::nanoseconds began = clock_->Monotonic();
  absl::Status written = files_.wal->Append(ready.entries, unwritten_hard_state_);
  if (written.ok()) written = files_.wal->Sync();
  if (base::IsDiskRefusal(written)) {
    held_back_ = std::move(ready);
    EnterTrouble(DiskTrouble::Source::kLog, written);
    return false;
  }
  if (!written.ok()) {
    Fatal(written);
    return false;
  }
  last_write_ns_.store((clock_->Monotonic() - began).count(), std::memory_order_relaxed);
  unwritten_hard_state_.reset();
  for (const raft::Entry& entry : ready.entries) log_bytes_since_durable_ += entry.data.size();
  if (!ready.entries.empty()) node_.Persisted(ready.entries.back().index, ready.entries.back().term);
  return true;
}

bool Engine::PersistHeldBack() {
  raft::Ready ready = std::move(*held_back_);
  held_back_.reset();
  if (!Persist(ready)) return false;
  FinishReady(std::move(ready));
  return true;
}

void Engine::KeepDisk() {
  uint64_t durable = files_.database->durable_mark();
  if (durable > purged_mark_) {
    purged_mark_ = durable;
    log_bytes_since_durable_ = 0;
    files_.wal->Purge(durable);
  }
  raft::Index applied = read_gate_.applied();
  uint64_t behind = applied > durable ? applied - durable : 0;
  if (behind == 0) return;
  bool often_enough = behind >= options_.snapshot_count && log_bytes_since_durable_ >= kFlushLogBytesMin;
  bool too_much =
      log_bytes_since_durable_ >= kFlushLogBytesMax || behind >= kFlushEntriesFactorMax * options_.snapshot_count;
  if (often_enough || too_much) flusher_.Request();
}

bool Engine::AwaitStore(const absl::Status& refusal) {
  EnterTrouble(DiskTrouble::Source::kStore, refusal);
  while (!stopping_.load()) {
    std::this_thread::sleep_for(kStoreRetry);
    const absl::Status resumed = files_.database->Resume();
    if (resumed.ok()) {
      LeaveTrouble(DiskTrouble::Source::kStore);
      return true;
    }
    // Why may change: what was short of descriptors may find the disk full.
    if (base::IsDiskRefusal(resumed)) EnterTrouble(DiskTrouble::Source::kStore, resumed);
  }
  return false;
}

void Engine::EnterTrouble(DiskTrouble::Source source, const absl::Status& status) {
  const bool news = trouble_.Enter(source, status);
  FailLogged(pending_.TakeAll(), OutcomeUnknown(status));
  Refuse(queue_.TakeProposals(), RefusalFor(status));
  // Of the log only the replica thread hears, while another may execute what was logged before.
  if (source == DiskTrouble::Source::kStore) files_.leases->PublishRefused(base::errors::TimeoutWaitAppliedIndex());
  if (news) QUORATE_LOG(kWarn, WritesRefusedFor(status), {{"error", status}});
}

void Engine::LeaveTrouble(DiskTrouble::Source source) {
  if (trouble_.Leave(source)) QUORATE_LOG(kInfo, "writes are taken again");
}

void Engine::OnStoreFailure(const absl::Status& failure) {
  if (failure.code() != absl::StatusCode::kDataLoss) return Fatal(failure);
  if (!trouble_.Damage(WithRemedy(failure))) return;
  QUORATE_LOG(kError, "the member's data is damaged: writes are refused, what can be read is served",
              {{"error", WithRemedy(failure)}});
}

DiskPace Engine::disk_pace() const {
  const wal::WalStatistics& statistics = wal_statistics();
  const auto since = [this](const std::atomic<int64_t>& moment) -> std::optional<std::chrono::nanoseconds> {
    const int64_t at = moment.load(std::memory_order_relaxed);
    if (at == 0) return std::nullopt;
    return std::max(std::chrono::nanoseconds::zero(), clock_->Monotonic() - std::chrono::nanoseconds(at));
  };
  return {since(statistics.sync_begun).value_or(std::chrono::nanoseconds::zero()), since(statistics.slow_sync_ended)};
}

void Engine::Fatal(const absl::Status& status) {
  can_read_now_.store(false);
  if (dead_.exchange(true)) return;
  if (absl::IsCancelled(status)) return FailAll();  // the member is being stopped; what the store lacks is in the log
  QUORATE_LOG(kError, "this member cannot go on", {{"error", WithRemedy(status)}});
  FailAll();
  on_fatal_(WithRemedy(status));
}

}  // namespace quorate::replica
