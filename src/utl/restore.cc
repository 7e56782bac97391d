#include "quorate/utl/restore.h"

#include <algorithm>

#include "quorate/etcdfile/reader.h"
#include "quorate/lease/leases.h"
#include "quorate/mvcc/import.h"

namespace quorate::utl {
namespace {

// Leases written at once.
constexpr size_t kLeaseBatchBytes = 1 << 20;
// Progress is told of every so many changes.
constexpr uint64_t kProgressChanges = 1024;

// What tells in etcd's `auth` bucket whether authentication is on.
constexpr std::string_view kAuthEnabledName = "authEnabled";

absl::Status InFile(const std::string& path, const absl::Status& status) {
  if (status.ok()) return status;
  return base::MakeStatus(status.code(), path + ": " + std::string(base::MessageOf(status)));
}

absl::StatusOr<uint64_t> CountEntries(const etcdfile::SnapshotFile& file, std::string_view bucket) {
  QUORATE_ASSIGN_OR_RETURN(const auto cursor, file.Bucket(bucket));
  uint64_t entries = 0;
  while (cursor->Next()) ++entries;
  QUORATE_RETURN_IF_ERROR(cursor->status());
  return entries;
}

absl::Status CheckAuthentication(const etcdfile::SnapshotFile& file, Restored* restored) {
  QUORATE_ASSIGN_OR_RETURN(const auto cursor, file.Bucket(etcdfile::bucket::kAuth));
  while (cursor->Next()) {
    if (cursor->key() != kAuthEnabledName || cursor->value() != "\x01") continue;
    return base::MakeStatus(absl::StatusCode::kUnimplemented,
                            file.path() +
                                ": authentication is on in this snapshot, which this version cannot keep: "
                                "everybody could read the data. Turn it off (auth disable) and save the "
                                "snapshot again, or restore it with etcdutl");
  }
  QUORATE_RETURN_IF_ERROR(cursor->status());
  QUORATE_ASSIGN_OR_RETURN(const uint64_t users, CountEntries(file, etcdfile::bucket::kAuthUsers));
  QUORATE_ASSIGN_OR_RETURN(const uint64_t roles, CountEntries(file, etcdfile::bucket::kAuthRoles));
  restored->dropped_users_and_roles = users + roles;
  return absl::OkStatus();
}

absl::Status Verify(const etcdfile::SnapshotFile& file, bool skip_hash_check, const RestoreProgress& progress) {
  if (skip_hash_check) return file.CheckStructure();
  return file.VerifyTrailer([&](uint64_t bytes) {
    if (progress) progress(RestoreStage::kVerify, bytes, file.file_bytes());
  });
}

// Copies one snapshot into a new member's store.
class Copy {
 public:
  Copy(const etcdfile::SnapshotFile& file, const RestoreOptions& options, const RestoreProgress& progress,
       replica::NewMember* member, Restored* restored)
      : file_(file), options_(options), progress_(progress), member_(*member), restored_(*restored) {}

  absl::Status Run() {
    QUORATE_RETURN_IF_ERROR(CopyHistory());
    QUORATE_RETURN_IF_ERROR(CopyLeases());
    return CopyAlarms();
  }

 private:
  absl::Status CopyHistory();
  absl::Status Bump(mvcc::Import* import, int64_t* compacted);
  absl::Status CopyLeases();
  absl::Status CopyAlarms();

