#include "quorate/config/url.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "absl/strings/str_join.h"

namespace quorate::config {
namespace {

constexpr int kPortMax = 65535;

absl::Status Wrong(std::string_view message) { return base::MakeStatus(absl::StatusCode::kInvalidArgument, message); }

absl::Status Invalid(std::string_view reason, std::string_view url) {
  return Wrong(std::string(reason) + ": " + std::string(url));
}

// Those of `wanted` that are not in `present`.
std::vector<std::string> Missing(const std::vector<std::string>& wanted, const std::vector<std::string>& present) {
  std::vector<std::string> missing;
  for (const std::string& url : wanted) {
    if (std::find(present.begin(), present.end(), url) == present.end()) missing.push_back(url);
  }
  return missing;
}

// As --initial-cluster has them; not empty.
std::string JoinNamed(const std::string& name, const std::vector<std::string>& urls) {
  return name + "=" + absl::StrJoin(urls, "," + name + "=");
}

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kSpaces = " \t\r\n";
  const size_t first = text.find_first_not_of(kSpaces);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpaces) - first + 1);
}

bool IsPort(std::string_view port) {
  if (port.empty() || port.size() > 5) return false;
  int number = 0;
  for (const char digit : port) {
    if (digit < '0' || digit > '9') return false;
    number = number * 10 + (digit - '0');
  }
  return number <= kPortMax;
}

bool IsHostCharacter(char character) {
  const auto byte = static_cast<unsigned char>(character);
  return byte >= 0x80 || std::isalnum(byte) != 0 || character == '.' || character == '-' || character == '_';
}

// "host:port" or "[address]:port".
absl::StatusOr<Url> ParseAuthority(std::string scheme, std::string_view authority, std::string_view text) {
  const size_t slash = authority.find_first_of("/?#");
  if (slash != std::string_view::npos) return Invalid("URL must not contain a path", text);
  if (authority.find('@') != std::string_view::npos) return Invalid("URL must not contain a user name", text);
  Url url{.scheme = std::move(scheme), .host = "", .port = "", .path = ""};
  std::string_view port;
  const bool bracketed = authority.starts_with('[');
  const size_t colon = authority.rfind(':');
  const std::string_view no_port = R"(URL address does not have the form "host:port")";
  if (colon == std::string_view::npos) return Invalid(no_port, text);
  std::string_view host = authority.substr(0, colon);
  port = authority.substr(colon + 1);
  if (bracketed) {
    if (!host.ends_with(']')) return Invalid(no_port, text);
    host = host.substr(1, host.size() - 2);
    std::array<unsigned char, 16> address;
    if (inet_pton(AF_INET6, std::string(host.substr(0, host.find('%'))).c_str(), address.data()) != 1) {
      return Invalid("URL has no IPv6 address between its brackets", text);
    }
  } else if (!std::all_of(host.begin(), host.end(), IsHostCharacter)) {
    return Invalid(host.find(':') == std::string_view::npos ? "URL has an invalid character in its host"
                                                            : "URL has an IPv6 address without brackets",
                   text);
  }
  if (!IsPort(port)) return Invalid("URL port is not a number from 0 to 65535", text);
  url.host = host;
  url.port = port;
  return url;
}

bool IsIpAddress(const std::string& host) {
  std::array<unsigned char, 16> address;
  return inet_pton(AF_INET, host.c_str(), address.data()) == 1 ||
         inet_pton(AF_INET6, host.c_str(), address.data()) == 1;
}

}  // namespace

absl::StatusOr<Url> ParseUrl(std::string_view text) {
  const size_t colon = text.find(':');
  std::string scheme(text.substr(0, colon == std::string_view::npos ? 0 : colon));
  for (char& letter : scheme) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  const bool is_socket = scheme == "unix" || scheme == "unixs";
  if (!is_socket && scheme != "http" && scheme != "https") {
    return Invalid("URL scheme must be http, https, unix, or unixs", text);
  }
  std::string_view rest = text.substr(colon + 1);
  const bool has_slashes = rest.starts_with("//");
  if (has_slashes) rest.remove_prefix(2);
  if (is_socket) {
    if (rest.empty()) return Invalid("URL names no socket", text);
    return Url{.scheme = std::move(scheme), .host = "", .port = "", .path = std::string(rest)};
  }
  if (!has_slashes) return Invalid(R"(URL address does not have the form "host:port")", text);
  return ParseAuthority(std::move(scheme), rest, text);
}

