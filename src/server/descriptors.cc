#include "src/server/descriptors.h"

#include <algorithm>

#include "quorate/base/logging.h"
#include "quorate/storage/open_tables.h"

namespace quorate::server {
namespace {

// The log's segments, two each, the tables that compactions read and write beside those kept open, listening sockets,
// event loops; far fewer are ever seen.
constexpr uint64_t kOtherFilesMax = 256;
constexpr uint64_t kPeersMax = 64;
// A cluster of Kubernetes of medium size has about a thousand connections.
constexpr int kFewClients = 2'000;

}  // namespace

ConnectionShares ShareDescriptors(uint64_t limit) {
  const uint64_t tables = static_cast<uint64_t>(storage::OpenTablesMax(limit));
  const uint64_t others = std::min(kOtherFilesMax, limit / 8);
  const uint64_t peers = std::min(kPeersMax, limit / 16);
  return {static_cast<int>(limit - tables - others - peers), static_cast<int>(peers)};
}

void WarnOfFewDescriptors(uint64_t limit) {
  const int clients = ShareDescriptors(limit).clients;
  if (clients >= kFewClients) return;
  QUORATE_LOG(kWarn, "the process may have few descriptors, and so few clients; raise its hard limit (ulimit -Hn)",
              {{"descriptors", limit}, {"connections-max", clients}});
}

}  // namespace quorate::server
