#include "src/mvcc/writer.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "quorate/base/check.h"
#include "quorate/base/errors.h"
#include "quorate/base/wire.h"
#include "src/mvcc/key_codec.h"
#include "src/mvcc/range.h"
#include "src/mvcc/read_patiently.h"
#include "src/mvcc/record.h"
#include "src/mvcc/size_class.h"
#include "src/mvcc/txn_counts.h"
#include "src/mvcc/txn_weight.h"

namespace quorate::mvcc {
namespace {

// Field numbers.
constexpr uint32_t kPutPrevKv = 2;
constexpr uint32_t kDeleted = 2;
constexpr uint32_t kDeletePrevKvs = 3;

// How long the writer waits for the `keys` family, rather than to roll the index back over much. It is there in a third
// of that, unless the disk takes its time.
constexpr std::chrono::milliseconds kKeysPatience{100};

using storage::Family;

}  // namespace

absl::Status CutShort(const absl::Status& failure) {
  return base::MakeStatus(absl::IsUnavailable(failure) ? absl::StatusCode::kUnavailable : absl::StatusCode::kDataLoss,
                          "a request was cut short: " + std::string(base::MessageOf(failure)));
}

Writer::Writer(const storage::Database* database, KeysFamily* keys_family, KeyIndex* index, RecordStore* records,
               LeaseKeys* leases, const Meta& meta, uint64_t live_bytes)
    : database_(database),
      keys_family_(keys_family),
      index_(index),
      records_(records),
      leases_(leases),
      now_(index),
      revision_(meta.revision),
      committed_revision_(meta.revision),
      compacted_(meta.compacted),
      added_bytes_(meta.added_bytes),
      live_bytes_(live_bytes) {}

absl::StatusOr<Answer> Writer::Put(const PutRequest& request) {
  QUORATE_RETURN_IF_ERROR(Usable());
  QUORATE_RETURN_IF_ERROR(CheckPut(*this, leases_, request));
  QUORATE_RETURN_IF_ERROR(WeighPut(*this, request, &memory_budget_).status());
  counts_.Add(LooksBack(request), 1, 0);
  return Finish(ExecutePut(request));
}

absl::StatusOr<Answer> Writer::DeleteRange(const DeleteRangeRequest& request) {
  QUORATE_RETURN_IF_ERROR(Usable());
  if (request.prev_kv) {
    QUORATE_RETURN_IF_ERROR(WeighRange(*this, {.key = request.key, .range_end = request.range_end}, &memory_budget_));
  }
  counts_.Add(request.prev_kv, 0, 1);
  return Finish(ExecuteDeleteRange(request));
}

absl::StatusOr<Answer> Writer::Txn(const TxnRequest& request) {
  QUORATE_RETURN_IF_ERROR(Usable());
  uint64_t budget = memory_budget_;
  Effort effort(index_->size(), {});
  absl::StatusOr<base::Payload> body = ExecuteTxn(*this, this, leases_, request, &counts_, &budget, &effort);
  // One that is refused takes nothing.
  if (body.ok()) memory_budget_ = budget;
  return Finish(std::move(body));
}

absl::StatusOr<Answer> Writer::Compact(int64_t revision) {
  QUORATE_RETURN_IF_ERROR(Usable());
  if (revision <= compacted_) return base::errors::Compacted();
  if (revision > revision_) return base::errors::FutureRevision();
  compacted_ = revision;
  compacted_changed_ = true;
  return Answer{{}, revision_};
}

absl::Status Writer::DeleteKeys(const std::vector<std::string_view>& keys) {
  QUORATE_RETURN_IF_ERROR(Usable());
  counts_.Add(0, 0, keys.size());
  for (const std::string_view key : keys) {
    if (const std::optional<KeyState> found = index_->Find(key)) WriteTombstone(key, *found);
  }
  return Finish(base::Payload()).status();
}

absl::StatusOr<Answer> Writer::Finish(absl::StatusOr<base::Payload> body) {
  if (!body.ok()) {
    // An answer that something could not be read would not be what the same request comes to after a restart.
    if (!Changed() && !absl::IsUnavailable(body.status())) return std::move(body).status();
    broken_ = CutShort(body.status());
    return broken_;
  }
  if (Changed()) ++revision_;
  begin_ = events_.size();
  return Answer{*std::move(body), revision_};
}

absl::Status Writer::Usable() const { return broken_; }

void Writer::Seal() {
  if (revision_ != committed_revision_) {
    batch_.Put(Family::kMeta, kRevisionName, EncodeNumber(static_cast<uint64_t>(revision_)));
    batch_.Put(Family::kMeta, kAddedBytesName, EncodeNumber(added_bytes_));
  }
  if (compacted_changed_) {
    batch_.Put(Family::kMeta, kCompactedName, EncodeNumber(static_cast<uint64_t>(compacted_ + 1)));
  }
}

void Writer::Committed() {
  committed_revision_ = revision_;
  compacted_changed_ = false;
  overlay_.Clear();
  overlaid_ = 0;
  has_waited_for_keys_ = false;
  events_.clear();
  begin_ = 0;
  counts_ = {};
}

std::unique_ptr<KeySource> Writer::At(int64_t revision, const KeyRange& range,
                                      const std::function<absl::Status()>&) const {
  const PastOptions options{.rolled_changes_max = CostOfPast(revision, range), .patient = true};
  const int64_t committed = std::min(revision, committed_revision_);
  // Once: where the disk is long in taking it, to wait for each of many lists would be worse than to roll back.
  if (index_->ChangesSince(committed) > options.rolled_changes_max && !std::exchange(has_waited_for_keys_, true)) {
    keys_family_->WaitFor(committed_revision_, kKeysPatience).IgnoreError();
  }
  std::unique_ptr<KeySource> base = PastSource(database_, keys_family_, index_, committed, range, options);
  if (revision <= committed_revision_) return base;
  return std::make_unique<OverlaySource>(std::move(base), OverlayOfBatch(), revision);
}

const Overlay* Writer::OverlayOfBatch() const {
  for (; overlaid_ < events_.size(); ++overlaid_) {
    const Event& event = events_[overlaid_];
    std::optional<KeyState> state;
    if (!event.deleted) {
      const std::optional<KeyValueFields> fields = DecodeKeyValue(event.kv());
      QUORATE_CHECK(fields.has_value());
      state = KeyState{event.revision, fields->created, fields->version, fields->lease,
                       SizeClassOf(event.record.size(), event.key.size())};
    }
    overlay_.Add(event.key, event.revision, std::move(state));
  }
  return &overlay_;
}

const Event* Writer::FindUncommitted(Revision revision) const {
  if (revision.main <= committed_revision_) return nullptr;
  auto event = std::lower_bound(events_.begin(), events_.end(), revision,
                                [](const Event& one, const Revision& sought) { return one.revision < sought; });
  QUORATE_CHECK(event != events_.end() && event->revision == revision) << "no uncommitted record at " << Text(revision);
  return &*event;
}

absl::StatusOr<std::vector<base::Buffer>> Writer::Fetch(const std::vector<Revision>& revisions,
                                                        const std::function<absl::Status()>&) const {
  std::vector<base::Buffer> records(revisions.size());
  std::vector<Revision> committed;
  std::vector<size_t> places;
  for (size_t i = 0; i < revisions.size(); ++i) {
    if (const Event* event = FindUncommitted(revisions[i])) {
      records[i] = event->record;
    } else {
      committed.push_back(revisions[i]);
      places.push_back(i);
    }
  }
  if (committed.empty()) return records;
  std::vector<base::Buffer> found;
  QUORATE_RETURN_IF_ERROR(ReadPatiently([&] { return records_->Fetch(committed, &found); }));
  for (size_t i = 0; i < places.size(); ++i) records[places[i]] = std::move(found[i]);
  return records;
}

absl::StatusOr<base::Buffer> Writer::FetchOne(Revision revision) const {
  if (const Event* event = FindUncommitted(revision)) return event->record;
  return ReadPatiently([&] { return records_->FetchOne(revision); });
}

absl::StatusOr<base::Payload> Writer::ExecutePut(const PutRequest& request) {
  const std::optional<KeyState> old = index_->Find(request.key);
  base::Payload body;
  base::Buffer old_record;
  std::string_view value = request.value;
  int64_t lease = request.lease;
  if (old.has_value() && (request.prev_kv || request.ignore_value)) {
    QUORATE_ASSIGN_OR_RETURN(old_record, FetchOne(old->modified));
    if (request.prev_kv) AppendRecord(kPutPrevKv, old_record, &body);
  }
  // The checks have seen the key before the transaction. One that it deletes itself and then puts again with something
  // of the old to be kept (etcd stops there) has nothing to keep.
  if (request.ignore_value) {
    value = {};
    if (old_record) {
      QUORATE_ASSIGN_OR_RETURN(const KeyValueFields fields, FieldsOfRecord(old_record.view()));
      value = fields.value;
    }
  }
  if (request.ignore_lease) lease = old.has_value() ? old->lease : 0;
  put_bytes_ += request.key.size() + request.value.size();
  WritePut(request.key, value, lease, old);
  return body;
}

absl::StatusOr<base::Payload> Writer::ExecuteDeleteRange(const DeleteRangeRequest& request) {
  const KeyRange range = KeyRange::FromRequest(request.key, request.range_end);
  if (range.IsEmpty()) return base::Payload();
  std::vector<std::pair<std::string, KeyState>> doomed;
  if (range.single) {
    if (std::optional<KeyState> found = index_->Find(range.begin)) doomed.emplace_back(range.begin, *found);
  } else {
    index_->Scan(range, [&doomed](std::string_view key, const KeyState& state) {
      doomed.emplace_back(key, state);
      return true;
    });
  }
  base::Payload body;
  std::string deleted;
  base::wire::AppendVarintField(&deleted, kDeleted, doomed.size());
  body.Append(deleted);
  if (request.prev_kv && !doomed.empty()) {
    std::vector<Revision> revisions;
    for (const auto& [key, state] : doomed) revisions.push_back(state.modified);
    QUORATE_ASSIGN_OR_RETURN(std::vector<base::Buffer> records, Fetch(revisions, {}));
    for (base::Buffer& record : records) AppendRecord(kDeletePrevKvs, std::move(record), &body);
  }
  for (const auto& [key, state] : doomed) WriteTombstone(key, state);
  return body;
}

void Writer::WritePut(std::string_view key, std::string_view value, int64_t lease, const std::optional<KeyState>& old) {
  Event event;
  event.revision = NextRevision();
  KeyState state;
  state.modified = event.revision;
  state.created = old.has_value() ? old->created : event.revision.main;
  state.version = old.has_value() ? old->version + 1 : 1;
  state.lease = lease;
  if (old.has_value()) {
    event.previous = old->modified;
    event.previous_bytes = static_cast<uint32_t>(BytesOfClass(old->size_class));
  }
  event.record = EncodePut(key, value, state, old);
  state.size_class = SizeClassOf(event.record.size(), key.size());
  Add(key, std::move(event), EncodeKeyState(state));
  live_bytes_ += BytesOfClass(state.size_class);
  if (old.has_value()) live_bytes_ -= BytesOfClass(old->size_class);
  index_->Put(key, state);
  MoveLease(key, old.has_value() ? old->lease : 0, lease);
}

void Writer::WriteTombstone(std::string_view key, const KeyState& old) {
  Event event;
  event.revision = NextRevision();
  event.deleted = true;
  event.previous = old.modified;
  event.previous_bytes = static_cast<uint32_t>(BytesOfClass(old.size_class));
  event.record = EncodeTombstone(key, event.revision.main, old);
  const Revision revision = event.revision;
  Add(key, std::move(event), EncodeKeyDeletion());
  live_bytes_ -= BytesOfClass(old.size_class);
  const bool erased = index_->Erase(key, revision);
  QUORATE_CHECK(erased);
  MoveLease(key, old.lease, 0);
}

void Writer::Add(std::string_view key, Event event, std::string_view key_state) {
  batch_.Put(Family::kRevs, View(EncodeRevision(event.revision)), event.record.view());
  keys_run_.Add(key, event.revision, key_state);
  added_bytes_ += BytesOfClass(SizeClassOf(event.record.size(), key.size()));
  event.kv_offset = KeyValueOffset(event.record.view());
  const auto fields = DecodeKeyValue(event.kv());
  QUORATE_CHECK(fields.has_value() && fields->key == key);
  event.key = fields->key;
  events_.push_back(std::move(event));
}

void Writer::MoveLease(std::string_view key, int64_t from, int64_t to) {
  if (from == to || leases_ == nullptr) return;
  if (from != 0) leases_->Detach(from, key);
  if (to != 0) leases_->Attach(to, key);
}

}  // namespace quorate::mvcc
