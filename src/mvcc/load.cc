#include "src/mvcc/key_codec.h"
#include "src/mvcc/size_class.h"
#include "src/mvcc/store_parts.h"

namespace quorate::mvcc {
namespace {

using storage::Family;

absl::Status Damaged(const std::string& what) {
  return base::MakeStatus(absl::StatusCode::kDataLoss, "the store is damaged: " + what);
}

// The last record must be of a revision that was committed.
absl::Status CheckLastRecord(const storage::Database& database, const Meta& meta) {
  auto iterator = database.NewIterator(Family::kRevs);
  iterator->SeekForPrev(std::string(kRevisionKeyBytes, '\xff'));
  QUORATE_RETURN_IF_ERROR(iterator->status());
  // An empty store is at revision 1.
  const auto last = iterator->Valid() ? DecodeRevision(iterator->key()) : Revision{1, 0};
  if (!last.has_value()) return Damaged("a record's revision is malformed");
  // A restored store may be set to a higher revision, and is compacted there.
  const bool lacks_the_last = last->main < meta.revision && meta.revision != meta.compacted;
  if (last->main > meta.revision || lacks_the_last) {
    return Damaged("its last record is of revision " + Text(*last) + ", but it is at revision " +
                   std::to_string(meta.revision));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<uint64_t> LoadIndex(const storage::Database& database, const Meta& meta, KeyIndex* index,
                                   LeaseKeys* leases) {
  QUORATE_RETURN_IF_ERROR(CheckLastRecord(database, meta));
  storage::IteratorOptions options;
  options.fill_cache = false;
  auto iterator = database.NewIterator(Family::kKeys, options);
  std::string last_prefix;
  uint64_t bytes = 0;
  for (iterator->Seek({}); iterator->Valid(); iterator->Next()) {
    Revision revision;
    const auto prefix = SplitHistoryKey(iterator->key(), &revision);
    if (!prefix.has_value()) return Damaged("a history entry's key is malformed");
    if (revision.main > meta.revision) {
      return Damaged("a key changed at revision " + Text(revision) + ", but the store is at revision " +
                     std::to_string(meta.revision));
    }
    if (*prefix == last_prefix) continue;  // an older entry of the same key
    last_prefix.assign(*prefix);
    std::optional<KeyState> state;
    if (!DecodeHistoryValue(iterator->value(), revision, &state)) return Damaged("a history entry is malformed");
    if (!state.has_value()) continue;
    const auto key = DecodeKeyPrefix(*prefix);
    if (!key.has_value()) return Damaged("a history entry's key is malformed");
    index->LoadAscending(*key, *state);
    bytes += BytesOfClass(state->size_class);
    if (leases != nullptr && state->lease != 0) leases->Attach(state->lease, *key);
  }
  QUORATE_RETURN_IF_ERROR(iterator->status());
  index->FinishLoad(meta.revision);
  return bytes;
}

}  // namespace quorate::mvcc
