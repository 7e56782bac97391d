#pragma once

#include <cstdint>

namespace quorate::storage {

// How many tables a store keeps open in a process that may have so many descriptors.
int OpenTablesMax(uint64_t descriptors);

}  // namespace quorate::storage