absl::StatusOr<std::vector<std::string>> ParseUrls(std::string_view text) {
  std::vector<std::string> urls;
  for (;;) {
    const size_t comma = text.find(',');
    const std::string_view one = Trim(text.substr(0, comma));
    QUORATE_ASSIGN_OR_RETURN(const Url url, ParseUrl(one));
    urls.push_back(url.scheme + std::string(one.substr(url.scheme.size())));
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  std::sort(urls.begin(), urls.end());
  urls.erase(std::unique(urls.begin(), urls.end()), urls.end());
  return urls;
}

absl::StatusOr<NamedUrls> ParseInitialCluster(std::string_view text) {
  NamedUrls members;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    const std::string_view entry = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    if (entry.empty()) continue;
    const size_t equals = entry.find('=');
    if (equals == std::string_view::npos) {
      return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                              "\"" + std::string(entry) + "\" does not have the form name=URL");
    }
    QUORATE_ASSIGN_OR_RETURN(const std::vector<std::string> urls, ParseUrls(entry.substr(equals + 1)));
    members.emplace_back(entry.substr(0, equals), urls.front());
  }
  return members;
}

absl::Status CheckSelf(const NamedUrls& initial_cluster, const std::string& self,
                       const std::vector<std::string>& advertised) {
  std::vector<std::string> listed;
  for (const auto& [name, url] : initial_cluster) {
    if (name == self) listed.push_back(url);
  }
  if (listed.empty()) {
    return Wrong("couldn't find local name \"" + self + "\" in the initial cluster configuration");
  }
  if (const std::vector<std::string> missing = Missing(listed, advertised); !missing.empty()) {
    return Wrong("--initial-cluster has " + JoinNamed(self, missing) +
                 " but missing from --initial-advertise-peer-urls=" + absl::StrJoin(advertised, ","));
  }
  if (const std::vector<std::string> missing = Missing(advertised, listed); !missing.empty()) {
    return Wrong("--initial-advertise-peer-urls has " + absl::StrJoin(missing, ",") +
                 " but missing from --initial-cluster=" + JoinNamed(self, listed));
  }
  return absl::OkStatus();
}

absl::Status CheckAlone(const NamedUrls& initial_cluster, const std::string& self) {
  for (const auto& [name, url] : initial_cluster) {
    if (name == self) continue;
    return base::MakeStatus(absl::StatusCode::kUnimplemented,
                            "--initial-cluster names \"" + name + "\" besides \"" + self +
                                "\": clusters of several members are not yet supported; name this member alone");
  }
  return absl::OkStatus();
}

absl::Status CheckListenUrl(const std::string& url) {
  QUORATE_ASSIGN_OR_RETURN(const Url parsed, ParseUrl(url));
  if (!parsed.path.empty() || parsed.host == "localhost" || IsIpAddress(parsed.host)) return absl::OkStatus();
  return base::MakeStatus(absl::StatusCode::kInvalidArgument, "expected IP in URL for binding (" + url + ")");
}

absl::Status CheckAdvertiseUrl(const std::string& url) {
  QUORATE_ASSIGN_OR_RETURN(const Url parsed, ParseUrl(url));
  if (!parsed.path.empty() || !parsed.host.empty()) return absl::OkStatus();
  return base::MakeStatus(absl::StatusCode::kInvalidArgument, "unexpected empty host (" + url + ")");
}

bool IsSecure(std::string_view url) { return url.starts_with("https:") || url.starts_with("unixs:"); }

}  // namespace quorate::config
