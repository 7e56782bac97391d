#pragma once

#include <optional>
#include <string>

namespace quorate::testing {

// Head and body of a server's answer to GET over HTTP/1.1; empty when there is none. `address`: "127.0.0.1:port".
std::string HttpGet(const std::string& address, const std::string& path);

// A sample's value in /metrics: "name", or "name{label=\"value\"}" with labels as they stand there. Nothing when it is
// not there.
std::optional<double> Metric(const std::string& address, const std::string& sample);

}  // namespace quorate::testing
