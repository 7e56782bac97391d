// etcd's snapshots and databases: one that etcd wrote, damaged, or any bytes. Every walk ends, within the file.

#include <fstream>
#include <iterator>

#include "fuzz/target.h"
#include "quorate/base/check.h"
#include "quorate/base/simulated_file_system.h"
#include "quorate/etcdfile/reader.h"

namespace quorate::fuzz {
namespace {

std::string ReadSnapshot() {
  std::ifstream file(QUORATE_ETCD_SNAPSHOT, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void Walk(etcdfile::BucketCursor& cursor, uint64_t* steps) {
  while (cursor.Next()) {
    // Not one that a fuzzer would reach: an entry takes at least the 16 bytes of its element, in buckets of buckets
    // once for each of the few levels.
    QUORATE_CHECK(++*steps < 10'000'000);
    if (!cursor.is_bucket()) continue;
    if (const auto inner = cursor.Descend(); inner.ok()) Walk(**inner, steps);
  }
  cursor.status().IgnoreError();
}

}  // namespace

void Try(std::string_view bytes) {
  static const std::string good = ReadSnapshot();
  Input input(bytes);
  const bool any = input.Number(1) == 1;
  base::SimulatedFileSystem files(1);
  files.Restore({{"d/x.db", any ? std::string(input.Rest()) : Damage(good, input.Rest())}});
  const auto file = etcdfile::SnapshotFile::Open("d/x.db", files);
  if (!file.ok()) {
    QUORATE_CHECK(base::MessageOf(file.status()).find("x.db") != std::string_view::npos);
    return;
  }
  (*file)->VerifyTrailer().IgnoreError();
  const bool sound = (*file)->CheckStructure().ok();
  uint64_t steps = 0;
  Walk(*(*file)->Buckets(), &steps);
  if (auto history = (*file)->History(); history.ok()) {
    while (history->Next()) {
    }
  }
  (*file)->Meta().status().IgnoreError();
  (*file)->ForEachLease([](const etcdfile::LeaseEntry&) { return absl::OkStatus(); }).IgnoreError();
  (*file)->ForEachAlarm([](const etcdfile::AlarmEntry&) { return absl::OkStatus(); }).IgnoreError();
  if (sound) (*file)->Status().status().IgnoreError();
  (*file)->HashKV(0).status().IgnoreError();
}

std::vector<std::string> Seeds() {
  return {std::string("\0", 1), std::string("\0\x10\x20\0\0\0\1", 7), std::string("\0\0\x10\0\0\4", 6),
          '\1' + ReadSnapshot().substr(0, 8192)};
}

}  // namespace quorate::fuzz
