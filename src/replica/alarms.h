#pragma once

// The alarms of the cluster: raised and disarmed by commands, kept in the `meta` family (docs/formats/store.md), and
// what they forbid. The executing thread owns them; anyone may ask which are raised.

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "quorate/base/mutex.h"
#include "quorate/base/status.h"
#include "quorate/mvcc/request.h"
#include "quorate/replica/alarm.h"
#include "quorate/replica/command.h"
#include "quorate/storage/database.h"

namespace quorate::replica {

// As many may be raised at a time: members are few, but a client may raise one for any member it invents.
inline constexpr size_t kAlarmsMax = 4096;

class Alarms {
 public:
  explicit Alarms(const std::vector<Alarm>& stored);

  // --- The executing thread.
  // Executes an etcdserverpb.AlarmRequest: the answer is an AlarmResponse without its header, what changes goes into
  // the batch. Raising an alarm that is raised, and disarming one that is not, changes nothing.
  absl::StatusOr<std::string> Execute(std::string_view request, storage::WriteBatch& batch);
  // Why a command must not be executed just now; OK when it may. A transaction is judged by what it holds.
  absl::Status Refusal(CommandType type) const { return quiet_ ? absl::OkStatus() : RefusalWhileRaised(type); }
  absl::Status Refusal(const mvcc::TxnRequest& txn) const;

  // --- Any thread. By type, then member.
  std::vector<Alarm> raised() const;

 private:
  absl::Status RefusalWhileRaised(CommandType type) const;
  absl::Status Raise(const Alarm& alarm, storage::WriteBatch& batch);
  bool Disarm(const Alarm& alarm, storage::WriteBatch& batch);
  void Judge();

  // What is raised, as the executing thread needs to know it.
  bool quiet_ = true;
  bool no_space_ = false;
  bool corrupt_ = false;
  mutable base::Mutex mutex_;  // guards raised_: changed by the executing thread, read by anyone
  std::set<Alarm> raised_ ABSL_GUARDED_BY(mutex_);
};

// The stored form of one that is raised.
void SaveAlarm(const Alarm& alarm, storage::WriteBatch& batch);
// DataLoss when one is malformed.
absl::StatusOr<std::vector<Alarm>> LoadAlarms(const storage::Database& database);

}  // namespace quorate::replica
