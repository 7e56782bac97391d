#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include "quorate/base/wire.h"
#include "src/mvcc/key_sources.h"
#include "src/mvcc/range.h"
#include "src/mvcc/read_view.h"
#include "src/mvcc/selection.h"
#include "src/mvcc/size_class.h"
#include "src/mvcc/store_parts.h"

namespace quorate::mvcc {
namespace {

// Keys read in one go, at most.
constexpr size_t kKeysMax = 512;
// In the first chunk, as in etcd's.
constexpr uint64_t kFirstKeysMax = 10;
// For the `keys` family to come to the list's revision: more than it takes while the disk is well.
constexpr std::chrono::milliseconds kFamilyPatience{200};

// Lets go of the state it was opened on with the second chunk, for the client may take its time over the others, and a
// state held keeps all that was replaced since in memory. These come from the index as long as that is near, then from
// the `keys` family, as it was in a snapshot.
class Cursor final : public RangeCursor {
 public:
  Cursor(StoreParts* parts, const RangeRequest& request, size_t chunk_bytes, std::unique_ptr<ReadView::Rep> view)
      : parts_(parts),
        revision_(view->revision()),
        listed_revision_(request.revision > 0 ? request.revision : revision_),
        keys_only_(request.keys_only),
        sort_target_(request.sort_target),
        count_only_(request.count_only),
        chunk_bytes_(chunk_bytes),
        left_(request.limit > 0 ? static_cast<uint64_t>(request.limit) : std::numeric_limits<uint64_t>::max()),
        next_key_(request.key),
        range_end_(request.range_end),
        view_(std::move(view)),
        done_(Rest().IsEmpty()) {}

  int64_t revision() const override { return revision_; }

  absl::StatusOr<base::Payload> Next(const MayGoOn& may_go_on, bool* last) override {
    std::unique_ptr<ReadView::Rep> view = std::move(view_);
    const bool is_past = view == nullptr || listed_revision_ < revision_;
    const std::unique_ptr<KeySource> past = is_past ? Past(may_go_on) : nullptr;
    KeySource& source = past != nullptr ? *past : view->Now();
    const bool is_first = std::exchange(is_first_, false);
    if (is_first) {
      QUORATE_ASSIGN_OR_RETURN(*last, IsToBeSorted(source));
      if (*last) return MakeSorted(*view, may_go_on);
    }
    QUORATE_ASSIGN_OR_RETURN(base::Payload chunk, MakeChunk(source, is_first ? kFirstKeysMax : left_, last));
    if (view == nullptr || *last) return chunk;
    if (is_first) {
      view_ = std::move(view);
    } else {
      KeepInSnapshot(std::move(view));
    }
    return chunk;
  }

 private:
  // After the first keys were sent, an end of one zero byte still means all that follow.
  KeyRange Rest() const { return KeyRange::FromRequest(next_key_, range_end_); }

  // Only a walk through the family can take long: of all else a chunk is a bounded piece.
  std::unique_ptr<KeySource> Past(const MayGoOn& may_go_on) const {
    PastOptions options{.may_go_on = may_go_on};
    if (snapshot_ != nullptr) {
      options.rolled_changes_max = kRolledChangesMax;
      options.snapshot = snapshot_;
    }
    return PastSource(parts_->database, parts_->keys_family.get(), &parts_->index, listed_revision_, Rest(), options);
  }

  // Where a target is named and no order, etcd sorts each chunk for itself, which makes a list sorted that fits into
  // its first.
  absl::StatusOr<bool> IsToBeSorted(KeySource& source) const {
    if (sort_target_ == SortTarget::kKey || count_only_ || done_) return false;
    if (left_ <= kFirstKeysMax) return true;
    QUORATE_ASSIGN_OR_RETURN(const uint64_t count, source.Count(Rest()));
    return count <= kFirstKeysMax;
  }

  // All of the list, as Range answers it.
  absl::StatusOr<base::Payload> MakeSorted(const ReadView::Rep& view, const MayGoOn& may_go_on) const {
    RangeRequest request;
    request.key = next_key_;
    request.range_end = range_end_;
    request.revision = listed_revision_;
    request.limit = left_ <= kFirstKeysMax ? static_cast<int64_t>(left_) : 0;
    request.sort_target = sort_target_;
    request.keys_only = keys_only_;
    return view.Range(request, may_go_on);
  }

  // While a view still keeps garbage removal away: from here on compaction takes nothing of the list. Where the disk
  // does not take entries of `keys` just now, the view is kept instead, and it is tried again after the next chunk.
  void KeepInSnapshot(std::unique_ptr<ReadView::Rep> view) {
    if (parts_->keys_family->WaitFor(listed_revision_, kFamilyPatience).ok() && parts_->database->Settle().ok()) {
      snapshot_ = parts_->database->TakeSnapshot();
    } else {
      view_ = std::move(view);
    }
  }

