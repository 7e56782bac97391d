#pragma once

// Makes the data directory of a new member whose state comes from elsewhere, for `quorateutl snapshot restore`.
//
// All is built in <data_dir>/member.restoring and gets its name in the last step, so the directory holds either a whole
// member or none; what cannot be finished is taken away again. The log begins anew behind an index above 0, as after a
// snapshot: nobody can mistake the state for what an empty store and the log's entries come to.
//
// One thread.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "quorate/base/file_system.h"
#include "quorate/base/status.h"
#include "quorate/membership/membership.h"
#include "quorate/replica/alarm.h"
#include "quorate/storage/database.h"

namespace quorate::replica {

struct NewMemberOptions {
  std::string data_dir;  // must not exist, or be empty
  std::string wal_dir;   // must not exist, nor overlap with the data; empty: <data_dir>/member/wal
  std::string name;
  std::string cluster_token;
  std::vector<std::pair<std::string, std::string>> initial_cluster;  // name, peer URL; a name may come several times
  base::FileSystem* files = nullptr;  // of what is not the store's; null: the machine's
};

class NewMember {
 public:
  // Checks the options and makes an empty store. InvalidArgument when `name` is not in the cluster, AlreadyExists when
  // a directory is not free, FailedPrecondition when another process is at work in it.
  static absl::StatusOr<std::unique_ptr<NewMember>> Begin(const NewMemberOptions& options);
  // Removes what was made, unless it has its name.
  ~NewMember();
  NewMember(const NewMember&) = delete;
  NewMember& operator=(const NewMember&) = delete;

  const membership::Cluster& cluster() const;
  // To be filled by the caller, every write with mark(). Not after Finish.
  storage::Database& database();
  uint64_t mark() const;
  // One that is raised when the member starts.
  absl::Status AddAlarm(const Alarm& alarm);
  // Adds who the members are, makes the log, makes everything durable and gives it its name. An error that says that
  // the member is complete leaves it there.
  absl::Status Finish();

 private:
  struct Rep;
  explicit NewMember(std::unique_ptr<Rep> rep);
  std::unique_ptr<Rep> rep_;
};

}  // namespace quorate::replica
