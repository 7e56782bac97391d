#pragma once

// Who leads an election, around the bytes of the record that says so: all who are told of it share them.

#include <cstdint>
#include <optional>
#include <string>

#include "quorate/base/payload.h"
#include "src/api/service_context.h"

namespace quorate::api {

struct Leader {
  std::string key;
  base::Payload kv;  // an mvccpb.KeyValue
};

// From the RangeResponse, without its header, that answers OldestKey. Nothing: nobody leads.
std::optional<Leader> LeaderOf(base::Payload found);
// The LeaderResponse that tells of an mvccpb.KeyValue.
base::Payload EncodeLeader(const ServiceContext& service, int64_t revision, base::Payload kv);

}  // namespace quorate::api
