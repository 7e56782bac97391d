#include "src/replica/member_files.h"

#include <string>
#include <utility>
#include <vector>

#include "quorate/base/logging.h"
#include "src/replica/alarms.h"
#include "src/replica/bounds.h"
#include "src/replica/data_directory.h"
#include "src/replica/identity_file.h"
#include "src/replica/remedy.h"

namespace quorate::replica {
namespace {

// What --name and --initial-cluster-token are when not given: an operator who leaves them out means the data's own.
constexpr std::string_view kDefaultName = "default";
constexpr std::string_view kDefaultToken = "etcd-cluster";

struct Paths {
  std::string data, member, store, wal;
};

Paths PathsOf(const ReplicaOptions& options) {
  std::string member = options.data_dir + "/member";
  return {options.data_dir, member, member + "/store", options.wal_dir.empty() ? member + "/wal" : options.wal_dir};
}

absl::Status With(const absl::Status& status, const std::string& what) {
  return base::MakeStatus(status.code(), what + ": " + std::string(base::MessageOf(status)));
}

// Errors of what the store's records say do not know where they come from.
absl::Status InStore(const Paths& paths, const absl::Status& status) {
  const bool named = base::MessageOf(status).find(paths.store) != std::string::npos;
  return status.ok() || named ? status : With(status, "the store in " + paths.store + "/");
}

// A data directory of etcd's own must not be mistaken for an empty one.
absl::Status CheckNotEtcds(base::FileSystem& files, const Paths& paths) {
  if (!files.Exists(paths.data + "/" + kEtcdStore)) return absl::OkStatus();
  return absl::FailedPreconditionError("data directory " + paths.data + " holds etcd's own data (" + kEtcdStore +
                                       "), which is not opened in place; give --data-dir another directory");
}

// Nor must one that a restore was going to fill: the member would begin empty.
absl::Status CheckNotUnfinished(base::FileSystem& files, const Paths& paths) {
  const std::string unfinished = paths.member + kRestoringSuffix;
  if (!files.Exists(unfinished) || files.Exists(paths.member)) return absl::OkStatus();
  return absl::FailedPreconditionError("data directory " + paths.data + " holds a restore that was not finished (" +
                                       unfinished + "); repeat `quorateutl snapshot restore`, or remove it");
}

absl::Status CheckIdentity(const ReplicaOptions& options, const Paths& paths, const DataIdentity& identity) {
  if (options.name != identity.name && options.name != kDefaultName) {
    return absl::FailedPreconditionError("--name is \"" + options.name + "\", but the data in " + paths.data +
                                         " belongs to member \"" + identity.name +
                                         "\"; correct --name or give --data-dir another directory");
  }
  if (options.cluster_token != identity.token && options.cluster_token != kDefaultToken) {
    return absl::FailedPreconditionError("--initial-cluster-token is \"" + options.cluster_token +
                                         "\", but the data in " + paths.data + " belongs to a cluster with token \"" +
                                         identity.token + "\"; correct the token or give --data-dir another directory");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<storage::Database>> OpenDatabase(const Paths& paths, bool read_only) {
  storage::DatabaseOptions options;
  options.read_only = read_only;
  options.path = paths.store;
  auto database = storage::Database::Open(options);
  if (!database.ok()) return StoreFailure(paths.store, database.status());
  return database;
}

// Reads the store's tables as far as that takes little time, before anything is served from them.
absl::Status CheckTables(base::FileSystem& files, const std::vector<storage::TableFile>& tables) {
  uint64_t bytes = 0;
  for (const storage::TableFile& table : tables) {
    bytes += table.bytes;
    if (bytes > kTableBytesCheckedAtStart) break;
    QUORATE_RETURN_IF_ERROR(storage::CheckTableFile(files, table));
  }
  return absl::OkStatus();
}

// The leases, then the keys, which attach themselves to them.
absl::Status OpenState(const ReplicaOptions& options, const Paths& paths, MemberFiles* opened) {
  opened->lessor = std::make_unique<lease::Lessor>(lease::LessorOptions{
      .clock = options.clock != nullptr ? options.clock : &base::SystemClock(),
      .ttl_min_seconds = lease::MinimumTtlSeconds(options.heartbeat_interval, options.election_timeout)});
  opened->leases = std::make_unique<lease::Leases>(opened->lessor.get());
  QUORATE_RETURN_IF_ERROR(InStore(paths, opened->leases->Load(*opened->database)));
  mvcc::StoreOptions store = options.store;
  store.leases = opened->leases.get();
  auto loaded = mvcc::Store::Open(opened->database.get(), std::move(store));
  if (!loaded.ok()) return InStore(paths, loaded.status());
  opened->store = *std::move(loaded);
  return absl::OkStatus();
}

wal::WalOptions LogOptions(const ReplicaOptions& options, base::FileSystem& files, const Paths& paths,
                           const wal::Identity& identity) {
  wal::WalOptions log;
  log.expected_identity = identity;
  log.files = &files;
  log.clock = options.clock;
  log.directory = paths.wal;
  log.sync = options.sync;
  log.end_note = paths.member + "/log-end";
  log.segment_bytes = options.log_segment_bytes;
  return log;
}

absl::Status CheckAlone(const membership::Cluster& cluster) {
  if (cluster.members.size() == 1) return absl::OkStatus();
  return absl::UnimplementedError(
      "--initial-cluster names several members; clusters of more than one member are not yet supported");
}

absl::Status WrittenAlready(const Paths& paths, const std::string& written) {
  return absl::DataLossError(paths.member + "/identity tells of a first start that was not finished, but the " +
                             written + " has been written to");
}

// Makes room for the log of a first start. The `former` one that was not finished has left its own, perhaps made with
// other flags; --wal-dir may also lead to somebody else's, which is refused.
absl::Status RemoveUnusedLog(const ReplicaOptions& options, base::FileSystem& files, const Paths& paths,
                             const std::optional<DataIdentity>& former, wal::Identity expected) {
  if (!wal::Wal::Exists(files, paths.wal)) return absl::OkStatus();
  if (former.has_value()) expected = {former->cluster_id, former->member_id};
  wal::WalOptions log = LogOptions(options, files, paths, expected);
  // Nobody else's is in the data directory, but starts before the former may have made it.
  if (options.wal_dir.empty()) log.expected_identity.reset();
  QUORATE_ASSIGN_OR_RETURN(const bool removed, wal::Wal::RemoveUnused(log));
  if (removed) return absl::OkStatus();
  if (former.has_value()) return WrittenAlready(paths, "log " + paths.wal);
  return absl::FailedPreconditionError("the log directory " + paths.wal +
                                       " holds writes already, but the data directory " + paths.data +
                                       " is new; give --wal-dir another directory");
}

// `former`: what a first start that was not finished said of itself.
absl::StatusOr<MemberFiles> Create(const ReplicaOptions& options, base::FileSystem& files, const Paths& paths,
                                   const std::optional<DataIdentity>& former, MemberFiles opened) {
  if (options.check_first_start) QUORATE_RETURN_IF_ERROR(options.check_first_start());
  QUORATE_ASSIGN_OR_RETURN(opened.cluster,
                           membership::Bootstrap(options.initial_cluster, options.cluster_token, options.name));
  QUORATE_RETURN_IF_ERROR(CheckAlone(opened.cluster));
  const wal::Identity log_identity{opened.cluster.id, opened.cluster.self};
  // Before the identity that tells whose it is goes.
  QUORATE_RETURN_IF_ERROR(RemoveUnusedLog(options, files, paths, former, log_identity));
  DataIdentity identity{false, options.name, options.cluster_token, opened.cluster.id, opened.cluster.self};
  QUORATE_RETURN_IF_ERROR(WriteIdentity(files, paths.member, identity));
  QUORATE_ASSIGN_OR_RETURN(opened.database, OpenDatabase(paths, /*read_only=*/false));
  if (opened.database->durable_mark() > 0) return WrittenAlready(paths, "store " + paths.store);
  storage::WriteBatch batch;
  membership::Save(opened.cluster, batch);
  QUORATE_RETURN_IF_ERROR(opened.database->Write(batch, 0));
  QUORATE_RETURN_IF_ERROR(opened.database->Flush());
  QUORATE_ASSIGN_OR_RETURN(opened.wal, wal::Wal::Create(LogOptions(options, files, paths, log_identity), log_identity));
  opened.recovered.identity = log_identity;
  identity.complete = true;
  QUORATE_RETURN_IF_ERROR(WriteIdentity(files, paths.member, identity));
  QUORATE_RETURN_IF_ERROR(OpenState(options, paths, &opened));
  return opened;
}

absl::StatusOr<MemberFiles> Reopen(const ReplicaOptions& options, base::FileSystem& files, const Paths& paths,
                                   const DataIdentity& identity, MemberFiles opened) {
  if (!files.Exists(paths.store)) {
    return absl::DataLossError("the store " + paths.store + " is missing");
  }
  if (!wal::Wal::Exists(files, paths.wal)) {
    return absl::DataLossError("the log in " + paths.wal + "/ is missing; correct --wal-dir if it is elsewhere");
  }
  // Read first, without changing a byte, for what the log has to fit: a damaged log leaves the store as it was.
  QUORATE_ASSIGN_OR_RETURN(opened.database, OpenDatabase(paths, /*read_only=*/true));
  QUORATE_ASSIGN_OR_RETURN(std::optional<membership::Cluster> cluster, membership::Load(*opened.database));
  if (!cluster.has_value() || cluster->id != identity.cluster_id || cluster->self != identity.member_id) {
    return absl::DataLossError("the store " + paths.store + " does not belong to the member that " + paths.member +
                               "/identity names");
  }
  if (const size_t members = cluster->members.size(); members > 1) {
    return absl::UnimplementedError("the data in " + paths.data + " belongs to a cluster of " +
                                    std::to_string(members) +
                                    " members, and clusters of more than one member are not yet supported; restore the "
                                    "snapshot again with this member alone in --initial-cluster");
  }
  opened.cluster = *std::move(cluster);
  QUORATE_ASSIGN_OR_RETURN(opened.applied, LoadApplied(*opened.database));
  QUORATE_ASSIGN_OR_RETURN(opened.alarms, LoadAlarms(*opened.database));
  QUORATE_RETURN_IF_ERROR(CheckTables(files, opened.database->TableFiles()));
  opened.database.reset();
  wal::WalOptions log = LogOptions(options, files, paths, {identity.cluster_id, identity.member_id});
  QUORATE_ASSIGN_OR_RETURN(opened.wal, wal::Wal::Open(log, opened.applied.index, &opened.recovered));
  QUORATE_ASSIGN_OR_RETURN(opened.database, OpenDatabase(paths, /*read_only=*/false));
  QUORATE_RETURN_IF_ERROR(OpenState(options, paths, &opened));
  return opened;
}

absl::StatusOr<MemberFiles> OpenOrCreate(const ReplicaOptions& options, base::FileSystem& files, const Paths& paths) {
  QUORATE_RETURN_IF_ERROR(CheckNotEtcds(files, paths));
  QUORATE_RETURN_IF_ERROR(CheckNotUnfinished(files, paths));
  if (absl::Status made = files.CreateDirectoriesDurably(paths.member); !made.ok()) {
    return With(made, "cannot use the data directory " + paths.data);
  }
  MemberFiles opened;
  auto lock = base::FileLock::Acquire(paths.member + "/lock");
  if (!lock.ok()) return With(lock.status(), "cannot lock the data directory " + paths.data);
  opened.lock = *std::move(lock);
  // Whoever gave it its name may have been interrupted.
  QUORATE_RETURN_IF_ERROR(files.SyncDirectory(paths.data));
  QUORATE_ASSIGN_OR_RETURN(std::optional<DataIdentity> identity, ReadIdentity(files, paths.member));
  if (!identity.has_value() && (files.Exists(paths.store) || wal::Wal::Exists(files, paths.member + "/wal"))) {
    return absl::DataLossError(paths.member + "/identity is missing beside existing data");
  }
  if (!identity.has_value() || !identity->complete) return Create(options, files, paths, identity, std::move(opened));
  QUORATE_RETURN_IF_ERROR(CheckIdentity(options, paths, *identity));
  return Reopen(options, files, paths, *identity, std::move(opened));
}

}  // namespace

absl::StatusOr<MemberFiles> OpenMemberFiles(const ReplicaOptions& options, base::FileSystem& files) {
  absl::StatusOr<MemberFiles> opened = OpenOrCreate(options, files, PathsOf(options));
  if (!opened.ok()) return WithRemedy(opened.status());
  return opened;
}

}  // namespace quorate::replica
