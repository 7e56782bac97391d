#include "quorate/lease/request.h"

#include "quorate/base/wire.h"

namespace quorate::lease {
namespace {

namespace wire = base::wire;

// Field numbers.
constexpr uint32_t kGrantTtl = 1;
constexpr uint32_t kGrantId = 2;
constexpr uint32_t kId = 1;  // of the other requests
constexpr uint32_t kKeys = 2;

// Of a message of that one field.
bool DecodeId(std::string_view bytes, int64_t* id) {
  wire::Reader reader(bytes);
  while (reader.Next()) {
    if (reader.IsVarint() && reader.field() == kId) *id = reader.int64();
  }
  return reader.ok();
}

}  // namespace

bool Decode(std::string_view bytes, GrantRequest* request) {
  wire::Reader reader(bytes);
  while (reader.Next()) {
    if (!reader.IsVarint()) continue;
    if (reader.field() == kGrantTtl) request->ttl = reader.int64();
    if (reader.field() == kGrantId) request->id = reader.int64();
  }
  return reader.ok();
}

bool Decode(std::string_view bytes, RevokeRequest* request) { return DecodeId(bytes, &request->id); }

bool Decode(std::string_view bytes, KeepAliveRequest* request) { return DecodeId(bytes, &request->id); }

bool Decode(std::string_view bytes, TimeToLiveRequest* request) {
  wire::Reader reader(bytes);
  while (reader.Next()) {
    if (!reader.IsVarint()) continue;
    if (reader.field() == kId) request->id = reader.int64();
    if (reader.field() == kKeys) request->keys = reader.boolean();
  }
  return reader.ok();
}

bool Decode(std::string_view bytes, LeasesRequest*) {
  wire::Reader reader(bytes);
  while (reader.Next()) {
  }
  return reader.ok();
}

std::string Encode(const GrantRequest& request) {
  std::string bytes;
  wire::AppendInt64Field(&bytes, kGrantTtl, request.ttl);
  wire::AppendInt64Field(&bytes, kGrantId, request.id);
  return bytes;
}

std::string Encode(const RevokeRequest& request) {
  std::string bytes;
  wire::AppendInt64Field(&bytes, kId, request.id);
  return bytes;
}

}  // namespace quorate::lease
