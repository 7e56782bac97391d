#include "tests/damage/state.h"

#include <algorithm>
#include <sstream>

#include "absl/strings/escaping.h"
#include "quorate/base/crc32c.h"
#include "quorate/mvcc/event_history.h"
#include "quorate/mvcc/history.h"
#include "tests/lease/lease_testing.h"

namespace quorate::testing {
namespace {

constexpr size_t kReadBytesMax = 64 << 20;
constexpr size_t kReadWalkedMax = 1 << 20;
constexpr char kEverything[] = "\0";

std::string Quoted(std::string_view bytes) {
  return "\"" + absl::CEscape({bytes.data(), std::min<size_t>(bytes.size(), 40)}) + "\"#" +
         std::to_string(base::Crc32c(bytes)) + "/" + std::to_string(bytes.size());
}

class Description {
 public:
  explicit Description(replica::Replica& replica) : replica_(replica), store_(replica.store()) {}

  absl::StatusOr<std::string> Write() {
    const int64_t now = store_.revision();
    const int64_t compacted = store_.compacted_revision();
    out_ << "revision " << now << " compacted " << compacted << "\n";
    const int64_t oldest = std::max<int64_t>(compacted, 1);
    for (const int64_t revision : {now, oldest, oldest + (now - oldest) / 2}) {
      QUORATE_RETURN_IF_ERROR(Keys(revision));
    }
    QUORATE_RETURN_IF_ERROR(Changes());
    QUORATE_RETURN_IF_ERROR(Events(oldest));
    Leases();
    QUORATE_ASSIGN_OR_RETURN(const mvcc::HashResult hash, store_.HashKV(0));
    out_ << "hash " << hash.hash << " at " << hash.hash_revision << "\n";
    for (const replica::Alarm& alarm : replica_.alarms()) {
      out_ << "alarm " << static_cast<int>(alarm.type) << " of " << alarm.member << "\n";
    }
    return out_.str();
  }

 private:
  absl::Status Keys(int64_t revision) {
    mvcc::RangeRequest request;
    request.key = {kEverything, 1};
    request.range_end = {kEverything, 1};
    request.revision = revision;
    QUORATE_ASSIGN_OR_RETURN(const mvcc::Answer answer, store_.View().Range(request));
    out_ << "all keys at " << revision << ": " << Quoted(answer.body.ToString()) << "\n";
    return absl::OkStatus();
  }

  absl::Status Changes() {
    QUORATE_ASSIGN_OR_RETURN(const std::unique_ptr<mvcc::History> history, mvcc::History::Take(replica_.database()));
    const std::unique_ptr<mvcc::HistoryWalk> walk = history->Walk();
    while (walk->Next()) {
      const mvcc::KeyValueFields& fields = walk->fields();
      out_ << (walk->deleted() ? "deleted " : "put ") << walk->revision().main << "/" << walk->revision().sub << " "
           << Quoted(fields.key) << " = " << Quoted(fields.value) << " created " << fields.created << " version "
           << fields.version << " lease " << fields.lease << "\n";
    }
    return walk->status();
  }

  absl::Status Events(int64_t from) {
    mvcc::EventsRequest request;
    request.first_revision = from;
    request.wants = [](std::string_view) { return true; };
    request.bytes_max = kReadBytesMax;
    request.walked_max = kReadWalkedMax;
    QUORATE_ASSIGN_OR_RETURN(const mvcc::EventsRead read, store_.ReadEvents(request));
    out_ << "events up to " << read.next_revision << "\n";
    for (const mvcc::Event& event : read.events) {
      out_ << "event " << event.revision.main << "/" << event.revision.sub << " " << Quoted(event.kv()) << "\n";
    }
    return absl::OkStatus();
  }

  void Leases() {
    std::vector<int64_t> leases = replica_.lessor().List();
    std::sort(leases.begin(), leases.end());
    for (const int64_t lease : leases) {
      const auto left = replica_.lessor().Find(lease);
      out_ << "lease " << lease << " of " << (left.has_value() ? left->granted_seconds : -1);
      for (const std::string& key : lease::KeysOf(replica_.leases(), lease)) out_ << " " << Quoted(key);
      out_ << "\n";
    }
  }

  replica::Replica& replica_;
  mvcc::Store& store_;
  std::ostringstream out_;
};

}  // namespace

absl::StatusOr<std::string> Describe(replica::Replica& replica) { return Description(replica).Write(); }

std::string Difference(const std::string& expected, const std::string& found) {
  std::istringstream one(expected), other(found);
  std::string wanted, got;
  while (true) {
    const bool more = static_cast<bool>(std::getline(one, wanted));
    const bool any = static_cast<bool>(std::getline(other, got));
    if (!more && !any) return "";
    if (!more) wanted = "nothing";
    if (!any) got = "nothing";
    if (wanted != got) return "expected " + wanted + ", found " + got;
  }
}

}  // namespace quorate::testing
