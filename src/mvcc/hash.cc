#include "absl/container/flat_hash_map.h"
#include "quorate/base/crc32c.h"
#include "quorate/base/errors.h"
#include "src/mvcc/key_codec.h"
#include "src/mvcc/record.h"
#include "src/mvcc/store_parts.h"

namespace quorate::mvcc {
namespace {

using storage::Family;

// What etcd's hash begins with: the name of the table its history is in.
constexpr std::string_view kEtcdTable = "key";

absl::Status Malformed() { return base::MakeStatus(absl::StatusCode::kDataLoss, "a stored record is malformed"); }

// The key under which etcd stores a change.
std::string EtcdKey(Revision revision, bool deleted) {
  const RevisionKey key = EncodeRevision(revision);
  std::string out(key.data(), 8);
  out += '_';
  out.append(key.data() + 8, 8);
  if (deleted) out += 't';
  return out;
}

struct Walked {
  Revision revision;
  Record record;
};

// Calls visit(walked) for every record from main revision `first` to `last`, until it returns a failure.
template <typename Visit>
absl::Status Walk(const storage::Database& database, const storage::Snapshot* snapshot, int64_t first, int64_t last,
                  Visit&& visit) {
  if (last < first) return absl::OkStatus();
  storage::IteratorOptions options;
  options.snapshot = snapshot;
  options.lower_bound = View(EncodeRevision({first, 0}));
  options.upper_bound = View(EncodeRevision({last + 1, 0}));
  options.fill_cache = false;
  auto iterator = database.NewIterator(Family::kRevs, options);
  for (iterator->Seek(options.lower_bound); iterator->Valid(); iterator->Next()) {
    const auto revision = DecodeRevision(iterator->key());
    const auto record = DecodeRecord(iterator->value());
    if (!revision.has_value() || !record.has_value()) return Malformed();
    QUORATE_RETURN_IF_ERROR(visit(Walked{*revision, *record}));
  }
  return iterator->status();
}

// etcd hashes all of history that the compaction left, as it stands at `revision`: of the records up to the compacted
// revision only those that are still their key's newest at `revision` - or all that survived the compaction, when no
// key lives at `revision` at all.
class HistoryHash {
 public:
  HistoryHash(const storage::Database& database, const storage::Snapshot* snapshot, const Meta& meta, int64_t revision)
      : database_(database), snapshot_(snapshot), meta_(meta), revision_(revision) {}

  absl::StatusOr<uint32_t> Run() {
    if (meta_.compacted >= 0) {
      QUORATE_RETURN_IF_ERROR(FindSuperseded());
      QUORATE_RETURN_IF_ERROR(FindLive());
    }
    crc_ = base::Crc32c(kEtcdTable);
    QUORATE_RETURN_IF_ERROR(Walk(database_, snapshot_, 1, revision_, [this](const Walked& one) { return Add(one); }));
    return crc_;
  }

 private:
  // Records up to the compacted revision that something up to `revision_` replaced, with the revision that did. Garbage
  // still waiting for its removal is among them, as the walk begins where the last removal ended.
  absl::Status FindSuperseded() {
    return Walk(database_, snapshot_, std::max<int64_t>(meta_.finished + 1, 1), revision_, [this](const Walked& one) {
      if (!one.record.deleted) ++live_after_;
      if (one.record.previous.main == 0) return absl::OkStatus();
      if (one.record.previous.main > meta_.finished) --live_after_;
      if (one.record.previous.main <= meta_.compacted) {
        superseded_.emplace(one.record.previous, one.revision.main);
      }
      return absl::OkStatus();
    });
  }

  // Whether any key lives at `revision_`: in what came after the last removal, or in what it left.
  absl::Status FindLive() {
    any_live_ = live_after_ > 0;
    if (any_live_) return absl::OkStatus();
    return Walk(database_, snapshot_, 1, std::min(meta_.finished, revision_), [this](const Walked& one) {
      any_live_ = any_live_ || (!one.record.deleted && !superseded_.contains(one.revision));
      return absl::OkStatus();
    });
  }

  bool IsHashed(const Walked& one) const {
    if (one.revision.main > meta_.compacted) return true;
    if (one.record.deleted) return false;
    auto replaced = superseded_.find(one.revision);
    if (replaced == superseded_.end()) return true;
    return !any_live_ && replaced->second > meta_.compacted;
  }

  absl::Status Add(const Walked& one) {
    if (!IsHashed(one)) return absl::OkStatus();
    const auto fields = DecodeKeyValue(one.record.kv);
    if (!fields.has_value()) return Malformed();
    crc_ = base::Crc32c(EtcdKey(one.revision, one.record.deleted), crc_);
    crc_ = base::Crc32c(EncodeAsEtcd(*fields, one.record.deleted), crc_);
    return absl::OkStatus();
  }

  const storage::Database& database_;
  const storage::Snapshot* const snapshot_;
  const Meta& meta_;
  const int64_t revision_;
  absl::flat_hash_map<Revision, int64_t, RevisionHash> superseded_;
  int64_t live_after_ = 0;  // puts after the last removal that nothing replaced
  bool any_live_ = false;
  uint32_t crc_ = 0;
};

}  // namespace

absl::StatusOr<HashResult> HashHistory(const storage::Database& database, int64_t revision) {
  const std::shared_ptr<const storage::Snapshot> snapshot = database.TakeSnapshot();
  QUORATE_ASSIGN_OR_RETURN(const Meta meta, ReadMeta(database, snapshot.get()));
  if (revision > 0 && revision < meta.compacted) return base::errors::Compacted();
  if (revision > meta.revision) return base::errors::FutureRevision();
  HashResult result;
  result.revision = meta.revision;
  result.compact_revision = meta.compacted;
  result.hash_revision = revision == 0 ? meta.revision : revision;
  QUORATE_ASSIGN_OR_RETURN(result.hash, HistoryHash(database, snapshot.get(), meta, result.hash_revision).Run());
  return result;
}

absl::StatusOr<uint32_t> HashEverything(const storage::Database& database) {
  const std::shared_ptr<const storage::Snapshot> snapshot = database.TakeSnapshot();
  uint32_t crc = 0;
  for (Family family : {Family::kMeta, Family::kKeys, Family::kRevs}) {
    storage::IteratorOptions options;
    options.snapshot = snapshot.get();
    options.fill_cache = false;
    auto iterator = database.NewIterator(family, options);
    for (iterator->Seek({}); iterator->Valid(); iterator->Next()) {
      crc = base::Crc32c(iterator->key(), crc);
      crc = base::Crc32c(iterator->value(), crc);
    }
    QUORATE_RETURN_IF_ERROR(iterator->status());
  }
  return crc;
}

}  // namespace quorate::mvcc
