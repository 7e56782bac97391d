#include <algorithm>
#include <deque>
#include <limits>

#include "quorate/base/check.h"
#include "quorate/base/wire.h"
#include "src/mvcc/key_sources.h"
#include "src/mvcc/range.h"
#include "src/mvcc/read_view.h"
#include "src/mvcc/store_parts.h"

namespace quorate::mvcc {
namespace {

// Field numbers of RangeResponse.
constexpr uint32_t kKvs = 2;
constexpr uint32_t kMore = 3;
constexpr uint32_t kCount = 4;

// Keys read in one go: as many as should fill the chunk by what records were like so far, within these.
constexpr size_t kFirstKeys = 16;
constexpr size_t kKeysMax = 512;

class Cursor final : public RangeCursor {
 public:
  // The source and the snapshot show `revision`; with the snapshot held, compaction takes nothing of it away.
  Cursor(StoreParts* parts, const RangeRequest& request, size_t chunk_bytes, int64_t revision,
         std::unique_ptr<KeySource> source, std::shared_ptr<const storage::Snapshot> snapshot)
      : parts_(parts),
        revision_(revision),
        keys_only_(request.keys_only),
        with_lease_(request.sort_target == SortTarget::kValue),
        count_only_(request.count_only),
        chunk_bytes_(chunk_bytes),
        left_(request.limit > 0 ? static_cast<uint64_t>(request.limit) : std::numeric_limits<uint64_t>::max()),
        next_key_(request.key),
        range_end_(request.range_end),
        source_(std::move(source)),
        snapshot_(std::move(snapshot)),
        done_(IsEmptyRange(Rest())) {}

  int64_t revision() const override { return revision_; }

  absl::StatusOr<base::Payload> Next(bool* last) override {
    base::Payload chunk;
    if (count_only_) {
      if (!done_) {
        QUORATE_ASSIGN_OR_RETURN(sent_, source_->Count(Rest()));
      }
      done_ = true;
    }
    while (!done_ && left_ > 0 && chunk.size() < chunk_bytes_) {
      QUORATE_RETURN_IF_ERROR(AppendSome(&chunk));
    }
    *last = done_ || left_ == 0;
    if (*last) QUORATE_RETURN_IF_ERROR(AppendTotals(&chunk));
    return chunk;
  }

 private:
  struct Found {
    std::string_view key;
    KeyState state;
  };

  KeyRange Rest() const {
    KeyRange rest = KeyRange::FromRequest(next_key_, range_end_);
    // After the first keys were sent, an end of one zero byte still means all that follow.
    return rest;
  }

  absl::Status AppendSome(base::Payload* chunk) {
    const size_t wanted = std::min<uint64_t>(left_, KeysToFill(chunk_bytes_ - chunk->size()));
    QUORATE_ASSIGN_OR_RETURN(std::vector<Found> found, Find(wanted + 1));
    const bool more = found.size() > wanted;
    if (more) found.pop_back();
    const size_t before = chunk->size();
    QUORATE_RETURN_IF_ERROR(AppendKvs(found, chunk));
    sent_ += found.size();
    sent_bytes_ += chunk->size() - before;
    left_ -= found.size();
    if (!more) {
      done_ = true;
    } else {
      next_key_.assign(found.back().key);
      next_key_.push_back('\0');
    }
    return absl::OkStatus();
  }

  size_t KeysToFill(size_t bytes) const {
    if (sent_ == 0) return kFirstKeys;
    const uint64_t each = std::max<uint64_t>(sent_bytes_ / sent_, 1);
    return std::clamp<uint64_t>(bytes / each, 1, kKeysMax);
  }

  absl::StatusOr<std::vector<Found>> Find(size_t keys_max) {
    std::vector<Found> found;
    const KeyRange rest = Rest();
    if (rest.single) {
      QUORATE_ASSIGN_OR_RETURN(const std::optional<KeyState> state, source_->Find(rest.begin));
      if (state.has_value()) found.push_back({rest.begin, *state});
      return found;
    }
    QUORATE_RETURN_IF_ERROR(source_->Scan(rest, [&](std::string_view key, const KeyState& state) {
      found.push_back({key, state});
      return found.size() < keys_max;
    }));
    return found;
  }

  absl::Status AppendKvs(const std::vector<Found>& found, base::Payload* chunk) {
    if (keys_only_) {
      for (const Found& one : found) AppendKeyOnly(kKvs, one.key, one.state, with_lease_, chunk);
      return absl::OkStatus();
    }
    std::vector<Revision> revisions;
    revisions.reserve(found.size());
    for (const Found& one : found) revisions.push_back(one.state.modified);
    std::vector<base::Buffer> records;
    QUORATE_RETURN_IF_ERROR(parts_->records.Fetch(revisions, &records, snapshot_.get()));
    for (const base::Buffer& record : records) AppendRecord(kKvs, record, chunk);
    return absl::OkStatus();
  }

  absl::Status AppendTotals(base::Payload* chunk) {
    uint64_t rest = 0;
    if (!done_) {
      QUORATE_ASSIGN_OR_RETURN(rest, source_->Count(Rest()));
    }
    std::string totals;
    base::wire::AppendBoolField(&totals, kMore, rest > 0);
    base::wire::AppendVarintField(&totals, kCount, sent_ + rest);
    chunk->Append(totals);
    return absl::OkStatus();
  }

  StoreParts* const parts_;
  const int64_t revision_;
  const bool keys_only_;
  const bool with_lease_;
  const bool count_only_;
  const size_t chunk_bytes_;
  uint64_t left_;
  std::string next_key_;
  const std::string range_end_;
  const std::unique_ptr<KeySource> source_;
  const std::shared_ptr<const storage::Snapshot> snapshot_;
  bool done_;
  uint64_t sent_ = 0;
  uint64_t sent_bytes_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<RangeCursor>> MakeRangeCursor(StoreParts* parts, const RangeRequest& request,
                                                             size_t chunk_bytes) {
  // The view keeps garbage removal away until the snapshot is taken; a slow reader then holds up nobody.
  ReadView::Rep view(parts);
  QUORATE_RETURN_IF_ERROR(CheckRevision(view, request.revision));
  const int64_t revision = view.revision();
  std::shared_ptr<const storage::Snapshot> snapshot;
  std::unique_ptr<KeySource> source;
  if (request.revision <= 0 || request.revision == revision) {
    snapshot = parts->database->TakeSnapshot();
    source = std::make_unique<ViewSource>(std::move(view.source));
  } else if (IndexView past = parts->index.ViewAt(request.revision)) {
    snapshot = parts->database->TakeSnapshot();
    source = std::make_unique<ViewSource>(std::move(past));
  } else {
    QUORATE_RETURN_IF_ERROR(parts->key_history->WaitFor(request.revision));
    snapshot = parts->database->TakeSnapshot();
    source = std::make_unique<HistorySource>(parts->database, parts->key_history.get(), request.revision, snapshot);
  }
  parts->counts.ranges.fetch_add(1, std::memory_order_relaxed);
  return std::unique_ptr<RangeCursor>(
      std::make_unique<Cursor>(parts, request, chunk_bytes, revision, std::move(source), std::move(snapshot)));
}

}  // namespace quorate::mvcc
