#pragma once

// Files to read and write in tests, and their contents as plain maps.

#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "quorate/etcdfile/reader.h"
#include "quorate/etcdfile/writer.h"

namespace quorate::etcdfile {

using Entries = std::map<std::string, std::string>;
using Database = std::map<std::string, Entries>;

// What the writer makes of these buckets, taken in steps of `step_bytes`; without a trailer.
absl::StatusOr<std::string> Write(const Database& database, size_t step_bytes = 64 << 10);
std::string WithTrailer(std::string bytes);
// All that the file holds, buckets inside buckets left out; or the first error.
absl::StatusOr<Database> Read(const SnapshotFile& file);

std::string RandomBytes(std::mt19937_64& random, size_t size);
// `count` entries with keys of up to `key_bytes` and values of up to `value_bytes`.
Entries RandomEntries(std::mt19937_64& random, size_t count, size_t key_bytes, size_t value_bytes);

// A change as it stands in the bucket "key".
struct Change {
  int64_t main = 0;
  int64_t sub = 0;
  bool deleted = false;
  std::string key = {};
  int64_t created = 0;
  int64_t version = 0;
  std::string value = {};
};
std::string HistoryKey(const Change& change);
std::string HistoryValue(const Change& change);

}  // namespace quorate::etcdfile
