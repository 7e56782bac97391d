#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "quorate/mvcc/key_index.h"
#include "quorate/storage/database.h"
#include "src/mvcc/key_history.h"
#include "src/mvcc/state.h"

namespace quorate::mvcc {

// A published state of the index.
class ViewSource final : public KeySource {
 public:
  explicit ViewSource(IndexView view) : view_(std::move(view)) {}
  absl::StatusOr<std::optional<KeyState>> Find(std::string_view key) override { return view_.Find(key); }
  absl::StatusOr<uint64_t> Count(const KeyRange& range) override { return view_.Count(range); }
  absl::Status Scan(const KeyRange& range, const Visit& visit) override;
  const IndexView& view() const { return view_; }

 private:
  IndexView view_;
};

// The writer's own state of the index, uncommitted changes included.
class WriterSource final : public KeySource {
 public:
  explicit WriterSource(const KeyIndex* index) : index_(index) {}
  absl::StatusOr<std::optional<KeyState>> Find(std::string_view key) override { return index_->Find(key); }
  absl::StatusOr<uint64_t> Count(const KeyRange& range) override { return index_->Count(range); }
  absl::Status Scan(const KeyRange& range, const Visit& visit) override;

 private:
  const KeyIndex* index_;
};

// The keys at a past revision, out of the store's `keys` family: right for any revision that is not compacted, slower
// than the index. Waits for the family to have come that far. Compaction must not pass `revision` meanwhile, unless a
// snapshot is given, taken when it had.
class HistorySource final : public KeySource {
 public:
  HistorySource(const storage::Database* database, KeyHistory* key_history, int64_t revision,
                std::shared_ptr<const storage::Snapshot> snapshot = nullptr)
      : database_(database), key_history_(key_history), revision_(revision), snapshot_(std::move(snapshot)) {}
  absl::StatusOr<std::optional<KeyState>> Find(std::string_view key) override;
  absl::StatusOr<uint64_t> Count(const KeyRange& range) override;
  absl::Status Scan(const KeyRange& range, const Visit& visit) override;

 private:
  // Walks the range as Scan does, with the encoded key.
  absl::Status Walk(const KeyRange& range,
                    const std::function<absl::StatusOr<bool>(std::string_view prefix, const KeyState& state)>& visit);

  const storage::Database* const database_;
  KeyHistory* const key_history_;
  const int64_t revision_;
  const std::shared_ptr<const storage::Snapshot> snapshot_;
  std::deque<std::string> visited_;  // keeps the views of Scan alive
};

// The keys of another source with later changes laid over them: of a revision inside the writer's open batch.
class OverlaySource final : public KeySource {
 public:
  // nullopt: deleted. The keys must outlive this.
  using Changes = std::map<std::string_view, std::optional<KeyState>>;

  OverlaySource(std::unique_ptr<KeySource> base, Changes changes)
      : base_(std::move(base)), changes_(std::move(changes)) {}
  absl::StatusOr<std::optional<KeyState>> Find(std::string_view key) override;
  absl::StatusOr<uint64_t> Count(const KeyRange& range) override;
  absl::Status Scan(const KeyRange& range, const Visit& visit) override;

 private:
  std::unique_ptr<KeySource> base_;
  Changes changes_;
};

}  // namespace quorate::mvcc
