#pragma once

// Whether records that are not in the cache come from memory, the page cache's or RocksDB's, or the disk has to be
// waited for: judged by how often that was so of late. Any thread.

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace quorate::mvcc {

class ReadPace {
 public:
  // Shares of the records that were waited for, in thousandths. Between the two it stays what it was.
  static constexpr int64_t kSlow = 300;
  static constexpr int64_t kFast = 100;

  // So many records were read, and the thread stood still so often meanwhile (base::TimesWaited). How long that took
  // would say less: a thread may also have to wait for a processor.
  void Took(uint64_t waits, size_t records) {
    const auto share = static_cast<int64_t>(waits > records ? 1000 : 1000 * waits / records);
    // Others may write at the same time: what is lost then is one part in kOfLate.
    const int64_t mean = mean_.load(std::memory_order_relaxed);
    const int64_t now = mean + (kScale * share - mean) / kOfLate;
    mean_.store(now, std::memory_order_relaxed);
    const bool slow = slow_.load(std::memory_order_relaxed);
    if (slow ? now < kScale * kFast : now > kScale * kSlow) slow_.store(!slow, std::memory_order_relaxed);
  }
  bool slow() const { return slow_.load(std::memory_order_relaxed); }

 private:
  static constexpr int64_t kOfLate = 64;
  // Of the mean, so that it moves by less than a thousandth, too.
  static constexpr int64_t kScale = 1000;

  std::atomic<int64_t> mean_ = 0;
  std::atomic<bool> slow_ = false;
};

}  // namespace quorate::mvcc
