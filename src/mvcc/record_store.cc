#include "src/mvcc/record_store.h"

#include "quorate/base/this_thread.h"
#include "src/mvcc/key_codec.h"
#include "src/mvcc/record.h"

namespace quorate::mvcc {
namespace {

// From so many on that are not in memory, a range is a scan.
constexpr size_t kScanRecords = 64;

absl::Status Bad(Revision revision, const char* what) {
  return base::MakeStatus(absl::StatusCode::kDataLoss, "the record of revision " + Text(revision) + " is " + what);
}

}  // namespace

absl::StatusOr<base::Buffer> RecordStore::FetchOne(Revision revision) {
  if (base::Buffer record = cache_.Find(revision)) return record;
  const uint64_t waited = base::TimesWaited();
  QUORATE_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                           database_->Get(storage::Family::kRevs, View(EncodeRevision(revision))));
  pace_.Took(base::TimesWaited() - waited, 1);
  if (!bytes.has_value()) return Bad(revision, "missing");
  if (!DecodeRecord(*bytes).has_value()) return Bad(revision, "malformed");
  base::Buffer record = base::Buffer::Copy(*bytes);
  cache_.Insert(revision, record);
  return record;
}

absl::Status RecordStore::Fetch(const std::vector<Revision>& revisions, std::vector<base::Buffer>* records,
                                const storage::Snapshot* snapshot) {
  records->resize(revisions.size());
  const std::vector<size_t> missing = cache_.FindAll(revisions, records);
  if (missing.empty()) return absl::OkStatus();

  std::vector<std::string> keys;
  keys.reserve(missing.size());
  for (size_t place : missing) keys.emplace_back(View(EncodeRevision(revisions[place])));
  absl::Status malformed;
  const uint64_t waited = base::TimesWaited();
  QUORATE_RETURN_IF_ERROR(database_->MultiGet(
      storage::Family::kRevs, keys,
      [&](size_t i, std::string_view value) {
        const Revision revision = revisions[missing[i]];
        if (!DecodeRecord(value).has_value()) malformed = Bad(revision, "malformed");
        (*records)[missing[i]] = base::Buffer::Copy(value);
      },
      snapshot));
  QUORATE_RETURN_IF_ERROR(malformed);
  pace_.Took(base::TimesWaited() - waited, missing.size());
  const bool is_scan = missing.size() >= kScanRecords;
  for (size_t place : missing) {
    const base::Buffer& record = (*records)[place];
    if (!record) return Bad(revisions[place], "missing");
    is_scan ? cache_.InsertScanned(revisions[place], record) : cache_.Insert(revisions[place], record);
  }
  return absl::OkStatus();
}

}  // namespace quorate::mvcc
