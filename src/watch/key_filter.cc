#include "src/watch/key_filter.h"

#include <algorithm>

namespace quorate::watch {

KeyFilter::KeyFilter(const Matcher& matcher) : ranges_(matcher.groups().size()) {
  std::vector<Interval> all;
  all.reserve(matcher.groups().size());
  for (const auto& group : matcher.groups()) {
    all.push_back({group->begin, group->single ? group->begin + '\0' : group->end, group->unbounded});
  }
  std::sort(all.begin(), all.end(), [](const Interval& a, const Interval& b) { return a.begin < b.begin; });
  for (Interval& one : all) {
    if (!intervals_.empty()) {
      Interval& last = intervals_.back();
      if (last.unbounded) break;
      if (one.begin <= last.end) {
        last.unbounded = one.unbounded;
        if (one.end > last.end) last.end = std::move(one.end);
        continue;
      }
    }
    intervals_.push_back(std::move(one));
  }
}

bool KeyFilter::Wants(std::string_view key) const {
  auto after = std::upper_bound(intervals_.begin(), intervals_.end(), key,
                                [](std::string_view sought, const Interval& one) { return sought < one.begin; });
  if (after == intervals_.begin()) return false;
  const Interval& candidate = *std::prev(after);
  return candidate.unbounded || key < candidate.end;
}

}  // namespace quorate::watch
