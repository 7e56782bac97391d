#pragma once

// The lease requests, in the wire form of the etcd API.

#include <cstdint>
#include <string>
#include <string_view>

namespace quorate::lease {

// etcdserverpb.LeaseGrantRequest. As a client sends it both may be zero or negative; as it is proposed, `id` is what
// the lease will be called.
struct GrantRequest {
  int64_t id = 0;
  int64_t ttl = 0;  // seconds
};

// etcdserverpb.LeaseRevokeRequest
struct RevokeRequest {
  int64_t id = 0;
};

// etcdserverpb.LeaseKeepAliveRequest
struct KeepAliveRequest {
  int64_t id = 0;
};

// etcdserverpb.LeaseTimeToLiveRequest
struct TimeToLiveRequest {
  int64_t id = 0;
  bool keys = false;
};

// etcdserverpb.LeaseLeasesRequest, which has no fields.
struct LeasesRequest {};

// False on bytes that the protobuf library would not parse as the message.
bool Decode(std::string_view bytes, GrantRequest* request);
bool Decode(std::string_view bytes, RevokeRequest* request);
bool Decode(std::string_view bytes, KeepAliveRequest* request);
bool Decode(std::string_view bytes, TimeToLiveRequest* request);
bool Decode(std::string_view bytes, LeasesRequest* request);
// Of those that are proposed.
std::string Encode(const GrantRequest& request);
std::string Encode(const RevokeRequest& request);

}  // namespace quorate::lease
