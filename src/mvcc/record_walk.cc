#include "src/mvcc/record_walk.h"

#include <algorithm>

#include "src/mvcc/key_codec.h"

namespace quorate::mvcc {

RecordWalk::RecordWalk(const storage::Database& database, const storage::Snapshot* snapshot, Revision first,
                       int64_t last, std::function<absl::Status()> may_go_on)
    : may_go_on_(std::move(may_go_on)) {
  if (last < first.main) return;
  storage::IteratorOptions options;
  options.snapshot = snapshot;
  lower_bound_ = View(EncodeRevision(first));
  options.lower_bound = lower_bound_;
  options.upper_bound = View(EncodeRevision({last + 1, 0}));
  options.fill_cache = false;
  iterator_ = database.NewIterator(storage::Family::kRevs, options);
}

bool RecordWalk::Next() {
  if (iterator_ == nullptr || !status_.ok()) return false;
  if (may_go_on_) status_ = may_go_on_();
  if (!status_.ok()) return false;
  if (begun_) {
    iterator_->Next();
  } else {
    iterator_->Seek(lower_bound_);
    begun_ = true;
  }
  if (!iterator_->Valid()) {
    status_ = iterator_->status();
    return false;
  }
  const auto revision = DecodeRevision(iterator_->key());
  const auto record = DecodeRecord(iterator_->value());
  if (!revision.has_value() || !record.has_value()) {
    status_ = MalformedRecord();
    return false;
  }
  revision_ = *revision;
  record_ = *record;
  return true;
}

std::optional<KeyValueFields> RecordWalk::Fields() {
  std::optional<KeyValueFields> fields = DecodeKeyValue(record_.kv);
  if (!fields.has_value()) status_ = MalformedRecord();
  return fields;
}

absl::StatusOr<RevisionSet> CompactedRecords(const storage::Database& database, const storage::Snapshot* snapshot,
                                             const Meta& meta, std::function<absl::Status()> may_go_on) {
  RevisionSet replaced;
  RecordWalk walk(database, snapshot, std::max<int64_t>(meta.finished + 1, 1), meta.compacted, std::move(may_go_on));
  while (walk.Next()) {
    if (walk.record().previous.main != 0) replaced.Insert(walk.record().previous);
  }
  QUORATE_RETURN_IF_ERROR(walk.status());
  replaced.Seal();
  return replaced;
}

}  // namespace quorate::mvcc
