#include "absl/container/flat_hash_set.h"
#include "quorate/base/crc32c.h"
#include "quorate/mvcc/etcd_form.h"
#include "src/etcdfile/snapshot_file.h"

namespace quorate::etcdfile {
namespace {

bool IsDigits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Whether it is a version that etcd shows: three numbers, with or without something behind '-' or '+'.
bool IsVersion(std::string_view text) {
  text = text.substr(0, text.find_first_of("-+"));
  const size_t first = text.find('.');
  if (first == std::string_view::npos) return false;
  const size_t second = text.find('.', first + 1);
  if (second == std::string_view::npos) return false;
  return IsDigits(text.substr(0, first)) && IsDigits(text.substr(first + 1, second - first - 1)) &&
         IsDigits(text.substr(second + 1));
}

// Hashes everything and counts what history leaves alive.
class StatusWalk {
 public:
  explicit StatusWalk(const PageFile& pages) : pages_(pages) {}

  absl::Status Bucket(const BucketCursor& buckets) {
    status_.hash = base::Crc32c(buckets.key(), status_.hash);
    const bool is_history = buckets.key() == bucket::kKey;
    QUORATE_ASSIGN_OR_RETURN(const std::unique_ptr<BucketCursor> cursor, buckets.Descend());
    while (cursor->Next()) {
      status_.hash = base::Crc32c(cursor->key(), status_.hash);
      status_.hash = base::Crc32c(cursor->value(), status_.hash);
      if (is_history) QUORATE_RETURN_IF_ERROR(Change(*cursor));
    }
    return cursor->status();
  }

  SnapshotStatus Take() {
    status_.total_keys = live_.size();
    return status_;
  }

 private:
  absl::Status Change(const BucketCursor& cursor) {
    const auto key = mvcc::DecodeEtcdKey(cursor.key());
    if (!key.has_value()) return pages_.Damaged("history has an entry that is not a revision");
    status_.revision = key->revision.main;
    EntryFields fields;
    if (!DecodeEntry(cursor.value(), &fields)) {
      return pages_.Damaged("the change at revision " + std::to_string(key->revision.main) + " is malformed");
    }
    if (key->deleted) {
      live_.erase(MarkOf(fields.key));
    } else {
      live_.insert(MarkOf(fields.key));
    }
    return absl::OkStatus();
  }

  const PageFile& pages_;
  SnapshotStatus status_;
  absl::flat_hash_set<KeyMark> live_;
};

}  // namespace

absl::StatusOr<SnapshotStatus> SnapshotFile::Status() const {
  QUORATE_RETURN_IF_ERROR(CheckStructure());
  // Bytes inside of values are covered by nothing else.
  if (has_trailer()) QUORATE_RETURN_IF_ERROR(VerifyTrailer());
  StatusWalk walk(*rep_->pages);
  const std::unique_ptr<BucketCursor> buckets = Buckets();
  while (buckets->Next()) QUORATE_RETURN_IF_ERROR(walk.Bucket(*buckets));
  QUORATE_RETURN_IF_ERROR(buckets->status());
  SnapshotStatus status = walk.Take();
  status.total_bytes = database_bytes();
  QUORATE_ASSIGN_OR_RETURN(const MetaValues meta, Meta());
  if (IsVersion(meta.storage_version)) status.version = meta.storage_version;
  return status;
}

}  // namespace quorate::etcdfile
