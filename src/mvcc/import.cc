#include "quorate/mvcc/import.h"

#include <algorithm>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "quorate/base/check.h"
#include "quorate/base/wire.h"
#include "src/mvcc/key_codec.h"
#include "src/mvcc/key_value_fields.h"
#include "src/mvcc/meta.h"
#include "src/mvcc/record.h"
#include "src/mvcc/size_class.h"

namespace quorate::mvcc {
namespace {

using storage::Family;

// Large enough that RocksDB's cost for a batch is nothing, small enough to stay in the processor's cache.
constexpr size_t kBatchBytes = 1 << 20;

absl::Status Malformed(Revision revision, const std::string& what) {
  return base::MakeStatus(absl::StatusCode::kDataLoss, "the change at revision " + Text(revision) + " " + what);
}

// The map takes Abseil's own views.
absl::string_view Lookup(std::string_view key) { return {key.data(), key.size()}; }

// Nothing about the bytes is trusted: a known field must have its own wire type, an unknown one would be lost.
absl::StatusOr<KeyValueFields> Decode(const ImportedChange& change) {
  for (base::wire::Reader reader(change.kv); reader.Next();) {
    const bool bytes = reader.field() == kKeyField || reader.field() == kValueField;
    if (reader.field() > kLeaseField || (bytes ? !reader.IsBytes() : !reader.IsVarint())) {
      return Malformed(change.revision, "has a key-value with a field that is not known");
    }
  }
  const std::optional<KeyValueFields> fields = DecodeKeyValue(change.kv);
  if (!fields.has_value() || (fields->key.empty() && change.deleted)) {
    return Malformed(change.revision, "has a malformed key-value");
  }
  if (change.deleted || change.kv.empty()) return *fields;
  if (fields->modified != change.revision.main || fields->created < 1 || fields->created > fields->modified ||
      fields->version < 1 || fields->version > kRevisionMax) {
    return Malformed(change.revision, "has a key-value that contradicts it: modified " +
                                          std::to_string(fields->modified) + ", created " +
                                          std::to_string(fields->created) + ", version " +
                                          std::to_string(fields->version));
  }
  return *fields;
}

}  // namespace

struct Import::Rep {
  // What is remembered of a key: its last put.
  struct Last {
    Revision revision;
    uint16_t size_class = 0;
  };
  static KeyState StateOf(const Last& last) {
    KeyState state;
    state.modified = last.revision;
    state.size_class = last.size_class;
    return state;
  }

  Rep(storage::Database* database, int64_t finished, uint64_t mark)
      : database(database), finished(finished), mark(mark) {}

  absl::Status AddTombstone(const KeyValueFields& fields, Revision revision);
  absl::Status AddPut(const KeyValueFields& fields, Revision revision);
  // Garbage that the finished compaction should have removed: then all of it is looked for once more.
  void NoteLeftover(int64_t main, bool garbage) {
    if (garbage && main <= finished) finished = -1;
  }
  absl::Status Write(std::string_view key, Revision revision, const base::Buffer& record, std::string_view key_state);

