#include "quorate/membership/membership.h"

#include <algorithm>
#include <map>
#include <set>

#include "src/membership/digest.h"

namespace quorate::membership {
namespace {

absl::Status InvalidArgument(const std::string& message) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument, message);
}

}  // namespace

uint64_t ComputeMemberId(std::vector<std::string> peer_urls, std::string_view token,
                         std::optional<int64_t> added_at_seconds) {
  std::sort(peer_urls.begin(), peer_urls.end());
  std::string text;
  for (const std::string& url : peer_urls) text += url;
  text += token;
  if (added_at_seconds.has_value()) text += std::to_string(*added_at_seconds);
  return FirstEightBytesOfSha1(text);
}

uint64_t ComputeClusterId(std::vector<uint64_t> member_ids) {
  std::sort(member_ids.begin(), member_ids.end());
  std::string bytes;
  for (const uint64_t id : member_ids) {
    for (int shift = 56; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(id >> shift));
  }
  return FirstEightBytesOfSha1(bytes);
}

const Member* Cluster::Find(uint64_t id) const {
  const auto found =
      std::find_if(members.begin(), members.end(), [&](const Member& member) { return member.id == id; });
  return found == members.end() ? nullptr : &*found;
}

absl::StatusOr<Cluster> Bootstrap(const std::vector<std::pair<std::string, std::string>>& initial_cluster,
                                  std::string_view token, std::string_view self_name) {
  std::map<std::string, std::vector<std::string>> urls_by_name;
  std::set<std::string> urls;
  for (const auto& [name, url] : initial_cluster) {
    if (!urls.insert(url).second) return InvalidArgument("initial cluster has duplicate url " + url);
    urls_by_name[name].push_back(url);
  }
  if (!urls_by_name.contains(std::string(self_name))) {
    return InvalidArgument("couldn't find local name \"" + std::string(self_name) +
                           "\" in the initial cluster configuration");
  }
  Cluster cluster;
  std::vector<uint64_t> ids;
  for (auto& [name, peer_urls] : urls_by_name) {
    std::sort(peer_urls.begin(), peer_urls.end());
    const uint64_t id = ComputeMemberId(peer_urls, token);
    if (cluster.Find(id) != nullptr) return InvalidArgument("initial cluster has two members with the same id");
    if (name == self_name) cluster.self = id;
    ids.push_back(id);
    cluster.members.push_back({.id = id, .name = name, .peer_urls = peer_urls, .client_urls = {}, .learner = false});
  }
  std::sort(cluster.members.begin(), cluster.members.end(),
            [](const Member& a, const Member& b) { return a.id < b.id; });
  cluster.id = ComputeClusterId(std::move(ids));
  return cluster;
}

}  // namespace quorate::membership
