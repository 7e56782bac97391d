#pragma once

// The URLs members listen on and advertise: http://host:port, https://host:port, unix:path and unixs:path (with or
// without //). Errors are InvalidArgument and quote the URL; the flag's name is the caller's to put before them.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "quorate/base/status.h"

namespace quorate::config {

struct Url {
  std::string scheme;  // lower case
  std::string host;    // without brackets; empty for sockets
  std::string port;    // decimal; empty for sockets
  std::string path;    // of the socket
};

absl::StatusOr<Url> ParseUrl(std::string_view text);
// Splits at commas, trims spaces, checks each; sorted, each once.
absl::StatusOr<std::vector<std::string>> ParseUrls(std::string_view text);
// Members' names and peer URLs; a name may come several times.
using NamedUrls = std::vector<std::pair<std::string, std::string>>;
// "name=url,name=url": pairs in the order given.
absl::StatusOr<NamedUrls> ParseInitialCluster(std::string_view text);
// Whether --initial-cluster has this member, with just the URLs of --initial-advertise-peer-urls, as etcd asks of a
// first start. Names of hosts are compared as they are written, where etcd resolves those that differ.
absl::Status CheckSelf(const NamedUrls& initial_cluster, const std::string& self,
                       const std::vector<std::string>& advertised);
// Unimplemented when --initial-cluster names another than this member.
absl::Status CheckAlone(const NamedUrls& initial_cluster, const std::string& self);

// One can bind to an IP address or to localhost; other names may mean any number of addresses.
absl::Status CheckListenUrl(const std::string& url);
// Others must be able to dial it: it needs a host.
absl::Status CheckAdvertiseUrl(const std::string& url);
// Whether it needs TLS.
bool IsSecure(std::string_view url);

}  // namespace quorate::config
