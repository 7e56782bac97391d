#pragma once

// The leases there are: a replicated state, changed by committed commands alone and the same on every member. It knows
// nothing of time; when a lease has run out is the Lessor's business, and takes effect as a command like any other.
//
// A lease's id and TTL are stored in the `meta` family with the batch that grants it (docs/formats/store.md). Which
// keys are attached follows from the keys themselves and is gathered anew at start.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "quorate/base/status.h"
#include "quorate/lease/lessor.h"
#include "quorate/lease/request.h"
#include "quorate/mvcc/store.h"
#include "quorate/storage/database.h"

namespace quorate::lease {

// The longest TTL that can be asked for, as in etcd.
inline constexpr int64_t kTtlMaxSeconds = 9'000'000'000;

class Leases final : public mvcc::LeaseKeys {
 public:
  // Tells the lessor, which must outlive it, of leases that came and went.
  explicit Leases(Lessor* lessor);
  ~Leases() override;
  Leases(const Leases&) = delete;
  Leases& operator=(const Leases&) = delete;

  // Reads what is stored, before anything else; opening the mvcc::Store afterwards attaches the keys. DataLoss when
  // malformed.
  absl::Status Load(const storage::Database& database);

  // --- The writer's side, with the store it executes on. A failure is the API's error and leaves no trace.
  // The answers are a LeaseGrantResponse and a LeaseRevokeResponse, headers excluded.
  absl::StatusOr<mvcc::Answer> Grant(const GrantRequest& request, mvcc::Store& store);
  // Deletes the attached keys, ascending, in one revision; none when there are no keys.
  absl::StatusOr<mvcc::Answer> Revoke(const RevokeRequest& request, mvcc::Store& store);
  // What was executed so far is about to be seen by readers: a lease that went must not be renewed at a revision that
  // does not have it, and one that came must be found by who sees a key of it. Once before each Published.
  void Publishing();
  // It has been committed and is seen.
  void Published();
  // It cannot be for now, since the disk refuses it: who waits for it in WhenPublished hears so, and who would wait.
  void PublishRefused(const absl::Status& reason);
  bool Exists(int64_t lease) const override;
  // A store that was made of etcd's data may have keys of a lease that is not there. They are left be and shown to
  // nobody until one of that id is granted, which holds them then: so a lease's keys are always those that name it,
  // whether they are gathered at start or followed.
  void Attach(int64_t lease, std::string_view key) override;
  void Detach(int64_t lease, std::string_view key) override;

  // --- Any thread. How many there are for the writer.
  uint64_t count() const;
  // The writer's state: an answer that shows it leaves through WhenPublished. The next of the lease's keys behind
  // `after`, ascending; none: that was the last. Nothing: there is no such lease. So many at a time that the writer,
  // who goes on between two calls, does not wait long.
  static constexpr size_t kSliceKeysMax = 1000;
  static constexpr size_t kSliceBytesMax = 256 << 10;
  std::optional<std::vector<std::string>> KeysAfter(int64_t lease, std::string_view after) const;
  size_t KeyCount(int64_t lease) const;
  // How long they are together.
  uint64_t KeyBytes(int64_t lease) const;
  // Calls `done` once all that could be seen here before the call is published, or with the reason why nobody knows
  // when: at once, or on the writer's thread. False, and `done` is dropped, when kWaitingMax wait already.
  static constexpr size_t kWaitingMax = 100'000;
  using PublishedDone = std::function<void(absl::Status)>;
  [[nodiscard]] bool WhenPublished(PublishedDone done);

 private:
  struct Rep;
  std::unique_ptr<Rep> rep_;
};

// The stored form, for those who read or make a store as a whole (snapshots).
void SaveLease(int64_t lease, int64_t ttl_seconds, storage::WriteBatch& batch);
// Visits the stored leases, in the order of their ids as unsigned numbers. DataLoss when malformed.
absl::Status VisitStoredLeases(const storage::Database& database, const storage::Snapshot* snapshot,
                               const std::function<void(int64_t lease, int64_t ttl_seconds)>& visit);

}  // namespace quorate::lease
