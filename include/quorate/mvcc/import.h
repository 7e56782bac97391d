#pragma once

// Fills an empty store with a history that was made elsewhere: in an etcd database, or in a saved snapshot. What stands
// in the families afterwards is what the writer would have put there, so that the store goes on from it as from its
// own: every record names its predecessor, and compaction finds the garbage.
//
// One thread. Memory: about 100 bytes and the key itself for each key that is alive at some moment of the walk.

#include <cstdint>
#include <memory>
#include <string_view>

#include "quorate/base/status.h"
#include "quorate/mvcc/revision.h"
#include "quorate/storage/database.h"

namespace quorate::mvcc {

// What is at a higher revision is not taken, so that the store has as many again to go on with.
inline constexpr int64_t kImportedRevisionMax = kRevisionMax / 2;

// One change of a key. Views live for the call only.
struct ImportedChange {
  Revision revision;
  bool deleted = false;
  // An mvccpb.KeyValue in wire form, its fields in any order; of a deletion only the key counts. Empty in a put that
  // stands for no key: such an entry only lifts the revision (`etcdutl snapshot restore --bump-revision` makes one),
  // and is kept because hashes over the history take it in.
  std::string_view kv;
};

struct ImportStatistics {
  uint64_t changes = 0;
  uint64_t live_keys = 0;
  Revision last;  // of the last change; main 0: there was none
};

class Import {
 public:
  // `finished`: the compaction whose garbage the source is known to have removed; -1: none. `mark`: of all writes, see
  // Database::Write. FailedPrecondition when the database holds a history already. It must outlive this.
  static absl::StatusOr<std::unique_ptr<Import>> Begin(storage::Database* database, int64_t finished, uint64_t mark);
  ~Import();
  Import(const Import&) = delete;
  Import& operator=(const Import&) = delete;

  // Revisions must rise. DataLoss when they do not, when one is more than a store can hold, or when the key-value is
  // malformed or contradicts the revision.
  // What compaction left of a key is taken as it is: its first change may be of any version, or a deletion.
  absl::Status Add(const ImportedChange& change);
  // Writes what is still in hand and the store's numbers: it is at the last change's revision, or at the compacted one
  // if that is higher, and `compacted` (-1: never; not below `finished`) is what it refuses to look behind. Not durable
  // before a flush. DataLoss when `compacted` is more than a store can hold.
  absl::Status Finish(int64_t compacted);

  const ImportStatistics& statistics() const;

 private:
  struct Rep;
  explicit Import(std::unique_ptr<Rep> rep);
  std::unique_ptr<Rep> rep_;
};

}  // namespace quorate::mvcc
