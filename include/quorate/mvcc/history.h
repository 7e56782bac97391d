#pragma once

// All of history that compaction left, at one moment, in the form etcd stores it: for snapshots in etcd's format.
//
// Garbage that waits for its removal is left out, so that what is walked is the history of a store whose last
// compaction is finished: every change after the compacted revision, of those up to it each key's newest, and of the
// deletions only those at the compacted revision itself.

#include <cstdint>
#include <memory>
#include <string>

#include "quorate/base/status.h"
#include "quorate/mvcc/etcd_form.h"
#include "quorate/mvcc/revision.h"
#include "quorate/mvcc/store.h"
#include "quorate/storage/database.h"

namespace quorate::mvcc {

// Walks history in the order of revisions; begins before the first change. One thread at a time.
class HistoryWalk {
 public:
  virtual ~HistoryWalk() = default;
  // Moves to the next change. False at the end, and when something cannot be read: see status().
  virtual bool Next() = 0;
  virtual absl::Status status() const = 0;
  // Of the current change; views are valid until the next move.
  virtual Revision revision() const = 0;
  virtual bool deleted() const = 0;
  virtual const KeyValueFields& fields() const = 0;
};

class History {
 public:
  // Reads what waits for its removal (about two bytes of memory a change): not on a loop thread. The database must
  // outlive the object. DataLoss when a record is malformed. `may_go_on`, which may be empty, is asked now and then, by
  // the walks as well, which pass what is left out, and ends this or them when it says why.
  static absl::StatusOr<std::unique_ptr<History>> Take(const storage::Database& database, MayGoOn may_go_on = {});
  ~History();
  History(const History&) = delete;
  History& operator=(const History&) = delete;

  int64_t revision() const;
  int64_t compacted_revision() const;  // -1: never compacted
  // The moment; what is read with it belongs to this history. Lives as long as this.
  const storage::Snapshot* snapshot() const;
  // Any number of walks, one after the other or at once; each must not outlive this. All give the same.
  std::unique_ptr<HistoryWalk> Walk() const;

 private:
  struct Rep;
  explicit History(std::unique_ptr<Rep> rep);
  std::unique_ptr<Rep> rep_;
};

}  // namespace quorate::mvcc
