#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace quorate::soak {

// What is known of each lease: until when it must be there, and from when on it must be gone. Any thread.
class LeaseLedger {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // Granted or renewed by a call that began and ended then.
  void Renewed(int64_t lease, std::chrono::seconds ttl, Time began, Time ended);
  // From now on it may end at any moment.
  void Revoking(int64_t lease);
  // A new server gives each lease its full time again.
  void Restarted(Time now);
  // Its keys were deleted, the news having come now. What is wrong with that, or nothing.
  std::string Ended(int64_t lease, Time now);
  // Nobody will ask for it any more.
  void Forget(int64_t lease);

  bool HasEnded(int64_t lease) const;
  // Whether the time of a lease that has not ended was over so long ago.
  bool IsOverdue(int64_t lease, std::chrono::seconds ago, Time now) const;
  // Leases that were granted, are not being revoked, and cannot have run out at that time.
  std::vector<int64_t> Certain(Time at) const;

 private:
  struct Entry {
    std::chrono::seconds ttl{0};
    // It must not end before; its end is due after.
    Time earliest_end;
    Time latest_end;
    bool revoking = false;
    bool ended = false;
  };
  mutable std::mutex mutex_;
  std::map<int64_t, Entry> entries_;
};

}  // namespace quorate::soak
