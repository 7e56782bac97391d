#include "quorate/watch/hub.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "quorate/mvcc/event_history.h"

namespace quorate::watch {
namespace {

size_t CountedBytes(const Batch& batch) { return batch.bytes + batch.events.size() * kWindowEventBytes; }

}  // namespace

void Hub::OnCommit(const std::vector<mvcc::Event>& changes) {
  // Whoever joins and then sees an older revision than this commit's has been counted before this load.
  if (joined_.load() == 0) return;
  auto batch = std::make_shared<Batch>();
  batch->first_revision = changes.front().revision.main;
  batch->last_revision = changes.back().revision.main;
  std::vector<mvcc::Event> resolved = changes;
  mvcc::ResolvePrevious(&resolved);
  const bool with_previous = previous_wanted_.load(std::memory_order_relaxed) > 0;
  batch->events.reserve(resolved.size());
  for (mvcc::Event& change : resolved) {
    Event& event = batch->events.emplace_back();
    batch->bytes += change.record.size();
    if (with_previous && change.previous.main != 0) {
      event.previous = store_->CachedRecord(change.previous);
      if (event.previous) {
        event.previous_offset = mvcc::KeyValueOffsetOf(event.previous.view());
        batch->bytes += event.previous.size();
      }
    }
    event.change = std::move(change);
  }
  Batches dropped;  // outlives the lock
  base::MutexLock lock(&mutex_);
  if (listeners_.empty()) return;
  Append(std::move(batch), &dropped);
  for (Listener* listener : listeners_) listener->OnCommitted();
}

void Hub::Append(std::shared_ptr<const Batch> batch, Batches* dropped) {
  // Whoever reads on from the window takes it that nothing is missing in it.
  if (!window_.empty() && window_.back()->last_revision + 1 != batch->first_revision) Clear(dropped);
  window_bytes_ += CountedBytes(*batch);
  window_events_ += batch->events.size();
  window_.push_back(std::move(batch));
  while (window_.size() > 1 && (window_bytes_ > window_bytes_max_ || window_events_ > window_events_max_)) {
    window_bytes_ -= CountedBytes(*window_.front());
    window_events_ -= window_.front()->events.size();
    dropped->push_back(std::move(window_.front()));
    window_.pop_front();
  }
  window_first_.store(window_.front()->first_revision, std::memory_order_relaxed);
}

void Hub::Clear(Batches* dropped) {
  dropped->insert(dropped->end(), std::move_iterator(window_.begin()), std::move_iterator(window_.end()));
  window_.clear();
  window_bytes_ = window_events_ = 0;
  window_first_.store(INT64_MAX, std::memory_order_relaxed);
}

void Hub::Join(Listener* listener) {
  joined_.fetch_add(1);
  base::MutexLock lock(&mutex_);
  listeners_.push_back(listener);
}

void Hub::Leave(Listener* listener) {
  Batches dropped;  // outlives the lock
  base::MutexLock lock(&mutex_);
  listeners_.erase(std::find(listeners_.begin(), listeners_.end(), listener));
  if (listeners_.empty()) Clear(&dropped);
  // Last: a commit that finds nobody leaves no gap in a window that somebody else goes on with.
  joined_.fetch_sub(1);
}

bool Hub::Collect(int64_t position, size_t bytes_max, Batches* batches, int64_t* newest) const {
  base::MutexLock lock(&mutex_);
  *newest = position;
  if (window_.empty()) return false;
  *newest = std::max(position, window_.back()->last_revision);
  if (window_.front()->first_revision > position + 1) return false;
  auto batch = std::partition_point(window_.begin(), window_.end(),
                                    [position](const auto& one) { return one->last_revision <= position; });
  for (size_t bytes = 0; batch != window_.end() && bytes < bytes_max; ++batch) {
    bytes += CountedBytes(**batch);
    batches->push_back(*batch);
  }
  return true;
}

size_t Hub::window_events() const {
  base::MutexLock lock(&mutex_);
  return window_events_;
}

size_t Hub::window_bytes() const {
  base::MutexLock lock(&mutex_);
  return window_bytes_;
}

}  // namespace quorate::watch
