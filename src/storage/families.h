#pragma once

// The column families and their numbers. RocksDB numbers families in the order of their creation, `default` is 0; a
// WriteBatch is filled before any database is known to it, so the numbers are fixed here and checked at Open.

#include <array>
#include <string>

#include "quorate/storage/database.h"
#include "rocksdb/db.h"

namespace quorate::storage {

// Index: Family. `meta` lives in the family every RocksDB has.
inline const std::array<std::string, kFamilies> kFamilyNames = {"default", "keys", "revs"};

inline constexpr uint32_t FamilyId(Family family) { return static_cast<uint32_t>(family); }

// Stands for a family in a WriteBatch that is not tied to an open database.
class FamilyReference : public rocksdb::ColumnFamilyHandle {
 public:
  explicit FamilyReference(Family family) : id_(FamilyId(family)), name_(kFamilyNames[id_]) {}
  const std::string& GetName() const override { return name_; }
  uint32_t GetID() const override { return id_; }
  rocksdb::Status GetDescriptor(rocksdb::ColumnFamilyDescriptor* descriptor) override {
    return rocksdb::Status::NotSupported();
  }
  const rocksdb::Comparator* GetComparator() const override { return nullptr; }

 private:
  uint32_t id_;
  std::string name_;
};

rocksdb::ColumnFamilyHandle* ReferenceTo(Family family);

}  // namespace quorate::storage
