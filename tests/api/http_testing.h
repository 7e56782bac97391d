#pragma once

#include <string>

namespace quorate::api {

// Head and body of the answer to a GET over HTTP/1.1. `address`: "127.0.0.1:port".
std::string HttpGet(const std::string& address, const std::string& path);

// A sample's value in /metrics: "name" or "name{label=\"value\"}", with labels as they stand there. -1: there is none.
double Metric(const std::string& address, const std::string& sample);

}  // namespace quorate::api
