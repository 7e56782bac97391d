#include "src/api/defragmentation.h"

#include <chrono>
#include <string>
#include <system_error>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "quorate/base/duration.h"
#include "quorate/base/errors.h"
#include "quorate/base/logging.h"
#include "quorate/base/mutex.h"
#include "quorate/base/this_thread.h"

namespace quorate::api {
namespace {

// While garbage is removed.
constexpr std::chrono::milliseconds kLookAtFailures{100};

// On a full disk a removal may stand still and not fail. OK: it goes on.
absl::Status WhyGarbageStays(replica::Replica& replica) {
  absl::Status failure = replica.store().compaction_failure();
  if (failure.ok()) failure = replica.database().BackgroundError();
  if (failure.ok()) return failure;
  return base::MakeStatus(failure.code(),
                          "could not remove compacted revisions: " + std::string(base::MessageOf(failure)));
}

}  // namespace

// Shared with the store, which may tell of garbage that is gone after this object is.
struct Defragmentation::State {
  base::Mutex mutex;
  std::vector<Done> waiting ABSL_GUARDED_BY(mutex);
  bool stopped ABSL_GUARDED_BY(mutex) = false;
  bool garbage_gone ABSL_GUARDED_BY(mutex) = false;
  replica::Replica* running ABSL_GUARDED_BY(mutex) = nullptr;  // its store is, or is about to be, rewritten
};

Defragmentation::Defragmentation() : state_(std::make_shared<State>()) {}

Defragmentation::~Defragmentation() { Stop(); }

void Defragmentation::Request(replica::Replica* replica, Done done) {
  absl::Status refusal;
  {
    base::MutexLock lock(&state_->mutex);
    if (state_->stopped) {
      refusal = base::errors::Stopped();
    } else if (state_->waiting.size() >= kWaitingMax) {
      refusal = base::errors::TooManyRequests();
    } else {
      refusal = Start(replica);
      if (refusal.ok()) {
        state_->waiting.push_back(std::move(done));
        return;
      }
    }
  }
  done(std::move(refusal));
}

absl::Status Defragmentation::Start(replica::Replica* replica) {
  if (thread_.joinable()) return absl::OkStatus();
  try {
    thread_ = std::thread([this, replica] { Run(replica); });
  } catch (const std::system_error& error) {
    return base::MakeStatus(absl::StatusCode::kUnavailable,
                            std::string("cannot start a thread to defragment: ") + error.what());
  }
  return absl::OkStatus();
}

void Defragmentation::Cancel() {
  canceled_ = true;
  std::vector<Done> unserved;
  {
    base::MutexLock lock(&state_->mutex);
    state_->stopped = true;
    unserved.swap(state_->waiting);
  }
  for (Done& done : unserved) done(base::errors::Stopped());
}

void Defragmentation::Stop() {
  Cancel();
  {
    base::MutexLock lock(&state_->mutex);
    const auto idle = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(state_->mutex) { return state_->running == nullptr; };
    // It may wait for other work of the store's, of minutes.
    if (!state_->mutex.AwaitFor(idle, kStopPatience)) state_->running->database().StopBackgroundWork();
  }
  if (thread_.joinable()) thread_.join();
}

void Defragmentation::Run(replica::Replica* replica) {
  base::NameThisThread("defragment");
  State& state = *state_;
  const auto wanted = [&state]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(state.mutex) {
    return state.stopped || !state.waiting.empty();
  };
  while (true) {
    std::vector<Done> served;
    {
      base::MutexLock lock(&state.mutex);
      state.mutex.Await(wanted);
      if (state.stopped) return;
      served.swap(state.waiting);
    }
    SetRunning(replica);
    const absl::Status outcome = Defragment(*replica);
    SetRunning(nullptr);
    for (Done& done : served) done(outcome);
  }
}

absl::Status Defragmentation::Defragment(replica::Replica& replica) {
  const auto start = std::chrono::steady_clock::now();
  const uint64_t before = replica.database().Size().on_disk_bytes;
  QUORATE_LOG(kInfo, "starting defragment", {{"disk-size-bytes", before}});
  absl::Status outcome = WaitForGarbageRemoval(replica);
  if (outcome.ok()) outcome = replica.database().CompactAll(&canceled_);
  if (absl::IsCancelled(outcome)) return base::errors::Stopped();
  const auto took = std::chrono::steady_clock::now() - start;
  durations_.Observe(took);
  if (!outcome.ok()) {
    QUORATE_LOG(kWarn, "failed to defragment", {{"error", outcome}});
    return outcome;
  }
  const uint64_t after = replica.database().Size().on_disk_bytes;
  QUORATE_LOG(kInfo, "finished defragment",
              {{"took", base::FormatDuration(took)},
               {"disk-size-bytes", after},
               {"disk-size-bytes-diff", static_cast<int64_t>(after) - static_cast<int64_t>(before)}});
  return absl::OkStatus();
}

bool Defragmentation::running() const {
  base::MutexLock lock(&state_->mutex);
  return state_->running != nullptr;
}

void Defragmentation::SetRunning(replica::Replica* replica) {
  base::MutexLock lock(&state_->mutex);
  state_->running = replica;
}

absl::Status Defragmentation::WaitForGarbageRemoval(replica::Replica& replica) {
  State& state = *state_;
  mvcc::Store& store = replica.store();
  {
    base::MutexLock lock(&state.mutex);
    state.garbage_gone = false;
  }
  store.WhenCompacted(store.compacted_revision(), [shared = state_] {
    base::MutexLock lock(&shared->mutex);
    shared->garbage_gone = true;
  });
  base::MutexLock lock(&state.mutex);
  const auto over = [&state]()
                        ABSL_EXCLUSIVE_LOCKS_REQUIRED(state.mutex) { return state.stopped || state.garbage_gone; };
  while (!state.mutex.AwaitFor(over, kLookAtFailures)) {
    QUORATE_RETURN_IF_ERROR(WhyGarbageStays(replica));
  }
  return state.stopped ? absl::CancelledError("stopped") : absl::OkStatus();
}

}  // namespace quorate::api
