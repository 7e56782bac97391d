#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace quorate::mvcc {

// The keys [begin, end), or from `begin` on when `unbounded`. Views: lives as long as what it was made from.
struct KeyRange {
  std::string_view begin;
  std::string_view end;
  bool unbounded = false;
  bool single = false;  // just `begin`; `end` is not used then

  // From a request's key and range_end: range_end empty: the one key; "\0": from key on (key "\0" too: all keys).
  static KeyRange FromRequest(std::string_view key, std::string_view range_end) {
    KeyRange range;
    range.begin = key;
    range.end = range_end;
    range.single = range_end.empty();
    range.unbounded = range_end.size() == 1 && range_end[0] == '\0';
    return range;
  }

  // The keys of both; may be empty.
  static KeyRange Intersection(const KeyRange& a, const KeyRange& b) {
    if (b.single) return a.Contains(b.begin) ? b : KeyRange();
    if (a.single) return b.Contains(a.begin) ? a : KeyRange();
    KeyRange both;
    both.begin = std::max(a.begin, b.begin);
    both.unbounded = a.unbounded && b.unbounded;
    both.end = a.unbounded ? b.end : b.unbounded ? a.end : std::min(a.end, b.end);
    return both;
  }
  // No key can lie in it.
  bool IsEmpty() const { return !single && !unbounded && end <= begin; }
  bool Contains(std::string_view key) const {
    if (single) return key == begin;
    return key >= begin && (unbounded || key < end);
  }
};

}  // namespace quorate::mvcc
