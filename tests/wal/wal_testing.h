#pragma once

// A log on a disk in memory, with small segments, and entries that tell themselves apart.

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "quorate/base/simulated_file_system.h"
#include "quorate/wal/wal.h"

namespace quorate::wal {

inline constexpr Identity kIdentity = {.cluster_id = 0xc1, .member_id = 0x3e};
inline const std::string kDirectory = "disk/wal";

// Under a sanitizer everything takes twenty times as long: one case in so many is tried.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr uint64_t kOneIn = 7;
#else
inline constexpr uint64_t kOneIn = 1;
#endif

inline raft::Entry MakeEntry(raft::Index index, raft::Term term, size_t bytes) {
  std::string data;
  for (uint64_t i = 0; data.size() < bytes; ++i) data += std::to_string(index * 1000003 + term * 7 + i) + ",";
  data.resize(bytes);
  return {.term = term,
          .index = index,
          .type = raft::EntryType::kNormal,
          .data = bytes == 0 ? base::Buffer() : base::Buffer::Copy(data)};
}

inline bool SameEntry(const raft::Entry& a, const raft::Entry& b) {
  return a.term == b.term && a.index == b.index && a.type == b.type && a.data.view() == b.data.view();
}

inline bool SameEntries(const std::vector<raft::Entry>& a, const std::vector<raft::Entry>& b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), SameEntry);
}

// Says the same milliseconds for ever: two runs with one seed make the same bytes.
class FrozenClock final : public base::Clock {
 public:
  std::chrono::nanoseconds Monotonic() const override { return std::chrono::nanoseconds(++ticks_); }
  std::chrono::milliseconds Wall() const override { return std::chrono::milliseconds(1'700'000'000'000); }

 private:
  mutable int64_t ticks_ = 0;
};

class WalTest : public ::testing::Test {
 protected:
  explicit WalTest(uint64_t seed = 1) : files_(seed) {
    options_.files = &files_;
    options_.directory = kDirectory;
    options_.segment_bytes = 64 << 10;
    options_.spare_segments = 0;
    options_.clock = &clock_;
  }

  std::unique_ptr<Wal> Create() {
    auto wal = Wal::Create(options_, kIdentity);
    EXPECT_TRUE(wal.ok()) << wal.status();
    return *std::move(wal);
  }
  std::unique_ptr<Wal> Open(raft::Index applied = 0) {
    auto wal = Wal::Open(options_, applied, &recovered_);
    EXPECT_TRUE(wal.ok()) << wal.status();
    return wal.ok() ? *std::move(wal) : nullptr;
  }
  // Appends one entry of `bytes` at the end, as one synced record.
  static void Add(Wal& wal, raft::Term term, size_t bytes) {
    ASSERT_TRUE(wal.Append({MakeEntry(wal.last_index() + 1, term, bytes)}, std::nullopt).ok());
    ASSERT_TRUE(wal.Sync().ok());
    wal.NoteEnd();
  }
  static std::vector<raft::Entry> Made(raft::Index first, raft::Index last, raft::Term term, size_t bytes) {
    std::vector<raft::Entry> entries;
    for (raft::Index i = first; i <= last; ++i) entries.push_back(MakeEntry(i, term, bytes));
    return entries;
  }
  std::vector<std::string> SegmentPaths() {
    std::vector<std::string> paths;
    for (const auto& [path, bytes] : files_.Contents()) {
      if (path.ends_with(".wal")) paths.push_back(path);
    }
    return paths;
  }

  base::SimulatedFileSystem files_;
  FrozenClock clock_;
  WalOptions options_;
  Recovered recovered_;
};

}  // namespace quorate::wal
