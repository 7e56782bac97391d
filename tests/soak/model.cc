#include "tests/soak/model.h"

#include <algorithm>

namespace quorate::soak {
namespace {

const std::string kNoEnd(1, '\0');

const KeyState* StateAt(const std::deque<KeyState>& history, int64_t revision) {
  const auto after = std::upper_bound(history.begin(), history.end(), revision,
                                      [](int64_t wanted, const KeyState& state) { return wanted < state.modified; });
  if (after == history.begin() || std::prev(after)->version == 0) return nullptr;
  return &*std::prev(after);
}

std::string Describe(const KeyState& state) {
  return "{modified " + std::to_string(state.modified) + ", created " + std::to_string(state.created) + ", version " +
         std::to_string(state.version) + ", lease " + std::to_string(state.lease) + ", " +
         std::to_string(state.value.bytes) + " bytes}";
}

KeyState StateOf(const mvccpb::KeyValue& kv) {
  return {.modified = kv.mod_revision(),
          .created = kv.create_revision(),
          .version = kv.version(),
          .lease = kv.lease(),
          .value = ValueMark::Of(kv.value())};
}

}  // namespace

ValueMark ValueMark::Of(std::string_view value) { return {std::hash<std::string_view>()(value), value.size()}; }

bool Contains(const std::string& key, const std::string& range_end, const std::string& candidate) {
  if (range_end.empty()) return candidate == key;
  return candidate >= key && (range_end == kNoEnd || candidate < range_end);
}

std::string Model::Apply(const mvccpb::Event& event) {
  const mvccpb::KeyValue& kv = event.kv();
  std::deque<KeyState>& history = histories_[kv.key()];
  const KeyState before = history.empty() ? KeyState() : history.back();
  if (before.version > 0 && before.lease != 0) {
    const auto attached = attached_.find(before.lease);
    attached->second.erase(kv.key());
    if (attached->second.empty()) attached_.erase(attached);
  }
  KeyState state = StateOf(kv);
  std::string fault;
  if (event.type() == mvccpb::Event::DELETE) {
    if (before.version == 0) fault = "a key is deleted that is not there: " + kv.key();
    state = {.modified = kv.mod_revision()};
  } else {
    const KeyState expected = {.modified = state.modified,
                               .created = before.version == 0 ? state.modified : before.created,
                               .version = before.version + 1,
                               .lease = state.lease,
                               .value = state.value};
    if (state != expected) fault = kv.key() + " is " + Describe(state) + ", expected " + Describe(expected);
    if (state.lease != 0) attached_[state.lease].insert(kv.key());
  }
  history.push_back(state);
  return fault;
}

const KeyState* Model::At(const std::string& key, int64_t revision) const {
  const auto found = histories_.find(key);
  return found == histories_.end() ? nullptr : StateAt(found->second, revision);
}

void Model::ForEach(const std::string& key, const std::string& range_end, int64_t revision,
                    const std::function<void(const std::string&, const KeyState&)>& visit) const {
  for (auto it = histories_.lower_bound(key); it != histories_.end() && Contains(key, range_end, it->first); ++it) {
    if (const KeyState* state = StateAt(it->second, revision)) visit(it->first, *state);
  }
}

std::set<std::string> Model::KeysOf(int64_t lease) const {
  const auto found = attached_.find(lease);
  return found == attached_.end() ? std::set<std::string>() : found->second;
}

void Model::Forget(int64_t before) {
  for (auto it = histories_.begin(); it != histories_.end();) {
    std::deque<KeyState>& history = it->second;
    while (history.size() > 1 && history[1].modified <= before) history.pop_front();
    const bool gone = history.size() == 1 && history[0].version == 0 && history[0].modified <= before;
    it = gone ? histories_.erase(it) : std::next(it);
  }
}

std::string Differ(const mvccpb::KeyValue& found, const KeyState& expected, bool whole) {
  KeyState state = StateOf(found);
  if (!whole) {
    // Keys alone are told without their leases, as etcd tells them.
    state.value = expected.value;
    state.lease = expected.lease;
  }
  return state == expected ? "" : found.key() + " is " + Describe(state) + ", expected " + Describe(expected);
}

}  // namespace quorate::soak