  const etcdfile::SnapshotFile& file_;
  const RestoreOptions& options_;
  const RestoreProgress& progress_;
  replica::NewMember& member_;
  Restored& restored_;
};

absl::Status Copy::CopyHistory() {
  QUORATE_ASSIGN_OR_RETURN(const etcdfile::MetaValues meta, file_.Meta());
  int64_t compacted = meta.compacted_revision();
  QUORATE_ASSIGN_OR_RETURN(
      const auto import,
      mvcc::Import::Begin(&member_.database(), meta.finished_compact_revision.value_or(-1), member_.mark()));
  QUORATE_ASSIGN_OR_RETURN(etcdfile::HistoryCursor history, file_.History());
  uint64_t untold = 0;
  while (history.Next()) {
    const etcdfile::HistoryEntry& entry = history.entry();
    QUORATE_RETURN_IF_ERROR(InFile(file_.path(), import->Add({entry.revision, entry.deleted, entry.kv})));
    if (progress_ && ++untold >= kProgressChanges) {
      progress_(RestoreStage::kRestore, history.walked_bytes(), file_.database_bytes());
      untold = 0;
    }
  }
  QUORATE_RETURN_IF_ERROR(history.status());
  if (options_.bump_revision > 0) QUORATE_RETURN_IF_ERROR(Bump(import.get(), &compacted));
  QUORATE_RETURN_IF_ERROR(InFile(file_.path(), import->Finish(compacted)));
  if (progress_) progress_(RestoreStage::kRestore, file_.database_bytes(), file_.database_bytes());
  const mvcc::ImportStatistics& statistics = import->statistics();
  restored_.revision = std::max({int64_t{1}, statistics.last.main, compacted});
  restored_.compacted_revision = compacted;
  restored_.keys = statistics.live_keys;
  restored_.changes = statistics.changes;
  return absl::OkStatus();
}

// As etcdutl does it: an entry of no key at the new revision, which is compacted.
absl::Status Copy::Bump(mvcc::Import* import, int64_t* compacted) {
  const int64_t latest = import->statistics().last.main;
  if (options_.bump_revision > static_cast<uint64_t>(mvcc::kImportedRevisionMax - latest)) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                            "revision " + std::to_string(latest) + " cannot be raised by " +
                                std::to_string(options_.bump_revision) + ": the highest to start from is " +
                                std::to_string(mvcc::kImportedRevisionMax));
  }
  const int64_t raised = latest + static_cast<int64_t>(options_.bump_revision);
  QUORATE_RETURN_IF_ERROR(import->Add({{raised, 0}, false, {}}));
  *compacted = std::max(*compacted, raised);
  return absl::OkStatus();
}

absl::Status Copy::CopyLeases() {
  storage::WriteBatch batch;
  QUORATE_RETURN_IF_ERROR(file_.ForEachLease([&](const etcdfile::LeaseEntry& lease) {
    if (lease.id == 0) {
      return base::MakeStatus(absl::StatusCode::kDataLoss, file_.path() + ": a lease has no id");
    }
    lease::SaveLease(lease.id, lease.ttl_seconds, batch);
    ++restored_.leases;
    return batch.bytes() < kLeaseBatchBytes ? absl::OkStatus() : member_.database().Write(batch, member_.mark());
  }));
  return member_.database().Write(batch, member_.mark());
}

absl::Status Copy::CopyAlarms() {
  return file_.ForEachAlarm([&](const etcdfile::AlarmEntry& entry) {
    const replica::Alarm alarm{static_cast<replica::AlarmType>(entry.type), entry.member};
    // etcd raises none of this type, and of no member its form in a snapshot is an empty key, which there cannot be.
    if (alarm.type == replica::AlarmType::kNone) {
      return base::MakeStatus(absl::StatusCode::kDataLoss, file_.path() + ": an alarm is malformed: it has no type");
    }
    restored_.alarms.push_back(alarm);
    return member_.AddAlarm(alarm);
  });
}

}  // namespace

absl::StatusOr<Restored> RestoreSnapshot(const RestoreOptions& options, const RestoreProgress& progress) {
  QUORATE_ASSIGN_OR_RETURN(const auto member, replica::NewMember::Begin(options.member));
  QUORATE_ASSIGN_OR_RETURN(const auto file, etcdfile::SnapshotFile::Open(options.snapshot));
  QUORATE_RETURN_IF_ERROR(Verify(*file, options.skip_hash_check, progress));
  Restored restored;
  QUORATE_RETURN_IF_ERROR(CheckAuthentication(*file, &restored));
  QUORATE_RETURN_IF_ERROR(Copy(*file, options, progress, member.get(), &restored).Run());
  QUORATE_RETURN_IF_ERROR(member->Finish());
  return restored;
}

}  // namespace quorate::utl
