#include "quorate/replica/stopped_member.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "quorate/base/saturating.h"
#include "src/replica/data_directory.h"
#include "src/replica/remedy.h"

namespace quorate::replica {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLockPoll{50};

absl::StatusOr<std::unique_ptr<base::FileLock>> Lock(const std::string& path, std::chrono::nanoseconds patience) {
  const Clock::time_point deadline = base::Later(Clock::now(), patience);
  while (true) {
    auto lock = base::FileLock::Acquire(path);
    const bool held = lock.status().code() == absl::StatusCode::kFailedPrecondition;
    if (!held || (patience.count() != 0 && Clock::now() >= deadline)) return lock;
    std::this_thread::sleep_for(kLockPoll);
  }
}

}  // namespace

absl::StatusOr<StoppedMember> StoppedMember::Open(const std::string& data_dir, Mode mode,
                                                  std::chrono::nanoseconds patience) {
  base::FileSystem& files = base::PosixFileSystem();
  const std::string member = data_dir + "/member";
  if (files.Exists(data_dir + "/" + kEtcdStore)) {
    return base::MakeStatus(absl::StatusCode::kFailedPrecondition,
                            data_dir + " is a data directory of etcd (it has " + kEtcdStore + ")");
  }
  for (const char* name : {"/identity", "/store"}) {
    if (files.Exists(member + name)) continue;
    return base::MakeStatus(absl::StatusCode::kNotFound, "stat " + member + name + ": no such file or directory");
  }
  StoppedMember stopped;
  QUORATE_ASSIGN_OR_RETURN(stopped.lock_, Lock(member + "/lock", patience));
  storage::DatabaseOptions options;
  options.path = member + "/store";
  options.read_only = mode == Mode::kReadOnly;
  options.must_exist = true;
  auto database = storage::Database::Open(options);
  if (!database.ok()) return WithRemedy(StoreFailure(options.path, database.status()));
  stopped.database_ = *std::move(database);
  return stopped;
}

}  // namespace quorate::replica
