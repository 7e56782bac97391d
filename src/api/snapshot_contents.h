#pragma once

// What a member holds, as the tables of an etcd database.

#include <memory>
#include <vector>

#include "quorate/base/status.h"
#include "quorate/etcdfile/writer.h"
#include "quorate/mvcc/store.h"
#include "src/api/service_context.h"

namespace quorate::api {

// History, leases and their numbers are those of one moment; members and alarms are those of about that moment. Holds
// a snapshot of the database and 16 bytes a lease. Not on a loop thread; the replica must outlive the result.
// `may_go_on` as with mvcc::History::Take.
absl::StatusOr<std::vector<std::unique_ptr<etcdfile::BucketContents>>> GatherSnapshot(const ServiceContext& context,
                                                                                      mvcc::MayGoOn may_go_on);

}  // namespace quorate::api
