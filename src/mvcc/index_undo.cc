#include "src/mvcc/index_undo.h"

#include <algorithm>

#include "quorate/base/check.h"

namespace quorate::mvcc::index {
namespace {

// One Publish forgets at most so many chunks, and some for each that is new.
constexpr size_t kForgetChunksMin = 2;
constexpr size_t kForgetChunksPerNew = 2;

void DestroyItems(const ChangeChunk& chunk) {
  for (size_t i = 0; i < chunk.size; ++i) {
    if (chunk.changes[i].before != nullptr) Item::Destroy(chunk.changes[i].before);
  }
}

}  // namespace

UndoLog::~UndoLog() {
  for (const auto& chunk : fresh_) DestroyItems(*chunk);
  for (const auto& chunk : chunks_) DestroyItems(*chunk);
}

void UndoLog::Start(int64_t revision) {
  base::MutexLock lock(&mutex_);
  floor_ = revision;
}

void UndoLog::Add(const Change& change) {
  QUORATE_CHECK(change.main >= last_main_) << "change at revision " << change.main << " after " << last_main_;
  last_main_ = change.main;
  if (open_ == nullptr || open_->size == ChangeChunk::kCapacity) {
    open_ = std::make_shared<ChangeChunk>();
    open_->first_sequence = added_;
    fresh_.push_back(open_);
    fresh_bytes_ += sizeof(ChangeChunk);
    chunk_count_.fetch_add(1, std::memory_order_relaxed);
  }
  open_->changes[open_->size++] = change;
  ++added_;
  if (change.before != nullptr) {
    const size_t bytes = change.before->bytes();
    open_->item_bytes += bytes;
    fresh_bytes_ += bytes;
  }
}

void UndoLog::Publish(Reclaimer* reclaimer) {
  std::vector<std::shared_ptr<ChangeChunk>> forgotten;
  {
    base::MutexLock lock(&mutex_);
    const size_t forget_max = kForgetChunksMin + kForgetChunksPerNew * fresh_.size();
    for (auto& chunk : fresh_) chunks_.push_back(std::move(chunk));
    fresh_.clear();
    published_ = added_;
    bytes_ += fresh_bytes_;
    fresh_bytes_ = 0;
    if (chunks_.empty()) return;
    const uint64_t oldest = chunks_.front()->first_sequence;
    if (published_ - oldest > changes_max_) {
      const uint64_t last_unreachable = published_ - changes_max_ - 1 - oldest;
      const ChangeChunk& chunk = *chunks_[last_unreachable / ChangeChunk::kCapacity];
      floor_ = std::max(floor_, chunk.changes[last_unreachable % ChangeChunk::kCapacity].main);
    }
    while (forgotten.size() < forget_max && OldestChunkIsTooMuch()) {
      const ChangeChunk& chunk = *chunks_.front();
      floor_ = std::max(floor_, chunk.changes[ChangeChunk::kCapacity - 1].main);
      bytes_ -= sizeof(ChangeChunk) + chunk.item_bytes;
      forgotten.push_back(std::move(chunks_.front()));
      chunks_.pop_front();
    }
  }
  for (const auto& chunk : forgotten) {
    for (const Change& change : chunk->changes) {
      if (change.before != nullptr) reclaimer->Retire(change.before, change.main);
    }
  }
  chunk_count_.fetch_sub(forgotten.size(), std::memory_order_relaxed);
}

bool UndoLog::OldestChunkIsTooMuch() const {
  if (chunks_.size() < 2) return false;  // the last one may be the one that the writer is filling
  return bytes_ > bytes_max_ || chunks_.front()->changes[ChangeChunk::kCapacity - 1].main <= floor_;
}

void UndoLog::ForgetBefore(int64_t revision) {
  base::MutexLock lock(&mutex_);
  floor_ = std::max(floor_, revision);
}

uint64_t UndoLog::ChangesBetween(int64_t low, int64_t high) const {
  if (low >= high) return 0;
  base::MutexLock lock(&mutex_);
  return ChangesUpTo(high) - ChangesUpTo(low);
}

size_t UndoLog::PublishedSize(const ChangeChunk& chunk) const {
  return std::min<uint64_t>(published_ - chunk.first_sequence, ChangeChunk::kCapacity);
}

uint64_t UndoLog::ChangesUpTo(int64_t revision) const {
  if (chunks_.empty()) return published_;
  // The last chunk that begins at or before the revision holds its end.
  auto chunk = std::partition_point(chunks_.begin(), chunks_.end(),
                                    [&](const auto& candidate) { return candidate->changes[0].main <= revision; });
  if (chunk == chunks_.begin()) return chunks_.front()->first_sequence;
  --chunk;
  const Change* first = (*chunk)->changes;
  const Change* end = first + PublishedSize(**chunk);
  const Change* above = std::partition_point(first, end, [&](const Change& change) { return change.main <= revision; });
  return (*chunk)->first_sequence + static_cast<uint64_t>(above - first);
}

bool UndoLog::Choose(int64_t target, const std::vector<int64_t>& bases, size_t* chosen, ChangeSpan* span) const {
  base::MutexLock lock(&mutex_);
  if (target < floor_) return false;
  const uint64_t there = ChangesUpTo(target);
  bool any = false;
  for (size_t i = 0; i < bases.size(); ++i) {
    if (bases[i] < floor_) continue;
    const uint64_t here = ChangesUpTo(bases[i]);
    const uint64_t from = std::min(here, there), to = std::max(here, there);
    if (any && to - from >= span->to - span->from) continue;
    any = true;
    *chosen = i;
    span->from = from;
    span->to = to;
  }
  if (!any) return false;
  if (span->from == span->to) return true;
  const uint64_t oldest = chunks_.front()->first_sequence;
  for (size_t i = (span->from - oldest) / ChangeChunk::kCapacity; i < chunks_.size(); ++i) {
    if (chunks_[i]->first_sequence >= span->to) break;
    span->chunks.push_back(chunks_[i]);
  }
  return true;
}

}  // namespace quorate::mvcc::index
