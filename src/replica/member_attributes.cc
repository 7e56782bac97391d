#include "src/replica/member_attributes.h"

#include "quorate/base/wire.h"

namespace quorate::replica {
namespace {

// Fields of the form in the log; on disk, never renumbered.
enum : uint32_t { kIdField = 1, kNameField = 2, kClientUrlField = 3 };

}  // namespace

std::string EncodeMemberAttributes(const membership::Member& member) {
  std::string bytes;
  base::wire::AppendVarintField(&bytes, kIdField, member.id);
  base::wire::AppendBytesField(&bytes, kNameField, member.name);
  for (const std::string& url : member.client_urls) base::wire::AppendBytesField(&bytes, kClientUrlField, url);
  return bytes;
}

bool DecodeMemberAttributes(std::string_view bytes, membership::Member* member) {
  base::wire::Reader reader(bytes);
  while (reader.Next()) {
    if (reader.field() == kIdField && reader.IsVarint()) member->id = reader.varint();
    if (reader.field() == kNameField && reader.IsBytes()) member->name = std::string(reader.bytes());
    if (reader.field() == kClientUrlField && reader.IsBytes()) member->client_urls.emplace_back(reader.bytes());
  }
  return reader.ok();
}

}  // namespace quorate::replica
