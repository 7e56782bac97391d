#pragma once

#include <string>

#include "quorate/base/status.h"

namespace quorate::ctl {

struct TlsFlags;

// What a member answers to a GET of http://host:port/path or https://host:port/path. Blocks; the error is one line.
absl::StatusOr<std::string> HttpGet(const std::string& url, const TlsFlags& tls);

}  // namespace quorate::ctl
