#include "quorate/replica/restore.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "quorate/base/file_system.h"
#include "quorate/base/system_error.h"
#include "quorate/wal/wal.h"
#include "src/replica/alarms.h"
#include "src/replica/applied_position.h"
#include "src/replica/data_directory.h"
#include "src/replica/identity_file.h"
#include "src/replica/own_log.h"

namespace quorate::replica {
namespace {

namespace fs = std::filesystem;

constexpr raft::Term kFirstTerm = 1;
// The store is filled once, in long runs: fewer and larger tables mean less to merge.
constexpr size_t kWriteBufferBytes = 256 << 20;

absl::Status Error(absl::StatusCode code, const std::string& what) { return base::MakeStatus(code, what); }

// Paths without a slash at the end, so that their parent is the directory above.
std::string Plain(const std::string& path) {
  const size_t last = path.find_last_not_of('/');
  return last == std::string::npos ? path : path.substr(0, last + 1);
}

// One spelling of a path, whether there is something or not; empty stays empty.
fs::path Canonical(const std::string& path) {
  std::error_code error;
  const fs::path absolute = path.empty() ? fs::path() : fs::absolute(Plain(path), error);
  const fs::path canonical = fs::weakly_canonical(absolute, error);
  return error ? absolute.lexically_normal() : canonical;
}

bool IsInOrEqual(const fs::path& path, const fs::path& directory) {
  return std::mismatch(path.begin(), path.end(), directory.begin(), directory.end()).second == directory.end();
}

}  // namespace

struct NewMember::Rep {
  explicit Rep(const NewMemberOptions& options)
      : options(options),
        data_dir(Plain(options.data_dir)),
        wal_dir(OwnWalDirectory(options)),
        unfinished(data_dir + "/member" + kRestoringSuffix),
        files(options.files != nullptr ? *options.files : base::PosixFileSystem()) {}

  // Empty where the log is in its place inside the member's directory, said or not.
  static std::string OwnWalDirectory(const NewMemberOptions& options);
  absl::Status CheckPlaces() const;
  bool IsLeftOver(const fs::path& entry) const;
  absl::Status CheckFree();
  absl::Status MakeDirectory(const std::string& path);
  absl::Status OpenDatabase();
  absl::Status FinishStore();
  absl::Status MakeLog();
  absl::Status GiveNames();
  void TakeAway();
  bool HasOwnWalDirectory() const { return !wal_dir.empty(); }
  absl::Status ClaimLog();
  std::string UnfinishedWal() const { return own_log != nullptr ? own_log->unfinished() : unfinished + "/wal"; }

  const NewMemberOptions options;
  const std::string data_dir;
  const std::string wal_dir;
  const std::string unfinished;
  base::FileSystem& files;
  membership::Cluster cluster;
  uint64_t mark = 0;
  // Directories that were not there before, outermost first.
  std::vector<std::string> made;
  bool began = false;
  bool finished = false;
  std::unique_ptr<base::FileLock> lock;
  std::unique_ptr<OwnLog> own_log;
  std::unique_ptr<storage::Database> database;
};

std::string NewMember::Rep::OwnWalDirectory(const NewMemberOptions& options) {
  const bool is_default = Canonical(options.wal_dir) == Canonical(options.data_dir) / "member" / "wal";
  return is_default ? "" : Plain(options.wal_dir);
}

// The one could not be given its name once the other has its own.
absl::Status NewMember::Rep::CheckPlaces() const {
  if (!HasOwnWalDirectory()) return absl::OkStatus();
  const fs::path member = Canonical(data_dir) / "member";
  const auto overlaps = [&](const fs::path& log) {
    return IsInOrEqual(member, log) || IsInOrEqual(log, member) || IsInOrEqual(log, Canonical(unfinished));
  };
  if (!overlaps(Canonical(wal_dir)) && !overlaps(Canonical(wal_dir + kRestoringSuffix))) return absl::OkStatus();
  return Error(absl::StatusCode::kInvalidArgument, "wal-dir \"" + wal_dir + "\" overlaps with the data in \"" +
                                                       data_dir +
                                                       "\"; leave it out, or give it a directory of its own");
}

// A restore that was killed leaves its unfinished directories, unlocked: they are in nobody's way.
bool NewMember::Rep::IsLeftOver(const fs::path& entry) const {
  if (entry == unfinished) return true;
  if (!HasOwnWalDirectory() || !files.Exists(unfinished)) return false;
  const fs::path canonical = Canonical(entry.string());
  const fs::path log = Canonical(wal_dir);
  if (canonical == log || canonical == Canonical(wal_dir + kRestoringSuffix)) return true;
  if (!IsInOrEqual(log, canonical)) return false;
  // A directory on the way there.
  std::error_code error;
  fs::directory_iterator inner(entry, error);
  while (!error && inner != fs::end(inner) && IsLeftOver(inner->path())) inner.increment(error);
  return !error && inner == fs::end(inner);
}

absl::Status NewMember::Rep::CheckFree() {
  std::error_code error;
  if (!fs::exists(fs::symlink_status(data_dir, error))) return absl::OkStatus();
  fs::directory_iterator entry(data_dir, error);
  while (!error && entry != fs::end(entry) && IsLeftOver(entry->path())) entry.increment(error);
  if (!error && entry == fs::end(entry)) return absl::OkStatus();
  return Error(absl::StatusCode::kAlreadyExists, "data-dir \"" + data_dir + "\" not empty or could not be read");
}

absl::Status NewMember::Rep::ClaimLog() {
  if (!HasOwnWalDirectory()) return absl::OkStatus();
  QUORATE_ASSIGN_OR_RETURN(own_log, OwnLog::Claim(files, wal_dir, unfinished,
                                                  [this](const std::string& path) { return MakeDirectory(path); }));
  return absl::OkStatus();
}

absl::Status NewMember::Rep::MakeDirectory(const std::string& path) {
  const std::vector<std::string> missing = files.MissingDirectories(path);
  made.insert(made.end(), missing.begin(), missing.end());
  return files.CreateDirectories(path);
}

absl::Status NewMember::Rep::OpenDatabase() {
  storage::DatabaseOptions store;
  store.path = unfinished + "/store";
  store.write_buffer_bytes = kWriteBufferBytes;
  QUORATE_ASSIGN_OR_RETURN(database, storage::Database::Open(store));
  return absl::OkStatus();
}

absl::Status NewMember::Rep::FinishStore() {
  storage::WriteBatch batch;
  membership::Save(cluster, batch);
  SaveApplied({mark, kFirstTerm}, batch);
  QUORATE_RETURN_IF_ERROR(database->Write(batch, mark));
  QUORATE_RETURN_IF_ERROR(database->Flush());
  database.reset();
  return absl::OkStatus();
}

absl::Status NewMember::Rep::MakeLog() {
  const wal::Identity identity{cluster.id, cluster.self};
  wal::WalOptions log;
  log.files = &files;
  log.directory = UnfinishedWal();
  log.spare_segments = 0;
  QUORATE_RETURN_IF_ERROR(MakeDirectory(log.directory));
  QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<wal::Wal> wal, wal::Wal::Create(log, identity));
  QUORATE_RETURN_IF_ERROR(wal->Reset(mark, kFirstTerm, {.term = kFirstTerm, .vote = 0, .commit = mark}));
  QUORATE_RETURN_IF_ERROR(wal->Sync());
  wal->NoteEnd();
  return WriteIdentity(files, unfinished,
                       {.complete = true,
                        .name = options.name,
                        .token = options.cluster_token,
                        .cluster_id = cluster.id,
                        .member_id = cluster.self});
}

