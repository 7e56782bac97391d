#include "src/rpc/http1_parser.h"

#include <boost/beast/http/error.hpp>
#include <cctype>

namespace quorate::rpc {
namespace {

namespace http = boost::beast::http;

std::string LowerCase(boost::beast::string_view text) {
  std::string lower(text);
  for (char& byte : lower) byte = static_cast<char>(std::tolower(static_cast<unsigned char>(byte)));
  return lower;
}

}  // namespace

void Http1Parser::on_request_impl(http::verb, View method, View target, int version, Error&) {
  request_.method = std::string(method);
  target_ = std::string(target);
  version_ = version;
  header_bytes_ += method.size() + target.size();
}

void Http1Parser::on_field_impl(http::field field, View name, View value, Error& error) {
  if (++fields_ > kFieldsMax) {
    error = http::error::header_limit;
    return;
  }
  // Those behind the body would be taken for the header's.
  if (!in_header_) return;
  if (field == http::field::host) ++hosts_;
  if (field == http::field::expect) expects_continue_ = boost::beast::iequals(value, "100-continue");
  request_.headers.emplace_back(LowerCase(name), std::string(value));
  header_bytes_ += name.size() + value.size() + kFieldBytes;
}

size_t Http1Parser::AppendToBody(View bytes) {
  request_.body.append(bytes.data(), bytes.size());
  return bytes.size();
}

}  // namespace quorate::rpc
