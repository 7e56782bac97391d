#pragma once

// etcdserverpb.ResponseHeader, field 1 of every answer: who answered, at which revision and term.

#include <cstdint>
#include <string>

#include "quorate/base/payload.h"

namespace quorate::api {

class ResponseHeader {
 public:
  ResponseHeader(uint64_t cluster_id, uint64_t member_id);

  // The header as field 1 of an answer, tag and length included. A revision of 0 is left out.
  std::string Encode(int64_t revision, uint64_t term) const;
  // An answer: the header, then what follows it.
  base::Payload Prepend(int64_t revision, uint64_t term, base::Payload body) const;

  uint64_t cluster_id() const { return cluster_id_; }
  uint64_t member_id() const { return member_id_; }

 private:
  uint64_t cluster_id_;
  uint64_t member_id_;
  std::string identity_;  // fields 1 and 2, the same in every answer
};

}  // namespace quorate::api
