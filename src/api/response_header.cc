#include "src/api/response_header.h"

#include <utility>

#include "quorate/base/check.h"
#include "quorate/base/wire.h"

namespace quorate::api {
namespace {

namespace wire = base::wire;

// Fields of ResponseHeader.
constexpr uint32_t kClusterId = 1;
constexpr uint32_t kMemberId = 2;
constexpr uint32_t kRevision = 3;
constexpr uint32_t kRaftTerm = 4;
// Four varint fields of at most 11 bytes: the length of a header always fits one byte.
constexpr size_t kHeaderBytesMax = 44;

}  // namespace

ResponseHeader::ResponseHeader(uint64_t cluster_id, uint64_t member_id)
    : cluster_id_(cluster_id), member_id_(member_id) {
  wire::AppendVarintField(&identity_, kClusterId, cluster_id);
  wire::AppendVarintField(&identity_, kMemberId, member_id);
}

std::string ResponseHeader::Encode(int64_t revision, uint64_t term) const {
  std::string encoded;
  encoded.reserve(kHeaderBytesMax + 2);
  encoded.push_back(static_cast<char>(wire::MakeTag(1, wire::Type::kBytes)));
  encoded.push_back(0);  // the length, once known
  encoded.append(identity_);
  wire::AppendInt64Field(&encoded, kRevision, revision);
  wire::AppendVarintField(&encoded, kRaftTerm, term);
  const size_t length = encoded.size() - 2;
  QUORATE_CHECK(length <= kHeaderBytesMax) << "header of " << length << " bytes";
  encoded[1] = static_cast<char>(length);
  return encoded;
}

base::Payload ResponseHeader::Prepend(int64_t revision, uint64_t term, base::Payload body) const {
  base::Payload answer(Encode(revision, term));
  answer.Append(std::move(body));
  return answer;
}

}  // namespace quorate::api
