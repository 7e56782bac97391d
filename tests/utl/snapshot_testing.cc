#include "tests/utl/snapshot_testing.h"

#include <openssl/sha.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "quorate/base/big_endian.h"
#include "quorate/base/check.h"
#include "quorate/base/wire.h"
#include "quorate/etcdfile/writer.h"
#include "quorate/mvcc/etcd_form.h"

namespace quorate::utl {

void SnapshotFile::Put(mvcc::Revision revision, const std::string& key, const std::string& value, int64_t created,
                       int64_t version, int64_t lease) {
  Raw("key", mvcc::EncodeEtcdKey(revision, false),
      mvcc::EncodeAsEtcd({key, created, revision.main, version, lease, value}, false));
}

void SnapshotFile::Delete(mvcc::Revision revision, const std::string& key) {
  mvcc::KeyValueFields fields;
  fields.key = key;
  Raw("key", mvcc::EncodeEtcdKey(revision, true), mvcc::EncodeAsEtcd(fields, true));
}

void SnapshotFile::Compacted(int64_t scheduled, int64_t finished) {
  Raw("meta", "scheduledCompactRev", mvcc::EncodeEtcdKey({scheduled, 0}, false));
  if (finished >= 0) Raw("meta", "finishedCompactRev", mvcc::EncodeEtcdKey({finished, 0}, false));
}

void SnapshotFile::Lease(int64_t id, int64_t ttl_seconds) {
  std::string lease;
  base::wire::AppendInt64Field(&lease, 1, id);
  base::wire::AppendInt64Field(&lease, 2, ttl_seconds);
  Raw("lease", base::BigEndian(static_cast<uint64_t>(id)), lease);
}

void SnapshotFile::Alarm(uint64_t member, int type) {
  std::string alarm;
  base::wire::AppendVarintField(&alarm, 1, member);
  base::wire::AppendVarintField(&alarm, 2, static_cast<uint64_t>(type));
  Raw("alarm", alarm, "");
}

void SnapshotFile::Raw(const std::string& bucket, const std::string& key, const std::string& value) {
  buckets_[bucket].emplace_back(key, value);
}

std::string SnapshotFile::Bytes(bool trailer) const {
  std::vector<std::unique_ptr<etcdfile::BucketContents>> contents;
  for (const char* name : {"key", "lease", "meta"}) {
    if (!buckets_.contains(name)) contents.push_back(etcdfile::SmallBucket(name, {}));
  }
  for (const auto& [name, entries] : buckets_) contents.push_back(etcdfile::SmallBucket(name, entries));
  etcdfile::DatabaseWriter writer(std::move(contents));
  std::string bytes;
  for (const bool measuring : {true, false}) {
    bool done = false;
    while (!done) {
      const absl::StatusOr<bool> step = measuring ? writer.Measure(1 << 20) : writer.Produce(1 << 20, &bytes);
      QUORATE_CHECK(step.ok()) << step.status().ToString();
      done = *step;
    }
  }
  if (!trailer) return bytes;
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest);
  return bytes.append(reinterpret_cast<const char*>(digest), sizeof digest);
}

void SnapshotFile::Write(const std::string& path, bool trailer) const { WriteBytes(path, Bytes(trailer)); }

void WriteBytes(const std::string& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << bytes;
  QUORATE_CHECK(file.flush().good()) << path;
}

std::vector<std::string> AllIn(const std::string& directory) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    paths.push_back(entry.path().string().substr(directory.size() + 1));
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace quorate::utl
