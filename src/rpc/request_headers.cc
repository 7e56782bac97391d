#include "src/rpc/request_headers.h"

namespace quorate::rpc {
namespace {

RequestHeaders::ContentType Classify(std::string_view value) {
  constexpr std::string_view kGrpc = "application/grpc";
  if (value.substr(0, kGrpc.size()) != kGrpc) return RequestHeaders::ContentType::kOther;
  value.remove_prefix(kGrpc.size());
  if (value.empty() || value.front() == '+' || value.front() == ';') return RequestHeaders::ContentType::kGrpc;
  return RequestHeaders::ContentType::kMalformedGrpc;
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

void RequestHeaders::Add(std::string_view name, std::string_view value, const Registry::State& registry) {
  if (name.empty()) return;
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
