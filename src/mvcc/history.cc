#include "quorate/mvcc/history.h"

#include <utility>

#include "src/mvcc/meta.h"
#include "src/mvcc/record_walk.h"

namespace quorate::mvcc {

struct History::Rep {
  const storage::Database* database;
  MayGoOn may_go_on;
  std::shared_ptr<const storage::Snapshot> snapshot;
  Meta meta;
  RevisionSet compacted;
};

namespace {

class KeptHistory : public HistoryWalk {
 public:
  KeptHistory(const storage::Database& database, const storage::Snapshot* snapshot, const Meta& meta,
              const RevisionSet& compacted, MayGoOn may_go_on)
      : walk_(database, snapshot, 1, meta.revision, std::move(may_go_on)),
        compacted_revision_(meta.compacted),
        compacted_(compacted) {}

  bool Next() override {
    while (status_.ok() && walk_.Next()) {
      if (!IsKept()) continue;
      const auto fields = DecodeKeyValue(walk_.record().kv);
      if (!fields.has_value()) {
        status_ = MalformedRecord();
        return false;
      }
      fields_ = *fields;
      return true;
    }
    if (status_.ok()) status_ = walk_.status();
    return false;
  }
  absl::Status status() const override { return status_; }
  Revision revision() const override { return walk_.revision(); }
  bool deleted() const override { return walk_.record().deleted; }
  const KeyValueFields& fields() const override { return fields_; }

 private:
  bool IsKept() const {
    const Revision at = walk_.revision();
    if (at.main > compacted_revision_) return true;
    if (deleted() && at.main < compacted_revision_) return false;
    return !compacted_.Contains(at);
  }

  RecordWalk walk_;
  const int64_t compacted_revision_;
  const RevisionSet& compacted_;
  KeyValueFields fields_;
  absl::Status status_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<History>> History::Take(const storage::Database& database, MayGoOn may_go_on) {
  auto rep = std::make_unique<Rep>();
  rep->database = &database;
  rep->may_go_on = std::move(may_go_on);
  rep->snapshot = database.TakeSnapshot();
  QUORATE_ASSIGN_OR_RETURN(rep->meta, ReadMeta(database, rep->snapshot.get()));
  QUORATE_ASSIGN_OR_RETURN(rep->compacted, CompactedRecords(database, rep->snapshot.get(), rep->meta, rep->may_go_on));
  return std::unique_ptr<History>(new History(std::move(rep)));
}

History::History(std::unique_ptr<Rep> rep) : rep_(std::move(rep)) {}
History::~History() = default;

int64_t History::revision() const { return rep_->meta.revision; }
int64_t History::compacted_revision() const { return rep_->meta.compacted; }
const storage::Snapshot* History::snapshot() const { return rep_->snapshot.get(); }

std::unique_ptr<HistoryWalk> History::Walk() const {
  return std::make_unique<KeptHistory>(*rep_->database, rep_->snapshot.get(), rep_->meta, rep_->compacted,
                                       rep_->may_go_on);
}

}  // namespace quorate::mvcc
