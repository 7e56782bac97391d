#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "quorate/base/mutex.h"
#include "quorate/base/this_thread.h"
#include "src/mvcc/key_codec.h"
#include "src/mvcc/size_class.h"
#include "src/mvcc/store_parts.h"

namespace quorate::mvcc {
namespace {

using storage::Family;

// What one of them reads is decompressed and decoded as fast as a quick disk delivers it; more add little.
constexpr size_t kLoadThreadsMax = 4;

absl::Status Damaged(const std::string& what) {
  return base::MakeStatus(absl::StatusCode::kDataLoss, "the store is damaged: " + what);
}

// The last record must be of a revision that was committed.
absl::Status CheckLastRecord(const storage::Database& database, const Meta& meta) {
  auto iterator = database.NewIterator(Family::kRevs);
  iterator->SeekForPrev(std::string(kRevisionKeyBytes, '\xff'));
  QUORATE_RETURN_IF_ERROR(iterator->status());
  // An empty store is at revision 1.
  const auto last = iterator->Valid() ? DecodeRevision(iterator->key()) : Revision{1, 0};
  if (!last.has_value()) return Damaged("a record's revision is malformed");
  // A restored store may be set to a higher revision, and is compacted there.
  const bool lacks_the_last = last->main < meta.revision && meta.revision != meta.compacted;
  if (last->main > meta.revision || lacks_the_last) {
    return Damaged("its last record is of revision " + Text(*last) + ", but it is at revision " +
                   std::to_string(meta.revision));
  }
  return absl::OkStatus();
}

// A stretch of the `keys` family that begins and ends between two keys, and what was found in it.
struct Part {
  std::string begin;     // empty: with the first
  std::string end = {};  // empty: with the last
  uint64_t bytes = 0;
  absl::Status status = {};
};

// Fills the index, a thread for each part.
class Loading {
 public:
  Loading(const storage::Database& database, const Meta& meta, KeyIndex* index, LeaseKeys* leases)
      : database_(database), meta_(meta), index_(index), leases_(leases) {}

  absl::StatusOr<uint64_t> Run() {
    QUORATE_RETURN_IF_ERROR(MakeParts());
    index_->BeginLoad(parts_.size());
    std::vector<std::thread> threads;
    for (size_t i = 1; i < parts_.size(); ++i) {
      threads.emplace_back([this, i] {
        base::NameThisThread("load");
        parts_[i].status = Load(i);
      });
    }
    parts_[0].status = Load(0);
    for (std::thread& thread : threads) thread.join();
    uint64_t bytes = 0;
    for (const Part& part : parts_) {
      QUORATE_RETURN_IF_ERROR(part.status);
      bytes += part.bytes;
    }
    index_->FinishLoad(meta_.revision);
    return bytes;
  }

 private:
  std::unique_ptr<storage::Iterator> Walk(const Part& part) const {
    storage::IteratorOptions options;
    options.fill_cache = false;
    options.lower_bound = part.begin;
    options.upper_bound = part.end;
    return database_.NewIterator(Family::kKeys, std::move(options));
  }

  absl::Status MakeParts() {
    const size_t wanted = std::clamp<size_t>(std::thread::hardware_concurrency(), 1, kLoadThreadsMax);
    parts_.resize(1);
    for (const std::string& point : database_.SplitPoints(Family::kKeys, wanted)) {
      // The entries of one key stay together.
      const auto iterator = Walk({});
      iterator->Seek(point);
      if (!iterator->Valid()) {
        QUORATE_RETURN_IF_ERROR(iterator->status());
        break;
      }
      Revision revision;
      const auto prefix = SplitKeyAt(iterator->key(), &revision);
      if (!prefix.has_value()) return MalformedKeyEntry();
      if (*prefix <= parts_.back().begin) continue;
      parts_.back().end = *prefix;
      parts_.push_back({.begin = std::string(*prefix)});
    }
    return absl::OkStatus();
  }

  absl::Status Load(size_t number) {
    Part& part = parts_[number];
    const auto iterator = Walk(part);
    std::string last_prefix;
    uint64_t bytes = 0;
    for (iterator->Seek(part.begin); iterator->Valid(); iterator->Next()) {
      Revision revision;
      const auto prefix = SplitKeyAt(iterator->key(), &revision);
      if (!prefix.has_value()) return MalformedKeyEntry();
      if (revision.main > meta_.revision) {
        return Damaged("a key changed at revision " + Text(revision) + ", but the store is at revision " +
                       std::to_string(meta_.revision));
      }
      if (*prefix == last_prefix) continue;  // an older entry of the same key
      last_prefix.assign(*prefix);
      std::optional<KeyState> state;
      if (!DecodeKeyState(iterator->value(), revision, &state)) return MalformedKeyEntry();
      if (!state.has_value()) continue;
      const auto key = DecodeKeyPrefix(*prefix);
      if (!key.has_value()) return MalformedKeyEntry();
      index_->LoadAscending(*key, *state, number);
      bytes += BytesOfClass(state->size_class);
      if (leases_ != nullptr && state->lease != 0) Attach(state->lease, *key);
    }
    part.bytes = bytes;
    return iterator->status();
  }

  void Attach(int64_t lease, const std::string& key) {
    base::MutexLock lock(&leases_mutex_);
    leases_->Attach(lease, key);
  }

  const storage::Database& database_;
  const Meta& meta_;
  KeyIndex* const index_;
  base::Mutex leases_mutex_;  // guards what the leases are told
  LeaseKeys* const leases_;
  std::vector<Part> parts_;
};

}  // namespace

absl::StatusOr<uint64_t> LoadIndex(const storage::Database& database, const Meta& meta, KeyIndex* index,
                                   LeaseKeys* leases) {
  QUORATE_RETURN_IF_ERROR(CheckLastRecord(database, meta));
  return Loading(database, meta, index, leases).Run();
}

}  // namespace quorate::mvcc
