// The stored form of a cluster, in Protocol Buffers wire format under one key of the meta family:
//   Cluster { 1: id  2: self  3: repeated Member  4: downgrade target }
//   Member  { 1: id  2: name  3: repeated peer URL  4: repeated client URL  5: learner }

#include "quorate/base/wire.h"
#include "quorate/membership/membership.h"

namespace quorate::membership {
namespace {

constexpr std::string_view kClusterKey = "cluster";

std::string Encode(const Member& member) {
  std::string bytes;
  base::wire::AppendVarintField(&bytes, 1, member.id);
  base::wire::AppendBytesField(&bytes, 2, member.name);
  for (const std::string& url : member.peer_urls) base::wire::AppendBytesField(&bytes, 3, url);
  for (const std::string& url : member.client_urls) base::wire::AppendBytesField(&bytes, 4, url);
  base::wire::AppendBoolField(&bytes, 5, member.learner);
  return bytes;
}

std::string Encode(const Cluster& cluster) {
  std::string bytes;
  base::wire::AppendVarintField(&bytes, 1, cluster.id);
  base::wire::AppendVarintField(&bytes, 2, cluster.self);
  for (const Member& member : cluster.members) base::wire::AppendBytesField(&bytes, 3, Encode(member));
  base::wire::AppendBytesField(&bytes, 4, cluster.downgrade_target);
  return bytes;
}

bool Decode(std::string_view bytes, Member* member) {
  base::wire::Reader reader(bytes);
  while (reader.Next()) {
    switch (reader.field()) {
      case 1:
        member->id = reader.varint();
        break;
      case 2:
        member->name = reader.bytes();
        break;
      case 3:
        member->peer_urls.emplace_back(reader.bytes());
        break;
      case 4:
        member->client_urls.emplace_back(reader.bytes());
        break;
      case 5:
        member->learner = reader.boolean();
        break;
      default:
        break;
    }
  }
  return reader.ok() && member->id != 0;
}

bool Decode(std::string_view bytes, Cluster* cluster) {
  base::wire::Reader reader(bytes);
  while (reader.Next()) {
    switch (reader.field()) {
      case 1:
        cluster->id = reader.varint();
        break;
      case 2:
        cluster->self = reader.varint();
        break;
      case 3:
        if (!Decode(reader.bytes(), &cluster->members.emplace_back())) return false;
        break;
      case 4:
        cluster->downgrade_target = reader.bytes();
        break;
      default:
        break;
    }
  }
  return reader.ok() && cluster->id != 0;
}

}  // namespace

void Save(const Cluster& cluster, storage::WriteBatch& batch) {
  batch.Put(storage::Family::kMeta, kClusterKey, Encode(cluster));
}

absl::StatusOr<std::optional<Cluster>> Load(const storage::Database& database) {
  QUORATE_ASSIGN_OR_RETURN(const std::optional<std::string> bytes, database.Get(storage::Family::kMeta, kClusterKey));
  if (!bytes.has_value()) return std::optional<Cluster>();
  Cluster cluster;
  if (!Decode(*bytes, &cluster)) {
    return base::MakeStatus(absl::StatusCode::kDataLoss, "the store's record of the cluster is damaged");
  }
  return std::optional<Cluster>(std::move(cluster));
}

}  // namespace quorate::membership
