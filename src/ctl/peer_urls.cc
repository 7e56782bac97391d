#include "src/ctl/peer_urls.h"

#include <algorithm>
#include <cctype>

#include "absl/strings/ascii.h"
#include "src/ctl/names.h"

namespace quorate::ctl {
namespace {

// The scheme in front of a colon, empty if the text does not begin with one.
std::string SchemeOf(const std::string& url) {
  size_t colon = url.find(':');
  if (colon == std::string::npos || colon == 0 || std::isalpha(static_cast<unsigned char>(url[0])) == 0) return "";
  std::string scheme = url.substr(0, colon);
  bool valid = std::all_of(scheme.begin(), scheme.end(),
                           [](unsigned char c) { return std::isalnum(c) != 0 || c == '+' || c == '-' || c == '.'; });
  return valid ? scheme : "";
}

bool HasPort(const std::string& host) {
  size_t colon = host.rfind(':');
  if (colon == std::string::npos) return false;
  if (host[0] == '[') return colon > 0 && host[colon - 1] == ']';
  return host.find(':') == colon;
}

absl::Status Check(const std::string& url) {
  auto wrong = [&](const std::string& why) { return Fail(Exit::kError, "parse " + Quote(url) + ": " + why); };
  std::string scheme = SchemeOf(url);
  if (scheme.empty()) {
    if (url.substr(0, url.find('/')).find(':') != std::string::npos) {
      return wrong(url[0] == ':' ? "missing protocol scheme" : "first path segment in URL cannot contain colon");
    }
    return Fail(Exit::kError, "URL scheme must be http, https, unix, or unixs: " + url);
  }
  if (scheme == "unix" || scheme == "unixs") return absl::OkStatus();
  if (scheme != "http" && scheme != "https") {
    return Fail(Exit::kError, "URL scheme must be http, https, unix, or unixs: " + url);
  }
  std::string rest = url.substr(scheme.size() + 1);
  rest = rest.starts_with("//") ? rest.substr(2) : "/" + rest;
  size_t end = std::min(rest.find_first_of("/?#"), rest.size());
  std::string host = rest.substr(0, end);
  if (host.find(' ') != std::string::npos) return wrong("invalid character \" \" in host name");
  if (!HasPort(host)) return Fail(Exit::kError, "URL address does not have the form \"host:port\": " + url);
  std::string port = host.substr(host.rfind(':'));
  if (!std::all_of(port.begin() + 1, port.end(), [](unsigned char c) { return std::isdigit(c) != 0; })) {
    return wrong("invalid port " + Quote(port) + " after host");
  }
  if (end < rest.size() && rest[end] == '/') return Fail(Exit::kError, "URL must not contain a path: " + url);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ParsePeerUrls(const std::string& text) {
  std::vector<std::string> urls;
  for (size_t from = 0; from <= text.size();) {
    size_t comma = std::min(text.find(',', from), text.size());
    urls.push_back(text.substr(from, comma - from));
    QUORATE_RETURN_IF_ERROR(Check(std::string(absl::StripAsciiWhitespace(urls.back()))));
    from = comma + 1;
  }
  return urls;
}

}  // namespace quorate::ctl
