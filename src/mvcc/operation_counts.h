#pragma once

// What requests take of the store, as etcd's metrics count it: each range, put and deletion on its own, whatever it
// finds, with comparisons and looks for former values as ranges.

#include <cstdint>

namespace quorate::mvcc {

struct OperationCounts {
  uint64_t ranges = 0;
  uint64_t puts = 0;
  uint64_t deletes = 0;
  uint64_t txns = 0;  // of more than one operation

  // Adds the operations of one transaction.
  void Add(uint64_t more_ranges, uint64_t more_puts, uint64_t more_deletes) {
    ranges += more_ranges;
    puts += more_puts;
    deletes += more_deletes;
    txns += more_ranges + more_puts + more_deletes > 1;
  }
};

}  // namespace quorate::mvcc
