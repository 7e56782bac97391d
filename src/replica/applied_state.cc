#include "src/replica/applied_state.h"

#include <optional>

#include "quorate/base/wire.h"

namespace quorate::replica {
namespace {

constexpr std::string_view kAppliedKey = "replica/applied";

// Fields of the stored forms; on disk, never renumbered.
enum : uint32_t { kIndexField = 1, kTermField = 2 };
enum : uint32_t { kIdField = 1, kNameField = 2, kClientUrlField = 3 };

}  // namespace

void SaveApplied(const AppliedPosition& position, storage::WriteBatch& batch) {
  std::string value;
  base::wire::AppendVarintField(&value, kIndexField, position.index);
  base::wire::AppendVarintField(&value, kTermField, position.term);
  batch.Put(storage::Family::kMeta, kAppliedKey, value);
}

absl::StatusOr<AppliedPosition> LoadApplied(const storage::Database& database) {
  AppliedPosition position;
  QUORATE_ASSIGN_OR_RETURN(std::optional<std::string> value, database.Get(storage::Family::kMeta, kAppliedKey));
  if (!value.has_value()) return position;
  base::wire::Reader reader(*value);
  while (reader.Next()) {
    if (reader.field() == kIndexField && reader.IsVarint()) position.index = reader.varint();
    if (reader.field() == kTermField && reader.IsVarint()) position.term = reader.varint();
  }
  if (!reader.ok()) return absl::DataLossError("the store's applied position is damaged");
  return position;
}

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
