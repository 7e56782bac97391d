#pragma once

// The headers of one HTTP/2 request, gathered and checked as they are decoded. Reused from request to request: its
// strings keep their memory, as long as it is little.
//
// Checked is what grpc-go checks, and no more: the library's own rules refuse requests that etcd's clients send, whose
// `:authority` is whatever their resolvers call an endpoint.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/rpc/registry.h"

namespace quorate::rpc {

struct RequestHeaders {
  // `registry` answers at once which method a path means.
  void Add(std::string_view name, std::string_view value, const Registry::State& registry);
  void Reset();
  // What its strings hold, about.
  size_t bytes() const;
  void Swap(RequestHeaders* other) noexcept { std::swap(*this, *other); }

  // What a content type says: gRPC's ("application/grpc", with "+..." or ";..."), something that begins like it but is
  // not, or anything else.
  enum class ContentType { kOther, kGrpc, kMalformedGrpc };

  // A name or a value has bytes that it may not have, or a header of HTTP/2's own is unknown, comes twice, or late.
  bool is_malformed = false;
  const Method* grpc_method = nullptr;
  ContentType content_type = ContentType::kOther;
  std::string path;
  std::string http_method;
  std::string content_type_text;
  std::string timeout;
  std::string encoding;
  // All that is neither HTTP/2's nor gRPC's own.
  std::vector<std::pair<std::string, std::string>> metadata;

 private:
  // Finished calls and idle connections, which are thousands, each keep as much.
  static constexpr size_t kKeptBytes = 4 << 10;

  // False when it is malformed.
  bool Admit(std::string_view name, std::string_view value);
  size_t capacity() const;

  uint8_t own_seen_ = 0;  // of the headers of HTTP/2's own, by their places in kOwnNames
  bool others_seen_ = false;
  std::vector<std::pair<std::string, std::string>> spare_;
};

}  // namespace quorate::rpc
