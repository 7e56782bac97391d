#pragma once

// Copies the keys of one cluster to another and keeps them equal.

#include <atomic>
#include <string>

#include "etcdserverpb/rpc.pb.h"
#include "quorate/base/status.h"

namespace quorate::ctl {

class Cancellation;
class Client;

struct MirrorPlan {
  // The keys to mirror; all if empty.
  std::string prefix;
  // What stands in the copies' names for the prefix.
  std::string destination_prefix;
  // Above 1: what changed from this revision on, without what was there before.
  int64_t revision = 0;
  // Largest number of operations in a transaction at the destination; 0 is no limit.
  uint64_t max_txn_ops = 0;
};

// Used by one thread.
class Mirror {
 public:
  // The clients outlive it.
  Mirror(Client& source, Client& destination, MirrorPlan plan);

  // Copies until it fails or is cancelled.
  absl::Status Run(Cancellation& cancellation);
  // Keys written and deleted at the destination so far. Any thread.
  int64_t total() const { return total_; }

 private:
  absl::Status CopyBase(Cancellation& cancellation);
  absl::Status CopyUpdates(Cancellation& cancellation);
  absl::Status Apply(const etcdserverpb::WatchResponse& response, Cancellation& cancellation);
  absl::Status Commit(etcdserverpb::TxnRequest& txn, Cancellation& cancellation);
  absl::StatusOr<std::string> NameOfCopy(const std::string& key) const;

  Client& source_;
  Client& destination_;
  const MirrorPlan plan_;
  int64_t copied_revision_ = 0;
  std::atomic<int64_t> total_ = 0;
};

}  // namespace quorate::ctl
