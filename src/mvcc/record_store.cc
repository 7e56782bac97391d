#include "src/mvcc/record_store.h"

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "quorate/base/this_thread.h"
#include "src/mvcc/key_codec.h"
#include "src/mvcc/record.h"

namespace quorate::mvcc {
namespace {

// From so many on that are not in memory, a range is a scan.
constexpr size_t kScanRecords = 64;
// Records whose revisions are no further apart than this lie side by side: to go on from one to the next costs a
// twentieth of what it costs to find it from the top.
constexpr int64_t kNeighboursApart = 8;
// As many of them are walked through. To begin costs as much as finding a few from the top.
constexpr size_t kNeighboursMin = 16;
// What stands between two of them, when that is more than so many others, is leapt over; and so is what was removed
// there, when it is about as much at once: it stays among them until RocksDB rewrites the files.
constexpr int kStepsMax = 16;
// What is read between two looks whether to go on: some milliseconds. A record counts for some bytes more than it has.
constexpr size_t kBytesBetweenLooks = 4 << 20;
constexpr size_t kRecordCostBytes = 1 << 10;
// As many scattered ones are asked for together, between two looks.
constexpr size_t kScatteredAtATime = 1024;

absl::Status Bad(Revision revision, const char* what) {
  return base::MakeStatus(absl::StatusCode::kDataLoss, "the record of revision " + Text(revision) + " is " + what);
}

// The records of `revisions` at some places, out of the database.
class Reading {
 public:
  Reading(const storage::Database* database, const storage::Snapshot* snapshot, const std::vector<Revision>& revisions,
          std::vector<base::Buffer>* records, const std::function<absl::Status()>& may_go_on)
      : database_(database), snapshot_(snapshot), revisions_(revisions), records_(records), may_go_on_(may_go_on) {}

  absl::Status Read(std::vector<size_t> places) {
    std::sort(places.begin(), places.end(), [&](size_t a, size_t b) { return revisions_[a] < revisions_[b]; });
    std::vector<size_t> scattered;
    std::unique_ptr<storage::Iterator> walk;
    for (auto begin = places.begin(), end = begin; begin != places.end(); begin = end) {
      for (++end; end != places.end() && AreNeighbours(*(end - 1), *end);) ++end;
      if (static_cast<size_t>(end - begin) < kNeighboursMin) {
        scattered.insert(scattered.end(), begin, end);
        continue;
      }
      if (walk == nullptr) walk = WalkBetween(*begin, places.back());
      QUORATE_RETURN_IF_ERROR(ReadNeighbours(*walk, {begin, end}));
    }
    for (size_t begin = 0; begin < scattered.size(); begin += kScatteredAtATime) {
      const std::span<const size_t> rest = std::span(scattered).subspan(begin);
      QUORATE_RETURN_IF_ERROR(ReadScattered(rest.first(std::min(rest.size(), kScatteredAtATime))));
    }
    return absl::OkStatus();
  }

 private:
  bool AreNeighbours(size_t a, size_t b) const { return revisions_[b].main - revisions_[a].main <= kNeighboursApart; }

  std::unique_ptr<storage::Iterator> WalkBetween(size_t first, size_t last) const {
    storage::IteratorOptions options;
    options.snapshot = snapshot_;
    options.lower_bound = View(EncodeRevision(revisions_[first]));
    options.upper_bound = View(EncodeRevision({revisions_[last].main + 1, 0}));
    options.skipped_max = kStepsMax;
    return database_->NewIterator(storage::Family::kRevs, std::move(options));
  }

  absl::Status ReadNeighbours(storage::Iterator& walk, std::span<const size_t> places) {
    walk.Seek(View(EncodeRevision(revisions_[places.front()])));
    for (const size_t place : places) {
      const RevisionKey encoded = EncodeRevision(revisions_[place]);
      const std::string_view key = View(encoded);
      for (int steps = 0; steps < kStepsMax && walk.Valid() && walk.key() < key; ++steps) walk.Next();
      if (!walk.Valid() || walk.key() < key) walk.Seek(key);
      // One that gives up here has found that the record itself was removed.
      if (!walk.Valid() && !absl::IsAborted(walk.status())) QUORATE_RETURN_IF_ERROR(walk.status());
      if (!walk.Valid() || walk.key() != key) return Bad(revisions_[place], "missing");
      QUORATE_RETURN_IF_ERROR(Take(place, walk.value()));
    }
    return absl::OkStatus();
  }

  absl::Status ReadScattered(std::span<const size_t> places) {
    std::vector<std::string> keys;
    keys.reserve(places.size());
    for (const size_t place : places) keys.emplace_back(View(EncodeRevision(revisions_[place])));
    absl::Status taken;
    QUORATE_RETURN_IF_ERROR(database_->MultiGet(
        storage::Family::kRevs, keys, [&](size_t i, std::string_view value) { taken.Update(Take(places[i], value)); },
        snapshot_));
    QUORATE_RETURN_IF_ERROR(taken);
    for (const size_t place : places) {
      if (!(*records_)[place]) return Bad(revisions_[place], "missing");
    }
    return absl::OkStatus();
  }

  absl::Status Take(size_t place, std::string_view bytes) {
    if (!DecodeRecord(bytes).has_value()) return Bad(revisions_[place], "malformed");
    (*records_)[place] = base::Buffer::Copy(bytes);
    unlooked_bytes_ += kRecordCostBytes + bytes.size();
    if (!may_go_on_ || unlooked_bytes_ < kBytesBetweenLooks) return absl::OkStatus();
    unlooked_bytes_ = 0;
    return may_go_on_();
  }

  const storage::Database* const database_;
  const storage::Snapshot* const snapshot_;
  const std::vector<Revision>& revisions_;
  std::vector<base::Buffer>* const records_;
  const std::function<absl::Status()>& may_go_on_;
  size_t unlooked_bytes_ = 0;
};

}  // namespace

absl::StatusOr<base::Buffer> RecordStore::FetchOne(Revision revision) {
  if (base::Buffer record = cache_.Find(revision)) return record;
  const uint64_t waited = base::TimesWaited();
  QUORATE_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                           database_->Get(storage::Family::kRevs, View(EncodeRevision(revision))));
  pace_.Took(base::TimesWaited() - waited, 1);
  if (!bytes.has_value()) return Bad(revision, "missing");
  if (!DecodeRecord(*bytes).has_value()) return Bad(revision, "malformed");
  base::Buffer record = base::Buffer::Copy(*bytes);
  cache_.Insert(revision, record);
  return record;
}

absl::Status RecordStore::Fetch(const std::vector<Revision>& revisions, std::vector<base::Buffer>* records,
                                const storage::Snapshot* snapshot, const std::function<absl::Status()>& may_go_on) {
  records->resize(revisions.size());
  const std::vector<size_t> missing = cache_.FindAll(revisions, records);
  if (missing.empty()) return absl::OkStatus();

  const uint64_t waited = base::TimesWaited();
  QUORATE_RETURN_IF_ERROR(Reading(database_, snapshot, revisions, records, may_go_on).Read(missing));
  pace_.Took(base::TimesWaited() - waited, missing.size());
  const bool is_scan = missing.size() >= kScanRecords;
  for (size_t place : missing) {
    const base::Buffer& record = (*records)[place];
    is_scan ? cache_.InsertScanned(revisions[place], record) : cache_.Insert(revisions[place], record);
  }
  return absl::OkStatus();
}

}  // namespace quorate::mvcc