  absl::StatusOr<base::Payload> MakeChunk(KeySource& source, uint64_t keys_max, bool* last) {
    base::Payload chunk;
    if (count_only_) {
      if (!done_) {
        QUORATE_ASSIGN_OR_RETURN(sent_, source.Count(Rest()));
      }
      done_ = true;
    }
    const uint64_t end = sent_ + std::min(left_, keys_max);
    while (!done_ && sent_ < end && chunk.size() < chunk_bytes_) {
      QUORATE_RETURN_IF_ERROR(AppendSome(source, end - sent_, &chunk));
    }
    *last = done_ || left_ == 0;
    if (*last) QUORATE_RETURN_IF_ERROR(AppendTotals(source, &chunk));
    return chunk;
  }

  absl::Status AppendSome(KeySource& source, uint64_t keys_max, base::Payload* chunk) {
    bool more = false;
    QUORATE_ASSIGN_OR_RETURN(const std::vector<Selected> found,
                             Find(source, keys_max, chunk_bytes_ - chunk->size(), &more));
    QUORATE_RETURN_IF_ERROR(AppendKvs(found, chunk));
    sent_ += found.size();
    left_ -= found.size();
    if (!more) {
      done_ = true;
    } else {
      next_key_.assign(found.back().key);
      next_key_.push_back('\0');
    }
    return absl::OkStatus();
  }

  // The next keys, as many as fill so many bytes, one at least; `more`: others follow.
  absl::StatusOr<std::vector<Selected>> Find(KeySource& source, uint64_t keys_max, size_t room, bool* more) {
    std::vector<Selected> found;
    const KeyRange rest = Rest();
    if (rest.single) {
      QUORATE_ASSIGN_OR_RETURN(const std::optional<KeyState> state, source.Find(rest.begin));
      if (state.has_value()) found.emplace_back(rest.begin, *state);
      return found;
    }
    keys_max = std::min<uint64_t>(keys_max, kKeysMax);
    size_t bytes = 0;
    QUORATE_RETURN_IF_ERROR(source.Scan(rest, [&](std::string_view key, const KeyState& state) {
      *more = found.size() == keys_max || bytes >= room;
      if (*more) return false;
      found.emplace_back(source, key, state);
      bytes += keys_only_ ? key.size() : std::max<size_t>(BytesOfClass(state.size_class), key.size());
      return true;
    }));
    return found;
  }

  absl::Status AppendKvs(const std::vector<Selected>& found, base::Payload* chunk) {
    if (keys_only_) {
      for (const Selected& one : found) {
        AppendKeyOnly(kKvsField, one.key, one.state, sort_target_ == SortTarget::kValue, chunk);
      }
      return absl::OkStatus();
    }
    std::vector<base::Buffer> records;
    QUORATE_RETURN_IF_ERROR(parts_->records.Fetch(RevisionsOf(found), &records, snapshot_.get()));
    for (base::Buffer& record : records) AppendRecord(kKvsField, std::move(record), chunk);
    return absl::OkStatus();
  }

  absl::Status AppendTotals(KeySource& source, base::Payload* chunk) {
    uint64_t rest = 0;
    if (!done_) {
      QUORATE_ASSIGN_OR_RETURN(rest, source.Count(Rest()));
    }
    std::string totals;
    base::wire::AppendBoolField(&totals, kMoreField, rest > 0);
    base::wire::AppendVarintField(&totals, kCountField, sent_ + rest);
    chunk->Append(totals);
    return absl::OkStatus();
  }

  StoreParts* const parts_;
  const int64_t revision_;         // of the store when it was opened
  const int64_t listed_revision_;  // that is listed
  const bool keys_only_;
  const SortTarget sort_target_;
  const bool count_only_;
  const size_t chunk_bytes_;
  uint64_t left_;
  std::string next_key_;
  const std::string range_end_;
  bool is_first_ = true;                               // the next chunk
  std::unique_ptr<ReadView::Rep> view_;                // until the second chunk is made
  std::shared_ptr<const storage::Snapshot> snapshot_;  // from then on; has all of `keys` up to the revision listed
  bool done_;
  uint64_t sent_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<RangeCursor>> MakeRangeCursor(StoreParts* parts, const RangeRequest& request,
                                                             size_t chunk_bytes) {
  auto view = std::make_unique<ReadView::Rep>(parts);
  QUORATE_RETURN_IF_ERROR(CheckRevision(*view, request.revision));
  parts->counts.ranges.fetch_add(1, std::memory_order_relaxed);
  return std::unique_ptr<RangeCursor>(std::make_unique<Cursor>(parts, request, chunk_bytes, std::move(view)));
}

}  // namespace quorate::mvcc
