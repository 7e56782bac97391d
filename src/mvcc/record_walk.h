#pragma once

// Walks the records of `revs` in the order of history, each decoded.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "quorate/base/status.h"
#include "quorate/mvcc/revision.h"
#include "quorate/storage/database.h"
#include "src/mvcc/meta.h"
#include "src/mvcc/record.h"
#include "src/mvcc/revision_set.h"

namespace quorate::mvcc {

class RecordWalk {
 public:
  // From revision `first` to the end of main revision `last`; begins before the first record. `may_go_on`, which may be
  // empty, is asked at each record, as any may be long, and ends it when it says why.
  RecordWalk(const storage::Database& database, const storage::Snapshot* snapshot, Revision first, int64_t last,
             std::function<absl::Status()> may_go_on = {});
  RecordWalk(const storage::Database& database, const storage::Snapshot* snapshot, int64_t first, int64_t last,
             std::function<absl::Status()> may_go_on = {})
      : RecordWalk(database, snapshot, Revision{first, 0}, last, std::move(may_go_on)) {}

  // False at the end, and when something cannot be read.
  bool Next();
  const absl::Status& status() const { return status_; }
  Revision revision() const { return revision_; }
  // Its views are valid until the next move.
  const Record& record() const { return record_; }
  // As it is stored.
  std::string_view bytes() const { return iterator_->value(); }
  // What the record says of its key, decoded; nothing, and a status that is not OK, when it is malformed.
  std::optional<KeyValueFields> Fields();

 private:
  std::unique_ptr<storage::Iterator> iterator_;  // null: the range is empty
  std::string lower_bound_;
  const std::function<absl::Status()> may_go_on_;
  bool begun_ = false;
  Revision revision_;
  Record record_;
  absl::Status status_;
};

// The records up to the compacted revision that another one up to it replaced: those that wait for their removal, and
// some that are gone already. The result is sealed. `may_go_on` as with a walk.
absl::StatusOr<RevisionSet> CompactedRecords(const storage::Database& database, const storage::Snapshot* snapshot,
                                             const Meta& meta, std::function<absl::Status()> may_go_on);

}  // namespace quorate::mvcc
