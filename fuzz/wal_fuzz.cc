// The log: a good one of several segments, damaged; or one segment of any bytes. It is opened or refused with the name
// of a file, and never gives back an entry that was not written.

#include <map>

#include "fuzz/target.h"
#include "quorate/base/check.h"
#include "quorate/base/simulated_file_system.h"
#include "quorate/wal/wal.h"

namespace quorate::fuzz {
namespace {

constexpr wal::Identity kIdentity = {.cluster_id = 1, .member_id = 2};
constexpr raft::Index kEntries = 60;

class StandingClock final : public base::Clock {
 public:
  std::chrono::nanoseconds Monotonic() const override { return std::chrono::nanoseconds(1); }
  std::chrono::milliseconds Wall() const override { return std::chrono::milliseconds(1); }
};

const StandingClock kClock;

wal::WalOptions Options(base::FileSystem* files) {
  wal::WalOptions options;
  options.files = files;
  options.directory = "wal";
  options.segment_bytes = 16 << 10;
  options.spare_segments = 0;
  options.clock = const_cast<StandingClock*>(&kClock);
  return options;
}

std::string DataOf(raft::Index index) { return std::string(10 + index * 7, static_cast<char>('a' + index % 26)); }

std::map<std::string, std::string> MakeLog() {
  base::SimulatedFileSystem files(1);
  auto log = wal::Wal::Create(Options(&files), kIdentity);
  QUORATE_CHECK(log.ok()) << base::MessageOf(log.status());
  for (raft::Index index = 1; index <= kEntries; ++index) {
    raft::Entry entry = {.term = 1, .index = index, .data = base::Buffer::Copy(DataOf(index))};
    QUORATE_CHECK((*log)->Append({entry}, raft::HardState{.term = 1, .vote = 2, .commit = index - 1}).ok());
    QUORATE_CHECK((*log)->Sync().ok());
  }
  log->reset();
  return files.Contents();
}

}  // namespace

void Try(std::string_view bytes) {
  static const std::map<std::string, std::string> good = MakeLog();
  Input input(bytes);
  const uint64_t choice = input.Number(1);
  std::map<std::string, std::string> contents = good;
  auto chosen = contents.begin();
  std::advance(chosen, (choice >> 1) % contents.size());
  chosen->second = (choice & 1) != 0 ? std::string(input.Rest()) : Damage(chosen->second, input.Rest());
  base::SimulatedFileSystem files(1);
  files.Restore(contents);

  wal::Recovered recovered;
  const auto log = wal::Wal::Open(Options(&files), 0, &recovered);
  if (!log.ok()) {
    QUORATE_CHECK(base::MessageOf(log.status()).find("wal") != std::string_view::npos) << base::MessageOf(log.status());
    return;
  }
  raft::Index expected = 1;
  for (const raft::Entry& entry : recovered.entries) {
    QUORATE_CHECK(entry.index == expected++);
    QUORATE_CHECK(entry.data.view() == DataOf(entry.index));
  }
}

std::vector<std::string> Seeds() {
  const std::map<std::string, std::string> good = MakeLog();
  return {std::string("\0", 1), std::string("\2\x10\0\0\0\0x", 7), std::string("\4\0\x08\0\0\3", 6),
          '\1' + good.begin()->second.substr(0, 1024)};
}

}  // namespace quorate::fuzz