// The log first: without a member directory it belongs to nobody yet.
absl::Status NewMember::Rep::GiveNames() {
  if (own_log != nullptr) QUORATE_RETURN_IF_ERROR(own_log->GiveName());
  for (const std::string& directory : made) QUORATE_RETURN_IF_ERROR(files.SyncDirectory(base::ParentOf(directory)));
  QUORATE_RETURN_IF_ERROR(files.SyncDirectory(unfinished));
  const std::string member = data_dir + "/member";
  QUORATE_RETURN_IF_ERROR(files.Rename(unfinished, member));
  // From here on it is whole, and somebody's.
  finished = true;
  if (own_log != nullptr) own_log->Keep();
  if (const absl::Status synced = files.SyncDirectory(data_dir); !synced.ok()) {
    return Error(synced.code(), "the member is complete in " + member +
                                    ", but may not outlast a power failure: " + std::string(base::MessageOf(synced)));
  }
  // Not before: a power failure that took the member's name back would leave a log that nobody knows.
  if (own_log != nullptr) own_log->RemoveMarks(member);
  return absl::OkStatus();
}

void NewMember::Rep::TakeAway() {
  database.reset();
  // While the member's directory is there, what is left of its log is known to be its own.
  own_log.reset();
  std::error_code ignored;
  fs::remove_all(unfinished, ignored);
  for (auto directory = made.rbegin(); directory != made.rend(); ++directory) fs::remove(*directory, ignored);
}

NewMember::NewMember(std::unique_ptr<Rep> rep) : rep_(std::move(rep)) {}

NewMember::~NewMember() {
  if (rep_->began && !rep_->finished) rep_->TakeAway();
}

absl::StatusOr<std::unique_ptr<NewMember>> NewMember::Begin(const NewMemberOptions& options) {
  auto rep = std::make_unique<Rep>(options);
  QUORATE_ASSIGN_OR_RETURN(rep->cluster,
                           membership::Bootstrap(options.initial_cluster, options.cluster_token, options.name));
  // As if each member had been an entry of the log, which is what etcd makes of it.
  rep->mark = rep->cluster.members.size();
  QUORATE_RETURN_IF_ERROR(rep->CheckPlaces());
  QUORATE_RETURN_IF_ERROR(rep->CheckFree());
  std::unique_ptr<NewMember> member(new NewMember(std::move(rep)));
  Rep& made = *member->rep_;
  const bool left_over = made.files.Exists(made.unfinished);
  QUORATE_RETURN_IF_ERROR(made.MakeDirectory(made.unfinished));
  auto lock = base::FileLock::Acquire(made.unfinished + "/lock");
  if (!lock.ok()) return std::move(lock).status();
  made.lock = *std::move(lock);
  made.began = true;
  QUORATE_RETURN_IF_ERROR(made.ClaimLog());
  if (left_over) {
    std::error_code error;
    for (const char* name : {"/store", "/wal", "/identity", "/identity.tmp"}) {
      fs::remove_all(made.unfinished + name, error);
      if (error) return base::SystemError("remove", made.unfinished + name, error.value());
    }
  }
  QUORATE_RETURN_IF_ERROR(made.OpenDatabase());
  return member;
}

const membership::Cluster& NewMember::cluster() const { return rep_->cluster; }
storage::Database& NewMember::database() { return *rep_->database; }
uint64_t NewMember::mark() const { return rep_->mark; }

absl::Status NewMember::AddAlarm(const Alarm& alarm) {
  storage::WriteBatch batch;
  SaveAlarm(alarm, batch);
  return rep_->database->Write(batch, rep_->mark);
}

absl::Status NewMember::Finish() {
  QUORATE_RETURN_IF_ERROR(rep_->FinishStore());
  QUORATE_RETURN_IF_ERROR(rep_->MakeLog());
  return rep_->GiveNames();
}

}  // namespace quorate::replica
