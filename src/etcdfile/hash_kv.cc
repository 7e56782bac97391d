#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "quorate/base/crc32c.h"
#include "quorate/base/errors.h"
#include "src/etcdfile/snapshot_file.h"

namespace quorate::etcdfile {
namespace {

// etcd hashes all of history as it stands at a revision; of the changes up to the compacted revision only those that
// are still their key's newest then, unless no key lives at all.
class HistoryHash {
 public:
  HistoryHash(const SnapshotFile& file, const PageFile& pages, const MetaValues& meta, int64_t revision)
      : file_(file),
        pages_(pages),
        finished_(meta.finished_compact_revision.value_or(-1)),
        compacted_(meta.compacted_revision()),
        revision_(revision) {}

  absl::StatusOr<uint32_t> Run() {
    if (compacted_ >= 0) {
      QUORATE_RETURN_IF_ERROR(ForEach([this](const HistoryEntry& entry, KeyMark mark, const EntryFields& fields) {
        Note(entry, mark, fields);
        return absl::OkStatus();
      }));
      QUORATE_RETURN_IF_ERROR(ForEach([this](const HistoryEntry& entry, KeyMark mark, const EntryFields&) {
        any_live_ = any_live_ || (!entry.deleted && IsNewest(entry, mark));
        return absl::OkStatus();
      }));
    }
    crc_ = base::Crc32c(bucket::kKey);
    QUORATE_RETURN_IF_ERROR(ForEach([this](const HistoryEntry& entry, KeyMark mark, const EntryFields&) {
      if (IsHashed(entry, mark)) {
        crc_ = base::Crc32c(entry.stored_key, crc_);
        crc_ = base::Crc32c(entry.kv, crc_);
      }
      return absl::OkStatus();
    }));
    return crc_;
  }

 private:
  template <typename Visit>
  absl::Status ForEach(Visit&& visit) const {
    QUORATE_ASSIGN_OR_RETURN(HistoryCursor cursor, file_.History());
    while (cursor.Next() && cursor.entry().revision.main <= revision_) {
      EntryFields fields;
      if (!DecodeEntry(cursor.entry().kv, &fields)) {
        return pages_.Damaged("the change at revision " + std::to_string(cursor.entry().revision.main) +
                              " is malformed");
      }
      QUORATE_RETURN_IF_ERROR(visit(cursor.entry(), MarkOf(fields.key), fields));
    }
    return cursor.status();
  }

  // Only what can have taken another one's place is kept in mind; what the last finished compaction left cannot.
  void Note(const HistoryEntry& entry, KeyMark mark, const EntryFields& fields) {
    if (entry.revision.main <= finished_ && !entry.deleted) return;
    if (!entry.deleted && fields.created == fields.modified && fields.created != 0) return;
    newest_[mark] = entry.revision;
  }

  bool IsNewest(const HistoryEntry& entry, KeyMark mark) const {
    const auto found = newest_.find(mark);
    return found == newest_.end() || found->second <= entry.revision;
  }

  bool IsHashed(const HistoryEntry& entry, KeyMark mark) const {
    if (entry.revision.main > compacted_) return true;
    if (any_live_) return !entry.deleted && IsNewest(entry, mark);
    return !(entry.deleted && entry.revision.main == compacted_);
  }

  const SnapshotFile& file_;
  const PageFile& pages_;
  const int64_t finished_;
  const int64_t compacted_;
  const int64_t revision_;
  absl::flat_hash_map<KeyMark, mvcc::Revision> newest_;
  bool any_live_ = false;
  uint32_t crc_ = 0;
};

}  // namespace

absl::StatusOr<mvcc::HashResult> SnapshotFile::HashKV(int64_t revision) const {
  QUORATE_ASSIGN_OR_RETURN(const MetaValues meta, Meta());
  mvcc::HashResult result;
  result.compact_revision = meta.compacted_revision();
  // A store begins at revision 1, and is never behind what it compacted.
  result.revision = std::max<int64_t>(1, result.compact_revision);
  QUORATE_ASSIGN_OR_RETURN(HistoryCursor cursor, History());
  while (cursor.Next()) result.revision = std::max(result.revision, cursor.entry().revision.main);
  QUORATE_RETURN_IF_ERROR(cursor.status());
  if (revision > 0 && revision < result.compact_revision) return base::errors::Compacted();
  if (revision > result.revision) return base::errors::FutureRevision();
  result.hash_revision = revision == 0 ? result.revision : revision;
  QUORATE_ASSIGN_OR_RETURN(result.hash, HistoryHash(*this, *rep_->pages, meta, result.hash_revision).Run());
  return result;
}

}  // namespace quorate::etcdfile
