#pragma once

// How the descriptors of the process are shared out: to the store's tables, the log and what else is a file, and the
// connections. Each part has its bound, so that clients cannot take what a read of the store needs.

#include <cstdint>

namespace quorate::server {

struct ConnectionShares {
  int clients;
  int peers;
};

ConnectionShares ShareDescriptors(uint64_t limit);

// Says so when there are few for clients.
void WarnOfFewDescriptors(uint64_t limit);

}  // namespace quorate::server
