#pragma once

// The store's own numbers in the `meta` family, each eight bytes big-endian (docs/formats/store.md).

#include <string>
#include <string_view>

#include "quorate/base/status.h"
#include "quorate/storage/database.h"

namespace quorate::mvcc {

// The revision of the last transaction.
inline constexpr std::string_view kRevisionName = "mvcc.revision";
// The compacted revision, plus one: zero stands for none, as etcd counts revision 0 among those that can be compacted.
inline constexpr std::string_view kCompactedName = "mvcc.compacted";
// Bytes of all records ever written, with their entries in `keys`; the writer's.
inline constexpr std::string_view kAddedBytesName = "mvcc.added_bytes";
// The revision up to which `keys` has every entry; later ones follow from `revs`.
inline constexpr std::string_view kKeysCompleteName = "mvcc.history";
// The compaction whose garbage is gone (plus one); the one whose garbage is being removed (plus one) and the record,
// encoded as a key of `revs`, that the removal has come to; the bytes that compactions took away. The background
// compaction's.
inline constexpr std::string_view kFinishedName = "mvcc.finished";
inline constexpr std::string_view kTargetName = "mvcc.target";
inline constexpr std::string_view kPositionName = "mvcc.position";
inline constexpr std::string_view kRemovedBytesName = "mvcc.removed_bytes";

struct Meta {
  bool exists = false;  // false: nothing was ever committed
  int64_t revision = 1;
  int64_t compacted = -1;
  uint64_t added_bytes = 0;
  bool keys_complete_known = false;
  int64_t keys_complete = 1;  // when it is not known: the revision
  int64_t finished = -1;
  int64_t target = -1;
  std::string position;  // empty: nothing of the target's was done yet
  uint64_t removed_bytes = 0;
};

// DataLoss when malformed or contradictory.
absl::StatusOr<Meta> ReadMeta(const storage::Database& database, const storage::Snapshot* snapshot = nullptr);

}  // namespace quorate::mvcc
