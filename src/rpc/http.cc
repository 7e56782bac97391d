#include "quorate/rpc/http.h"

#include "src/rpc/percent_encoding.h"

namespace quorate::rpc {
namespace {

// Calls visit(value) for each parameter of that name until it returns false.
template <typename Visitor>
void ForEachQueryValue(std::string_view query, std::string_view name, Visitor visit) {
  while (!query.empty()) {
    const size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
    const size_t equals = pair.find('=');
    const auto key = DecodeUrl(pair.substr(0, equals), UrlPart::kQuery);
    if (!key.has_value() || *key != name) continue;
    const auto value =
        DecodeUrl(equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1), UrlPart::kQuery);
    if (value.has_value() && !visit(*value)) return;
  }
}

}  // namespace

std::string HttpRequest::QueryValue(std::string_view name) const {
  std::string found;
  ForEachQueryValue(query, name, [&](const std::string& value) {
    found = value;
    return false;
  });
  return found;
}

std::vector<std::string> HttpRequest::QueryValues(std::string_view name) const {
  std::vector<std::string> found;
  ForEachQueryValue(query, name, [&](const std::string& value) {
    found.push_back(value);
    return true;
  });
  return found;
}

}  // namespace quorate::rpc
