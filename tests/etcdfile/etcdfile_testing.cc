#include "tests/etcdfile/etcdfile_testing.h"

#include <openssl/sha.h>


#include "quorate/mvcc/etcd_form.h"

namespace quorate::etcdfile {
namespace {

class MapWalk : public EntryWalk {
 public:
  explicit MapWalk(const Entries& entries) : entries_(entries), at_(entries.end()) {}
  bool Next() override {
    at_ = begun_ ? std::next(at_) : entries_.begin();
    begun_ = true;
    return at_ != entries_.end();
  }
  absl::Status status() const override { return absl::OkStatus(); }
  std::string_view key() const override { return at_->first; }
  size_t value_bytes() const override { return at_->second.size(); }
  void AppendValue(std::string* out) const override { out->append(at_->second); }

 private:
  const Entries& entries_;
  Entries::const_iterator at_;
  bool begun_ = false;
};

class MapContents : public BucketContents {
 public:
  MapContents(std::string_view name, const Entries& entries) : name_(name), entries_(entries) {}
  std::string_view name() const override { return name_; }
  std::unique_ptr<EntryWalk> Walk() const override { return std::make_unique<MapWalk>(entries_); }

 private:
  const std::string name_;
  const Entries& entries_;
};

}  // namespace

absl::StatusOr<std::string> Write(const Database& database, size_t step_bytes) {
  std::vector<std::unique_ptr<BucketContents>> buckets;
  for (const auto& [name, entries] : database) buckets.push_back(std::make_unique<MapContents>(name, entries));
  DatabaseWriter writer(std::move(buckets));
  bool done = false;
  while (!done) {
    QUORATE_ASSIGN_OR_RETURN(done, writer.Measure(step_bytes));
  }
  std::string bytes;
  do {
    QUORATE_ASSIGN_OR_RETURN(done, writer.Produce(step_bytes, &bytes));
  } while (!done);
  if (bytes.size() != writer.size()) return absl::InternalError("the size is not what was measured");
  return bytes;
}

std::string WithTrailer(std::string bytes) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest);
  return bytes.append(reinterpret_cast<const char*>(digest), sizeof(digest));
}

absl::StatusOr<Database> Read(const SnapshotFile& file) {
  Database database;
  const auto buckets = file.Buckets();
  while (buckets->Next()) {
    Entries& entries = database[std::string(buckets->key())];
    QUORATE_ASSIGN_OR_RETURN(const auto cursor, buckets->Descend());
    while (cursor->Next()) entries.emplace(cursor->key(), cursor->value());
    QUORATE_RETURN_IF_ERROR(cursor->status());
  }
  QUORATE_RETURN_IF_ERROR(buckets->status());
  return database;
}

std::string RandomBytes(std::mt19937_64& random, size_t size) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

Entries RandomEntries(std::mt19937_64& random, size_t count, size_t key_bytes, size_t value_bytes) {
  Entries entries;
  while (entries.size() < count) {
    entries[RandomBytes(random, 1 + random() % key_bytes)] = RandomBytes(random, random() % (value_bytes + 1));
  }
  return entries;
}

std::string HistoryKey(const Change& change) { return mvcc::EncodeEtcdKey({change.main, change.sub}, change.deleted); }

std::string HistoryValue(const Change& change) {
  return mvcc::EncodeAsEtcd({.key = change.key,
                             .created = change.created,
                             .modified = change.main,
                             .version = change.version,
                             .value = change.value},
                            change.deleted);
}

}  // namespace quorate::etcdfile
