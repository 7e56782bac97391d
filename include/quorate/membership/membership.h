#pragma once

// Who belongs to the cluster. Ids are computed as etcd computes them, so that tools and operators recognise them.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "quorate/base/status.h"
#include "quorate/storage/database.h"

namespace quorate::membership {

struct Member {
  uint64_t id = 0;
  std::string name;  // empty: added, never started
  std::vector<std::string> peer_urls;
  std::vector<std::string> client_urls;
  bool learner = false;

  friend bool operator==(const Member&, const Member&) = default;
};

// First 8 bytes, big endian, of SHA-1 over the sorted peer URLs joined, then the cluster token; for a member added
// later, then the decimal seconds since the epoch.
uint64_t ComputeMemberId(std::vector<std::string> peer_urls, std::string_view token,
                         std::optional<int64_t> added_at_seconds = std::nullopt);
// The same of SHA-1 over the sorted ids, 8 bytes big endian each.
uint64_t ComputeClusterId(std::vector<uint64_t> member_ids);

struct Cluster {
  uint64_t id = 0;
  uint64_t self = 0;
  std::vector<Member> members;  // ascending id
  // "3.6.0" while a downgrade to that version of the API is announced.
  std::string downgrade_target;

  const Member* Find(uint64_t id) const;
};

// The cluster of a first start, from --initial-cluster: (name, peer URL) pairs, a name once per URL. InvalidArgument
// when `self_name` is not among them or two members share a URL.
absl::StatusOr<Cluster> Bootstrap(const std::vector<std::pair<std::string, std::string>>& initial_cluster,
                                  std::string_view token, std::string_view self_name);

// The stored form, in the meta family. Save adds to a batch; Load gives nullopt for a new store.
void Save(const Cluster& cluster, storage::WriteBatch& batch);
absl::StatusOr<std::optional<Cluster>> Load(const storage::Database& database);

}  // namespace quorate::membership
