#include "src/replica/applied_position.h"

#include <optional>
#include <string>
#include <string_view>

#include "quorate/base/wire.h"

namespace quorate::replica {
namespace {

constexpr std::string_view kAppliedKey = "replica/applied";

// Fields of the stored form; on disk, never renumbered.
enum : uint32_t { kIndexField = 1, kTermField = 2 };

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

}  // namespace quorate::replica
