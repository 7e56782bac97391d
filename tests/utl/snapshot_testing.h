#pragma once

// Snapshot files made for a test: what etcd would have saved, or something like it.

#include <map>
#include <string>
#include <vector>

#include "quorate/mvcc/revision.h"

namespace quorate::utl {

class SnapshotFile {
 public:
  void Put(mvcc::Revision revision, const std::string& key, const std::string& value, int64_t created, int64_t version,
           int64_t lease = 0);
  void Delete(mvcc::Revision revision, const std::string& key);
  void Compacted(int64_t scheduled, int64_t finished);
  void Lease(int64_t id, int64_t ttl_seconds);
  void Alarm(uint64_t member, int type);
  void Raw(const std::string& bucket, const std::string& key, const std::string& value);

  // The database, and the SHA-256 behind it unless told otherwise.
  std::string Bytes(bool trailer = true) const;
  void Write(const std::string& path, bool trailer = true) const;

 private:
  std::map<std::string, std::vector<std::pair<std::string, std::string>>> buckets_;
};

void WriteBytes(const std::string& path, const std::string& bytes);
// Whatever lies in the directory, however deep: paths below it, sorted.
std::vector<std::string> AllIn(const std::string& directory);

}  // namespace quorate::utl
