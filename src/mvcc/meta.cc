#include "src/mvcc/meta.h"

#include <string>

#include "quorate/mvcc/revision.h"
#include "src/mvcc/key_codec.h"

namespace quorate::mvcc {
namespace {

absl::StatusOr<std::optional<uint64_t>> ReadNumber(const storage::Database& database, std::string_view name,
                                                   const storage::Snapshot* snapshot) {
  QUORATE_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                           database.Get(storage::Family::kMeta, name, snapshot));
  if (!bytes.has_value()) return std::optional<uint64_t>();
  const std::optional<uint64_t> number = DecodeNumber(*bytes);
  if (!number.has_value()) {
    return base::MakeStatus(absl::StatusCode::kDataLoss, "the store's " + std::string(name) + " is malformed");
  }
  return number;
}

}  // namespace

absl::StatusOr<Meta> ReadMeta(const storage::Database& database, const storage::Snapshot* snapshot) {
  Meta meta;
  QUORATE_ASSIGN_OR_RETURN(const auto revision, ReadNumber(database, kRevisionName, snapshot));
  QUORATE_ASSIGN_OR_RETURN(const auto compacted, ReadNumber(database, kCompactedName, snapshot));
  QUORATE_ASSIGN_OR_RETURN(const auto added, ReadNumber(database, kAddedBytesName, snapshot));
  QUORATE_ASSIGN_OR_RETURN(const auto keys_complete, ReadNumber(database, kKeysCompleteName, snapshot));
  QUORATE_ASSIGN_OR_RETURN(const auto finished, ReadNumber(database, kFinishedName, snapshot));
  QUORATE_ASSIGN_OR_RETURN(const auto target, ReadNumber(database, kTargetName, snapshot));
  QUORATE_ASSIGN_OR_RETURN(const auto position, database.Get(storage::Family::kMeta, kPositionName, snapshot));
  QUORATE_ASSIGN_OR_RETURN(const auto removed, ReadNumber(database, kRemovedBytesName, snapshot));
  meta.exists = revision.has_value();
  if (revision.has_value()) meta.revision = static_cast<int64_t>(*revision);
  meta.compacted = static_cast<int64_t>(compacted.value_or(0)) - 1;
  meta.added_bytes = added.value_or(0);
  meta.keys_complete_known = keys_complete.has_value();
  meta.keys_complete = keys_complete.has_value() ? static_cast<int64_t>(*keys_complete) : meta.revision;
  meta.finished = static_cast<int64_t>(finished.value_or(0)) - 1;
  meta.target = static_cast<int64_t>(target.value_or(0)) - 1;
  if (meta.target > meta.finished) meta.position = position.value_or("");
  meta.removed_bytes = removed.value_or(0);
  if (meta.revision > kRevisionMax) {
    return base::MakeStatus(absl::StatusCode::kDataLoss,
                            "the store is at revision " + std::to_string(meta.revision) + ", more than there can be");
  }
  if (meta.revision < 1 || meta.keys_complete < 1 || meta.keys_complete > meta.revision ||
      meta.compacted > meta.revision || meta.finished > meta.compacted || meta.target > meta.compacted ||
      meta.removed_bytes > meta.added_bytes) {
    return base::MakeStatus(absl::StatusCode::kDataLoss,
                            "the store's numbers contradict each other: revision " + std::to_string(meta.revision) +
                                ", compacted " + std::to_string(meta.compacted) + ", finished " +
                                std::to_string(meta.finished) + ", history " + std::to_string(meta.keys_complete) +
                                ", bytes added " + std::to_string(meta.added_bytes) + " and removed " +
                                std::to_string(meta.removed_bytes));
  }
  return meta;
}

}  // namespace quorate::mvcc
