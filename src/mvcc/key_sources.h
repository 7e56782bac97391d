#pragma once

// Where the keys at a revision are found: in the index, in the writer's own state of it, in the `keys` family, or in
// what an open batch has changed of one of these.

#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "quorate/mvcc/key_index.h"
#include "quorate/storage/database.h"
#include "src/mvcc/keys_family.h"
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
// snapshot is given, taken when it had. `may_go_on`, which may be empty, is asked now and then, where all keys on the
// way are deleted as well, and ends it when it says why.
class FamilySource final : public KeySource {
 public:
  FamilySource(const storage::Database* database, KeysFamily* keys_family, int64_t revision,
               std::shared_ptr<const storage::Snapshot> snapshot = nullptr,
               std::function<absl::Status()> may_go_on = {})
      : database_(database),
        keys_family_(keys_family),
        revision_(revision),
        snapshot_(std::move(snapshot)),
        may_go_on_(std::move(may_go_on)) {}
  absl::StatusOr<std::optional<KeyState>> Find(std::string_view key) override;
  absl::StatusOr<uint64_t> Count(const KeyRange& range) override;
  absl::Status Scan(const KeyRange& range, const Visit& visit) override;
  bool keeps_keys() const override { return false; }

 private:
  // Walks the range as Scan does, with the encoded key.
  absl::Status Walk(const KeyRange& range,
                    const std::function<absl::StatusOr<bool>(std::string_view prefix, const KeyState& state)>& visit);

  const storage::Database* const database_;
  KeysFamily* const keys_family_;
  const int64_t revision_;
  const std::shared_ptr<const storage::Snapshot> snapshot_;
  const std::function<absl::Status()> may_go_on_;
};

// Reads from another source patiently (ReadPatiently); a scan goes on where it was interrupted.
class PatientSource final : public KeySource {
 public:
  explicit PatientSource(std::unique_ptr<KeySource> base) : base_(std::move(base)) {}
  absl::StatusOr<std::optional<KeyState>> Find(std::string_view key) override;
  absl::StatusOr<uint64_t> Count(const KeyRange& range) override;
  absl::Status Scan(const KeyRange& range, const Visit& visit) override;
  bool keeps_keys() const override { return base_->keeps_keys(); }

 private:
  const std::unique_ptr<KeySource> base_;
};

// Where others wait for a list of the past, or nobody comes for the same state again, the index is not rolled back over
// more changes than this: it takes about as long to piece so many keys together from the `keys` family.
inline constexpr uint64_t kRolledChangesMax = 4096;

struct PastOptions {
  // A list rolls the index back over at most so many changes, if the `keys` family has its state as well.
  uint64_t rolled_changes_max = std::numeric_limits<uint64_t>::max();
  // What the family cannot read for want of descriptors or memory is read when there is some again.
  bool patient = false;
  // Taken when the family had the state: from then on compaction may pass the revision.
  std::shared_ptr<const storage::Snapshot> snapshot = nullptr;
  // Ends what walks the family (FamilySource). Not for the patient, who might try again.
  std::function<absl::Status()> may_go_on = {};
};

// The keys of `range` at a committed revision that is not compacted, or that the snapshot has: out of the index, or of
// the `keys` family where that is cheaper.
std::unique_ptr<KeySource> PastSource(const storage::Database* database, KeysFamily* keys_family, KeyIndex* index,
                                      int64_t revision, const KeyRange& range, const PastOptions& options = {});

// What PastSource costs beyond the visit of the keys, in visits of a key.
uint64_t PastCost(const KeysFamily& keys_family, const KeyIndex& index, int64_t revision, const KeyRange& range);

// Changes of the index by key, each key's in the order of revisions.
class Overlay {
 public:
  struct Change {
    Revision revision;
    std::optional<KeyState> state;  // nullopt: deleted
  };
  using Changes = std::map<std::string_view, std::vector<Change>>;

  // In the order of revisions. `key` must live until Clear.
  void Add(std::string_view key, Revision revision, std::optional<KeyState> state) {
    changes_[key].push_back({revision, std::move(state)});
  }
  void Clear() { changes_.clear(); }
  const Changes& changes() const { return changes_; }

 private:
  Changes changes_;
};

// The keys of another source with the changes of an overlay up to a main revision laid over them: of a revision inside
// the writer's open batch. The overlay must outlive it unchanged.
class OverlaySource final : public KeySource {
 public:
  OverlaySource(std::unique_ptr<KeySource> base, const Overlay* overlay, int64_t revision)
      : base_(std::move(base)), changes_(overlay->changes()), revision_(revision) {}
  absl::StatusOr<std::optional<KeyState>> Find(std::string_view key) override;
  absl::StatusOr<uint64_t> Count(const KeyRange& range) override;
  absl::Status Scan(const KeyRange& range, const Visit& visit) override;
  bool keeps_keys() const override { return base_->keeps_keys(); }

 private:
  // A key's last change up to the revision; null when all of them came later.
  const Overlay::Change* LastOf(const std::vector<Overlay::Change>& changes) const;

  const std::unique_ptr<KeySource> base_;
  const Overlay::Changes& changes_;
  const int64_t revision_;
};

}  // namespace quorate::mvcc