  storage::Database* const database;
  int64_t finished;
  const uint64_t mark;
  absl::flat_hash_map<std::string, Last> last;
  storage::WriteBatch batch;
  uint64_t added_bytes = 0;
  ImportStatistics statistics;
};

absl::Status Import::Rep::AddTombstone(const KeyValueFields& fields, Revision revision) {
  auto found = last.find(Lookup(fields.key));
  std::optional<KeyState> previous;
  if (found != last.end()) {
    previous = StateOf(found->second);
    last.erase(found);
  }
  NoteLeftover(revision.main, previous.has_value() || revision.main < finished);
  return Write(fields.key, revision, EncodeTombstone(fields.key, revision.main, previous), EncodeKeyDeletion());
}

absl::Status Import::Rep::AddPut(const KeyValueFields& fields, Revision revision) {
  auto [found, is_first] = last.try_emplace(Lookup(fields.key));
  std::optional<KeyState> previous;
  if (!is_first) previous = StateOf(found->second);
  NoteLeftover(revision.main, previous.has_value());
  KeyState state;
  // The record of no key says nothing, as it did in the source.
  state.modified = fields.key.empty() ? Revision() : revision;
  state.created = fields.created;
  state.version = fields.version;
  state.lease = fields.lease;
  const base::Buffer record = EncodePut(fields.key, fields.value, state, previous);
  state.size_class = SizeClassOf(record.size(), fields.key.size());
  found->second = {revision, state.size_class};
  return Write(fields.key, revision, record, fields.key.empty() ? std::string() : EncodeKeyState(state));
}

absl::Status Import::Rep::Write(std::string_view key, Revision revision, const base::Buffer& record,
                                std::string_view key_state) {
  batch.Put(Family::kRevs, View(EncodeRevision(revision)), record.view());
  if (!key_state.empty()) batch.Put(Family::kKeys, EncodeKeyAt(key, revision), key_state);
  added_bytes += BytesOfClass(SizeClassOf(record.size(), key.size()));
  statistics.last = revision;
  statistics.changes += 1;
  return batch.bytes() < kBatchBytes ? absl::OkStatus() : database->Write(batch, mark);
}

Import::Import(std::unique_ptr<Rep> rep) : rep_(std::move(rep)) {}
Import::~Import() = default;

absl::StatusOr<std::unique_ptr<Import>> Import::Begin(storage::Database* database, int64_t finished, uint64_t mark) {
  QUORATE_ASSIGN_OR_RETURN(const Meta meta, ReadMeta(*database));
  auto records = database->NewIterator(Family::kRevs);
  records->Seek({});
  QUORATE_RETURN_IF_ERROR(records->status());
  if (meta.exists || records->Valid()) {
    return base::MakeStatus(absl::StatusCode::kFailedPrecondition, "the store holds a history already");
  }
  return std::unique_ptr<Import>(new Import(std::make_unique<Rep>(database, finished, mark)));
}

absl::Status Import::Add(const ImportedChange& change) {
  Rep& rep = *rep_;
  const Revision revision = change.revision;
  if (revision.main < 1 || revision.sub < 0 || revision <= rep.statistics.last) {
    return Malformed(revision, "comes after that at " + Text(rep.statistics.last));
  }
  if (revision.main > kImportedRevisionMax || revision.sub > kSubRevisionMax) {
    return Malformed(revision, "is beyond what a store can hold, which is " +
                                   Text({kImportedRevisionMax, kSubRevisionMax}) + " at most");
  }
  QUORATE_ASSIGN_OR_RETURN(const KeyValueFields fields, Decode(change));
  return change.deleted ? rep.AddTombstone(fields, revision) : rep.AddPut(fields, revision);
}

absl::Status Import::Finish(int64_t compacted) {
  Rep& rep = *rep_;
  QUORATE_CHECK(compacted >= rep.finished) << "finished " << rep.finished << ", compacted " << compacted;
  if (compacted > kImportedRevisionMax) {
    return base::MakeStatus(absl::StatusCode::kDataLoss, "the compacted revision " + std::to_string(compacted) +
                                                             " is beyond what a store can hold, which is " +
                                                             std::to_string(kImportedRevisionMax) + " at most");
  }
  const int64_t revision = std::max({int64_t{1}, rep.statistics.last.main, compacted});
  const auto put = [&rep](std::string_view name, int64_t number) {
    rep.batch.Put(Family::kMeta, name, EncodeNumber(static_cast<uint64_t>(number)));
  };
  put(kRevisionName, revision);
  put(kCompactedName, compacted + 1);
  put(kFinishedName, rep.finished + 1);
  put(kAddedBytesName, static_cast<int64_t>(rep.added_bytes));
  return rep.database->Write(rep.batch, rep.mark);
}

const ImportStatistics& Import::statistics() const {
  rep_->statistics.live_keys = rep_->last.size() - rep_->last.count("");
  return rep_->statistics;
}

}  // namespace quorate::mvcc
