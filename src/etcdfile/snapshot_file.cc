#include "src/etcdfile/snapshot_file.h"

#include <algorithm>
#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"
#include "quorate/base/big_endian.h"
#include "quorate/base/wire.h"
#include "quorate/mvcc/etcd_form.h"
#include "src/etcdfile/structure_check.h"
#include "src/etcdfile/tree_cursor.h"

namespace quorate::etcdfile {
namespace {

// Numbers of etcd's own tables are big-endian.
std::optional<uint64_t> DecodeNumber(std::string_view bytes) {
  if (bytes.size() != sizeof(uint64_t)) return std::nullopt;
  return base::ReadBigEndian<uint64_t>(bytes.data());
}

// Calls visit(cursor) at every entry of a bucket that holds no buckets.
template <typename Visit>
absl::Status ForEachEntry(const SnapshotFile& file, std::string_view name, Visit&& visit) {
  QUORATE_ASSIGN_OR_RETURN(const std::unique_ptr<BucketCursor> cursor, file.Bucket(name));
  while (cursor->Next()) QUORATE_RETURN_IF_ERROR(visit(*cursor));
  return cursor->status();
}

}  // namespace

KeyMark MarkOf(std::string_view key) {
  const absl::string_view bytes(key.data(), key.size());
  return {absl::HashOf(uint64_t{1}, bytes), absl::HashOf(bytes, uint64_t{2})};
}

bool DecodeEntry(std::string_view kv, EntryFields* fields) {
  *fields = {};
  base::wire::Reader reader(kv);
  while (reader.Next()) {
    if (reader.field() == 1 && reader.IsBytes()) fields->key = reader.bytes();
    if (reader.field() == 2 && reader.IsVarint()) fields->created = reader.int64();
    if (reader.field() == 3 && reader.IsVarint()) fields->modified = reader.int64();
  }
  return reader.ok();
}

HistoryCursor::HistoryCursor(std::unique_ptr<BucketCursor> cursor, std::string path)
    : cursor_(std::move(cursor)), path_(std::move(path)) {}

bool HistoryCursor::Fail(absl::Status status) {
  status_ = std::move(status);
  return false;
}

bool HistoryCursor::Next() {
  if (!status_.ok()) return false;
  if (!cursor_->Next()) return Fail(cursor_->status());
  const auto key = mvcc::DecodeEtcdKey(cursor_->key());
  if (!key.has_value() || cursor_->is_bucket()) {
    return Fail(base::MakeStatus(absl::StatusCode::kDataLoss, path_ + ": history has an entry that is not a revision"));
  }
  // The same revision can stand there twice, with and without the mark of a deletion.
  if (key->revision <= entry_.revision && !entry_.stored_key.empty()) {
    return Fail(base::MakeStatus(absl::StatusCode::kDataLoss,
                                 path_ + ": history has revision " + std::to_string(key->revision.main) + " twice"));
  }
  entry_ = {key->revision, key->deleted, cursor_->value(), cursor_->key()};
  return true;
}

int64_t MetaValues::compacted_revision() const {
  return std::max(finished_compact_revision.value_or(-1), scheduled_compact_revision.value_or(-1));
}

absl::StatusOr<std::unique_ptr<SnapshotFile>> SnapshotFile::Open(const std::string& path, base::FileSystem& files) {
  auto rep = std::make_unique<Rep>();
  QUORATE_ASSIGN_OR_RETURN(rep->pages, PageFile::Open(path, files));
  return std::unique_ptr<SnapshotFile>(new SnapshotFile(std::move(rep)));
}

SnapshotFile::SnapshotFile(std::unique_ptr<Rep> rep) : rep_(std::move(rep)) {}
SnapshotFile::~SnapshotFile() = default;

const std::string& SnapshotFile::path() const { return rep_->pages->path(); }
uint64_t SnapshotFile::file_bytes() const { return rep_->pages->file_bytes(); }
uint64_t SnapshotFile::database_bytes() const { return rep_->pages->meta().page_count * page_bytes(); }
uint32_t SnapshotFile::page_bytes() const { return rep_->pages->meta().page_bytes; }
bool SnapshotFile::has_trailer() const { return HasTrailer(file_bytes()); }
absl::Status SnapshotFile::CheckStructure() const { return CheckPages(*rep_->pages); }

std::unique_ptr<BucketCursor> SnapshotFile::Buckets() const {
  return std::make_unique<TreeCursor>(rep_->pages.get(), rep_->pages->meta().root, 0);
}

absl::StatusOr<std::unique_ptr<BucketCursor>> SnapshotFile::Bucket(std::string_view name) const {
  const std::unique_ptr<BucketCursor> buckets = Buckets();
  while (buckets->Next()) {
    if (buckets->key() == name) return buckets->Descend();
  }
  QUORATE_RETURN_IF_ERROR(buckets->status());
  return std::make_unique<TreeCursor>(rep_->pages.get());
}

absl::StatusOr<HistoryCursor> SnapshotFile::History() const {
  QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<BucketCursor> cursor, Bucket(bucket::kKey));
  return HistoryCursor(std::move(cursor), path());
}

