#pragma once

// Which keys some watchers want, for a thread that reads history on their behalf: an immutable copy of their ranges.

#include <string>
#include <string_view>
#include <vector>

#include "src/watch/matcher.h"

namespace quorate::watch {

class KeyFilter {
 public:
  // Of all groups in the matcher.
  explicit KeyFilter(const Matcher& matcher);
  bool Wants(std::string_view key) const;
  // Groups it was made of.
  size_t ranges() const { return ranges_; }

 private:
  // Ascending, neither overlapping nor touching.
  struct Interval {
    std::string begin;
    std::string end;  // exclusive
    bool unbounded;
  };
  const size_t ranges_;
  std::vector<Interval> intervals_;
};

}  // namespace quorate::watch
