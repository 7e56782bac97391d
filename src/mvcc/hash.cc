#include <algorithm>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>

#include "quorate/base/crc32c.h"
#include "quorate/base/errors.h"
#include "quorate/mvcc/etcd_form.h"
#include "src/mvcc/key_codec.h"
#include "src/mvcc/record_walk.h"
#include "src/mvcc/store_parts.h"

namespace quorate::mvcc {
namespace {

using storage::Family;

// What etcd's hash begins with: the name of the table its history is in.
constexpr std::string_view kEtcdTable = "key";

// Cancelled once `stop` (may be null) is set.
absl::Status CheckStopped(const std::atomic<bool>* stop) {
  if (stop == nullptr || !stop->load(std::memory_order_relaxed)) return absl::OkStatus();
  return base::MakeStatus(absl::StatusCode::kCancelled, "stopped");
}

// etcd hashes all of history that the compaction left, as it stands at `revision`: of the records up to the compacted
// revision only those that are still their key's newest at `revision` - or all that survived the compaction, when no
// key lives at `revision` at all.
class HistoryHash {
 public:
  HistoryHash(const storage::Database& database, const storage::Snapshot* snapshot, const Meta& meta, int64_t revision,
              std::function<absl::Status()> may_go_on)
      : database_(database), snapshot_(snapshot), meta_(meta), revision_(revision), may_go_on_(std::move(may_go_on)) {}

  absl::StatusOr<uint32_t> Run() {
    if (meta_.compacted >= 0) {
      QUORATE_ASSIGN_OR_RETURN(compacted_, CompactedRecords(database_, snapshot_, meta_, may_go_on_));
      QUORATE_RETURN_IF_ERROR(FindSuperseded());
      QUORATE_RETURN_IF_ERROR(FindLive());
    }
    crc_ = base::Crc32c(kEtcdTable);
    RecordWalk walk = Walk(1, revision_);
    while (walk.Next()) QUORATE_RETURN_IF_ERROR(Add(walk));
    QUORATE_RETURN_IF_ERROR(walk.status());
    return crc_;
  }

 private:
  RecordWalk Walk(int64_t first, int64_t last) const {
    return RecordWalk(database_, snapshot_, first, last, may_go_on_);
  }

  // Records up to the compacted revision that something up to `revision_` replaced. Garbage still waiting for its
  // removal is among them, as the walk begins where the last removal ended.
  absl::Status FindSuperseded() {
    if (!meta_.position.empty()) {
      const std::optional<Revision> position = DecodeRevision(meta_.position);
      if (!position.has_value()) return MalformedRecord();
      removed_to_ = *position;
    }
    RecordWalk walk = Walk(std::max<int64_t>(meta_.finished + 1, 1), revision_);
    while (walk.Next()) {
      if (!walk.record().deleted) ++live_after_;
      const Revision previous = walk.record().previous;
      if (previous.main == 0) continue;
      // Those that the removal under way has come to were not counted: they are gone.
      if (previous.main > meta_.finished && removed_to_ < walk.revision()) --live_after_;
      if (previous.main <= meta_.compacted) superseded_.Insert(previous);
    }
    superseded_.Seal();
    return walk.status();
  }

  // Whether any key lives at `revision_`: in what came after the last removal, or in what it left.
  absl::Status FindLive() {
    any_live_ = live_after_ > 0;
    if (any_live_) return absl::OkStatus();
    RecordWalk walk = Walk(1, std::min(meta_.finished, revision_));
    while (!any_live_ && walk.Next()) any_live_ = !walk.record().deleted && !superseded_.Contains(walk.revision());
    return walk.status();
  }

  bool IsHashed(const RecordWalk& walk) const {
    if (walk.revision().main > meta_.compacted) return true;
    if (walk.record().deleted) return false;
    if (!superseded_.Contains(walk.revision())) return true;
    return !any_live_ && !compacted_.Contains(walk.revision());
  }

  absl::Status Add(const RecordWalk& walk) {
    if (!IsHashed(walk)) return absl::OkStatus();
    const bool deleted = walk.record().deleted;
    const auto fields = DecodeKeyValue(walk.record().kv);
    if (!fields.has_value()) return MalformedRecord();
    crc_ = base::Crc32c(EncodeEtcdKey(walk.revision(), deleted), crc_);
    crc_ = base::Crc32c(EncodeAsEtcd(*fields, deleted), crc_);
    return absl::OkStatus();
  }

  const storage::Database& database_;
  const storage::Snapshot* const snapshot_;
  const Meta& meta_;
  const int64_t revision_;
  const std::function<absl::Status()> may_go_on_;
  RevisionSet compacted_;
  RevisionSet superseded_;
  Revision removed_to_;     // with this record, a removal under way
  int64_t live_after_ = 0;  // puts after the last removal that nothing replaced
  bool any_live_ = false;
  uint32_t crc_ = 0;
};

// As etcd's leaves out up to where the log was executed, which a restart changes: what tells how far files have come.
bool IsProgress(std::string_view meta_name) {
  return meta_name == kKeysCompleteName || meta_name == "storage.mark" || meta_name == "replica/applied";
}

}  // namespace

absl::StatusOr<HashResult> HashHistory(const storage::Database& database, int64_t revision,
                                       const std::atomic<bool>* stop) {
  const std::shared_ptr<const storage::Snapshot> snapshot = database.TakeSnapshot();
  QUORATE_ASSIGN_OR_RETURN(const Meta meta, ReadMeta(database, snapshot.get()));
  if (revision > 0 && revision < meta.compacted) return base::errors::Compacted();
  if (revision > meta.revision) return base::errors::FutureRevision();
  HashResult result;
  result.revision = meta.revision;
  result.compact_revision = meta.compacted;
  result.hash_revision = revision == 0 ? meta.revision : revision;
  const auto may_go_on = [stop] { return CheckStopped(stop); };
  HistoryHash hash(database, snapshot.get(), meta, result.hash_revision, may_go_on);
  QUORATE_ASSIGN_OR_RETURN(result.hash, hash.Run());
  return result;
}

absl::StatusOr<uint32_t> HashEverything(const storage::Database& database, const std::atomic<bool>* stop) {
  const std::shared_ptr<const storage::Snapshot> snapshot = database.TakeSnapshot();
  uint32_t crc = 0;
  // `keys` follows from `revs`, and is behind it.
  for (Family family : {Family::kMeta, Family::kRevs}) {
    storage::IteratorOptions options;
    options.snapshot = snapshot.get();
    options.fill_cache = false;
    auto iterator = database.NewIterator(family, options);
    for (iterator->Seek({}); iterator->Valid(); iterator->Next()) {
      QUORATE_RETURN_IF_ERROR(CheckStopped(stop));
      if (family == Family::kMeta && IsProgress(iterator->key())) continue;
      crc = base::Crc32c(iterator->key(), crc);
      crc = base::Crc32c(iterator->value(), crc);
    }
    QUORATE_RETURN_IF_ERROR(iterator->status());
  }
  return crc;
}

}  // namespace quorate::mvcc
