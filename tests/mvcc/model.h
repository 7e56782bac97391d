#pragma once

// MVCC as plainly as it can be said: every key with all its versions, nothing ever thrown away. What the store must
// agree with.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "etcdserverpb/rpc.pb.h"

namespace quorate::mvcc {

class Model {
 public:
  struct Version {
    int64_t main;
    bool deleted;
    mvccpb::KeyValue kv;
  };

  int64_t revision = 1;
  int64_t compacted = -1;
  std::map<std::string, std::vector<Version>> keys;

  std::optional<mvccpb::KeyValue> Find(const std::string& key, int64_t at) const {
    std::optional<mvccpb::KeyValue> found;
    auto versions = keys.find(key);
    if (versions == keys.end()) return found;
    for (const Version& version : versions->second) {
      if (version.main > at) break;
      found = version.deleted ? std::nullopt : std::optional(version.kv);
    }
    return found;
  }

  std::vector<mvccpb::KeyValue> Range(const std::string& key, const std::string& end, int64_t at) const {
    std::vector<mvccpb::KeyValue> found;
    for (const auto& [name, versions] : keys) {
      const bool inside = end.empty() ? name == key : name >= key && (end == std::string(1, '\0') || name < end);
      if (!inside) continue;
      if (auto kv = Find(name, at)) found.push_back(*kv);
    }
    return found;
  }

  // Inside the transaction that makes revision `main`.
  void Put(const std::string& key, const std::string& value, int64_t main) {
    mvccpb::KeyValue kv;
    const auto old = Find(key, main);
    kv.set_key(key);
    kv.set_value(value);
    kv.set_create_revision(old ? old->create_revision() : main);
    kv.set_mod_revision(main);
    kv.set_version(old ? old->version() + 1 : 1);
    keys[key].push_back({main, false, kv});
  }
  int Delete(const std::string& key, const std::string& end, int64_t main) {
    const auto doomed = Range(key, end, main);
    for (const auto& kv : doomed) keys[kv.key()].push_back({main, true, {}});
    return static_cast<int>(doomed.size());
  }
};

}  // namespace quorate::mvcc
