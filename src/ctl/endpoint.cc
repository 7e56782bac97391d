#include "src/ctl/endpoint.h"

namespace quorate::ctl {

Endpoint ParseEndpoint(std::string_view text) {
  if (text.starts_with("unix:") || text.starts_with("unixs:")) {
    bool secure = text.starts_with("unixs:");
    std::string_view path = text.substr(text.find(':') + 1);
    // Behind two slashes stands a path from the working directory, behind three one from the root.
    if (path.starts_with("//")) path.remove_prefix(2);
    return {"unix:" + std::string(path), std::string(path.substr(path.rfind('/') + 1)),
            secure ? Endpoint::Tls::kAlways : Endpoint::Tls::kIfConfigured};
  }
  size_t scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) return {std::string(text), "", Endpoint::Tls::kIfConfigured};
  std::string_view scheme = text.substr(0, scheme_end);
  if (scheme != "http" && scheme != "https") return {std::string(text), "", Endpoint::Tls::kIfConfigured};
  std::string_view host = text.substr(scheme_end + 3);
  host = host.substr(0, host.find_first_of("/?#"));
  return {std::string(host), "", scheme == "https" ? Endpoint::Tls::kAlways : Endpoint::Tls::kNever};
}

}  // namespace quorate::ctl