absl::StatusOr<MetaValues> SnapshotFile::Meta() const {
  MetaValues meta;
  QUORATE_RETURN_IF_ERROR(ForEachEntry(*this, bucket::kMeta, [&](const BucketCursor& cursor) {
    const std::string_view name = cursor.key();
    const std::string_view value = cursor.value();
    const auto damaged = [&] { return rep_->pages->Damaged("the value of " + std::string(name) + " is malformed"); };
    const auto revision = [&](std::optional<int64_t>* out) {
      const auto key = mvcc::DecodeEtcdKey(value);
      if (!key.has_value()) return damaged();
      *out = key->revision.main;
      return absl::OkStatus();
    };
    const auto number = [&](std::optional<uint64_t>* out) {
      *out = DecodeNumber(value);
      return out->has_value() ? absl::OkStatus() : damaged();
    };
    if (name == "consistent_index") return number(&meta.consistent_index);
    if (name == "term") return number(&meta.term);
    if (name == "finishedCompactRev") return revision(&meta.finished_compact_revision);
    if (name == "scheduledCompactRev") return revision(&meta.scheduled_compact_revision);
    if (name == "confState") meta.conf_state = value;
    if (name == "storageVersion") meta.storage_version = value;
    return absl::OkStatus();
  }));
  return meta;
}

absl::Status SnapshotFile::ForEachLease(const std::function<absl::Status(const LeaseEntry&)>& visit) const {
  return ForEachEntry(*this, bucket::kLease, [&](const BucketCursor& cursor) {
    LeaseEntry lease;
    base::wire::Reader reader(cursor.value());
    while (reader.Next()) {
      if (reader.field() == 1 && reader.IsVarint()) lease.id = reader.int64();
      if (reader.field() == 2 && reader.IsVarint()) lease.ttl_seconds = reader.int64();
      if (reader.field() == 3 && reader.IsVarint()) lease.remaining_ttl_seconds = reader.int64();
    }
    if (!reader.ok() || DecodeNumber(cursor.key()) != static_cast<uint64_t>(lease.id)) {
      return rep_->pages->Damaged("a lease is malformed");
    }
    return visit(lease);
  });
}

absl::Status SnapshotFile::ForEachAlarm(const std::function<absl::Status(const AlarmEntry&)>& visit) const {
  return ForEachEntry(*this, bucket::kAlarm, [&](const BucketCursor& cursor) {
    AlarmEntry alarm;
    base::wire::Reader reader(cursor.key());
    while (reader.Next()) {
      if (reader.field() == 1 && reader.IsVarint()) alarm.member = reader.varint();
      if (reader.field() == 2 && reader.IsVarint()) alarm.type = reader.enumeration();
    }
    if (!reader.ok()) return rep_->pages->Damaged("an alarm is malformed");
    return visit(alarm);
  });
}

}  // namespace quorate::etcdfile
