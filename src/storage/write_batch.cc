#include "quorate/base/check.h"
#include "src/storage/families.h"
#include "src/storage/write_batch_rep.h"

namespace quorate::storage {
namespace {

rocksdb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

// More parts than any record has.
constexpr size_t kPartsMax = 8;

}  // namespace

rocksdb::ColumnFamilyHandle* ReferenceTo(Family family) {
  static FamilyReference references[kFamilies] = {FamilyReference(Family::kMeta), FamilyReference(Family::kKeys),
                                                  FamilyReference(Family::kRevs)};
  return &references[FamilyId(family)];
}

WriteBatch::WriteBatch() : rep_(std::make_unique<Rep>()) {}
WriteBatch::~WriteBatch() = default;
WriteBatch::WriteBatch(WriteBatch&&) noexcept = default;
WriteBatch& WriteBatch::operator=(WriteBatch&&) noexcept = default;

void WriteBatch::Put(Family family, std::string_view key, std::string_view value) {
  rocksdb::Status status = rep_->batch.Put(ReferenceTo(family), ToSlice(key), ToSlice(value));
  QUORATE_CHECK(status.ok()) << status.ToString();
}

void WriteBatch::Put(Family family, std::string_view key, std::initializer_list<std::string_view> value_parts) {
  QUORATE_CHECK(value_parts.size() <= kPartsMax);
  rocksdb::Slice parts[kPartsMax];
  int count = 0;
  for (std::string_view part : value_parts) parts[count++] = ToSlice(part);
  rocksdb::Slice key_part = ToSlice(key);
  rocksdb::Status status =
      rep_->batch.Put(ReferenceTo(family), rocksdb::SliceParts(&key_part, 1), rocksdb::SliceParts(parts, count));
  QUORATE_CHECK(status.ok()) << status.ToString();
}

void WriteBatch::Delete(Family family, std::string_view key) {
  rocksdb::Status status = rep_->batch.Delete(ReferenceTo(family), ToSlice(key));
  QUORATE_CHECK(status.ok()) << status.ToString();
}

size_t WriteBatch::bytes() const { return rep_->batch.GetDataSize(); }
bool WriteBatch::empty() const { return rep_->batch.Count() == 0; }
void WriteBatch::Clear() { rep_->batch.Clear(); }

}  // namespace quorate::storage
