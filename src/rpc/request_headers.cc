#include "src/rpc/request_headers.h"

#include <algorithm>
#include <array>

namespace quorate::rpc {
namespace {

RequestHeaders::ContentType Classify(std::string_view value) {
  constexpr std::string_view kGrpc = "application/grpc";
  if (value.substr(0, kGrpc.size()) != kGrpc) return RequestHeaders::ContentType::kOther;
  value.remove_prefix(kGrpc.size());
  if (value.empty() || value.front() == '+' || value.front() == ';') return RequestHeaders::ContentType::kGrpc;
  return RequestHeaders::ContentType::kMalformedGrpc;
}

constexpr std::array<std::string_view, 4> kOwnNames = {":method", ":scheme", ":path", ":authority"};

// RFC 9110's tokens, in lower case.
constexpr std::array<bool, 256> kNameBytes = [] {
  std::array<bool, 256> allowed{};
  for (const char byte : std::string_view("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz")) {
    allowed[static_cast<unsigned char>(byte)] = true;
  }
  return allowed;
}();

bool IsName(std::string_view name) {
  return !name.empty() &&
         std::all_of(name.begin(), name.end(), [](char byte) { return kNameBytes[static_cast<unsigned char>(byte)]; });
}

bool IsValue(std::string_view value) {
  return std::none_of(value.begin(), value.end(), [](char byte) {
    const auto number = static_cast<unsigned char>(byte);
    return (number < 0x20 && byte != '\t') || number == 0x7f;
  });
}

}  // namespace

size_t RequestHeaders::capacity() const {
  size_t bytes = path.capacity() + http_method.capacity() + content_type_text.capacity() + timeout.capacity() +
                 encoding.capacity();
  for (const auto* headers : {&metadata, &spare_}) {
    for (const auto& [name, value] : *headers) bytes += sizeof(metadata.front()) + name.capacity() + value.capacity();
  }
  return bytes;
}

void RequestHeaders::Reset() {
  if (capacity() > kKeptBytes) {
    *this = RequestHeaders();
    return;
  }
  is_malformed = others_seen_ = false;
  own_seen_ = 0;
  grpc_method = nullptr;
  content_type = ContentType::kOther;
  path.clear();
  http_method.clear();
  content_type_text.clear();
  timeout.clear();
  encoding.clear();
  while (!metadata.empty()) {
    spare_.push_back(std::move(metadata.back()));
    metadata.pop_back();
  }
}

size_t RequestHeaders::bytes() const {
  size_t bytes = path.size() + http_method.size() + content_type_text.size() + timeout.size() + encoding.size();
  for (const auto& [name, value] : metadata) bytes += sizeof(metadata.front()) + name.size() + value.size();
  return bytes;
}

bool RequestHeaders::Admit(std::string_view name, std::string_view value) {
  if (!IsValue(value)) return false;
  if (!name.starts_with(':')) {
    others_seen_ = true;
    return IsName(name) && name != "connection";
  }
  const auto own = std::find(kOwnNames.begin(), kOwnNames.end(), name);
  if (own == kOwnNames.end() || others_seen_) return false;
  const auto bit = static_cast<uint8_t>(1 << (own - kOwnNames.begin()));
  const bool is_new = (own_seen_ & bit) == 0;
  own_seen_ |= bit;
  return is_new;
}

void RequestHeaders::Add(std::string_view name, std::string_view value, const Registry::State& registry) {
  if (is_malformed) return;
  is_malformed = !Admit(name, value);
  if (is_malformed) return;
  if (name.front() == ':') {
    if (name == ":path") {
      path = value;
      grpc_method = registry.FindMethod(value);
      return;
    }
    if (name == ":method") {
      http_method = value;
      return;
    }
    if (name == ":scheme") return;
  } else if (name == "content-type") {
    content_type = Classify(value);
    content_type_text = value;
    if (content_type != ContentType::kOther) return;
  } else if (name == "te") {
    return;
  } else if (name.substr(0, 5) == "grpc-") {
    if (name == "grpc-timeout") timeout = value;
    if (name == "grpc-encoding") encoding = value;
    if (name != "grpc-previous-rpc-attempts") return;
  }
  if (spare_.empty()) {
    metadata.emplace_back(name, value);
    return;
  }
  metadata.push_back(std::move(spare_.back()));
  spare_.pop_back();
  metadata.back().first = name;
  metadata.back().second = value;
}

}  // namespace quorate::rpc
