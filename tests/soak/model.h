#pragma once

// What the store is to hold, at every revision of a window: the events in the order of their revisions make it, and
// whatever is read is compared with it.

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "etcdserverpb/rpc.pb.h"

namespace quorate::soak {

// Of a value only this is kept.
struct ValueMark {
  uint64_t hash = 0;
  size_t bytes = 0;
  static ValueMark Of(std::string_view value);
  bool operator==(const ValueMark&) const = default;
};

// A key from one revision on.
struct KeyState {
  int64_t modified = 0;
  int64_t created = 0;
  int64_t version = 0;  // 0: deleted
  int64_t lease = 0;
  ValueMark value = {};
  bool operator==(const KeyState&) const = default;
};

// Whether the range of a request has the key. An end of one zero byte stands for no end.
bool Contains(const std::string& key, const std::string& range_end, const std::string& candidate);

// One thread at a time.
class Model {
 public:
  // The next event. What is wrong with it given those before, or nothing.
  std::string Apply(const mvccpb::Event& event);

  // The state of a key at a revision; null when it is not there.
  const KeyState* At(const std::string& key, int64_t revision) const;
  // In the order of keys.
  void ForEach(const std::string& key, const std::string& range_end, int64_t revision,
               const std::function<void(const std::string&, const KeyState&)>& visit) const;
  // The keys that the lease has now.
  std::set<std::string> KeysOf(int64_t lease) const;

  // Nobody will ask for a revision before this one any more.
  void Forget(int64_t before);
  size_t keys() const { return histories_.size(); }

 private:
  std::map<std::string, std::deque<KeyState>> histories_;
  std::map<int64_t, std::set<std::string>> attached_;
};

// What differs, or nothing. `whole` is false when the value was not asked for.
std::string Differ(const mvccpb::KeyValue& found, const KeyState& expected, bool whole);

}  // namespace quorate::soak
