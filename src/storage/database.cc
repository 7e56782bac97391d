#include "quorate/storage/database.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

#include "quorate/base/check.h"
#include "quorate/base/little_endian.h"
#include "rocksdb/convenience.h"
#include "rocksdb/db.h"
#include "src/storage/batch_behind.h"
#include "src/storage/event_listener.h"
#include "src/storage/failures.h"
#include "src/storage/families.h"
#include "src/storage/file_checksum.h"
#include "src/storage/flush_marks.h"
#include "src/storage/iterator.h"
#include "src/storage/options.h"
#include "src/storage/rocks_status.h"
#include "src/storage/slice.h"
#include "src/storage/snapshot.h"
#include "src/storage/write_batch_rep.h"

namespace quorate::storage {
namespace {

// Where the mark of the last marked write stands, in `meta`.
constexpr std::string_view kMarkName = "storage.mark";
// A key of any family that is never written.
constexpr std::string_view kNobodysKey("\0", 1);
// A stretch of a family that weighs less is not worth parting.
constexpr uint64_t kPartBytesMin = 1 << 20;
// Split points are no longer than this: keys that agree in so many bytes stay together.
constexpr size_t kSplitPointBytesMax = 64;
// A split point that is off by this share of a part is good enough.
constexpr uint64_t kSplitTolerance = 16;
// One MultiGet at a time holds this many records pinned in memory.
constexpr size_t kMultiGetKeys = 64;

rocksdb::WriteOptions Unlogged(bool low_priority) {
  rocksdb::WriteOptions options;
  options.disableWAL = true;
  options.low_pri = low_priority;
  return options;
}

void Mark(WriteBatch& batch, uint64_t mark) {
  char bytes[sizeof mark];
  base::PutLittleEndian(bytes, mark);
  batch.Put(Family::kMeta, kMarkName, std::string_view(bytes, sizeof bytes));
}

// What RocksDB says of its lists of files does not name them.
absl::Status OpenFailure(const std::string& path, const rocksdb::Status& status) {
  absl::Status failure = ToStatus(status, "open " + path);
  std::string text(base::MessageOf(failure));
  if (text.find(path + "/", sizeof("open ") + path.size()) != std::string::npos) return failure;
  // It may hold anything.
  constexpr std::string_view kListName = "MANIFEST-";
  constexpr size_t kListNameMax = 64;
  std::array<char, kListNameMax> bytes{};
  std::ifstream(path + "/CURRENT").read(bytes.data(), bytes.size());
  std::string_view list(bytes.data(), bytes.size());
  list = list.substr(0, list.find('\n'));
  if (!list.starts_with(kListName) || list.size() == bytes.size()) list = "CURRENT";
  return base::MakeStatus(failure.code(), text + ", according to " + path + "/" + std::string(list));
}

}  // namespace

struct Database::Rep {
  explicit Rep(const std::string& path) : path(path), failures(path) {}

  const std::string path;
  Failures failures;
  std::shared_ptr<EventListener> listener = std::make_shared<EventListener>(path, &failures);
  std::unique_ptr<FlushMarks> marks;
  std::unique_ptr<rocksdb::DB> db;
  std::array<rocksdb::ColumnFamilyHandle*, kFamilies> families{};
  BatchBehind behind;

  rocksdb::ColumnFamilyHandle* Handle(Family family) const { return families[FamilyId(family)]; }
  std::vector<rocksdb::ColumnFamilyHandle*> AllHandles() const { return {families.begin(), families.end()}; }
  absl::Status Settle();
  // Whether what a read may need is there, OK when it is.
  absl::Status SettleFor(bool may_need, const Snapshot* snapshot);
  absl::Status Write(const rocksdb::WriteOptions& options, WriteBatch& batch);
  absl::Status WriteMarked(WriteBatch& batch, uint64_t mark);
  uint64_t Sum(const rocksdb::Slice& property) const;
  uint64_t BytesBefore(Family family, std::string_view key) const;
  std::string KeyAt(Family family, uint64_t bytes, uint64_t tolerance) const;
  absl::StatusOr<uint64_t> ReadMark() const;
};

uint64_t Database::Rep::Sum(const rocksdb::Slice& property) const {
  uint64_t sum = 0;
  for (rocksdb::ColumnFamilyHandle* family : families) {
    uint64_t value = 0;
    if (db->GetIntProperty(family, property, &value)) sum += value;
  }
  return sum;
}

absl::StatusOr<uint64_t> Database::Rep::ReadMark() const {
  std::string text;
  rocksdb::Status status = db->Get({}, Handle(Family::kMeta), ToSlice(kMarkName), &text);
  if (status.IsNotFound()) return 0;
  if (!status.ok()) return ToStatus(status, "open " + path);
  if (text.size() != sizeof(uint64_t)) {
    return base::MakeStatus(absl::StatusCode::kDataLoss, "open " + path + ": the mark of the last write is malformed");
  }
  return base::ReadLittleEndian<uint64_t>(text.data());
}

Database::Database(std::unique_ptr<Rep> rep) : rep_(std::move(rep)) {}

Database::~Database() {
  // Closing makes it durable, as everything else that counts as written; what the disk refuses now is in the log.
  (void)Settle();
  for (rocksdb::ColumnFamilyHandle* family : rep_->families) rep_->db->DestroyColumnFamilyHandle(family);
  rep_->db->Close().PermitUncheckedError();
  rep_->db.reset();
}

absl::StatusOr<std::unique_ptr<Database>> Database::Open(const DatabaseOptions& options) {
  auto rep = std::make_unique<Rep>(options.path);
  const rocksdb::DBOptions db_options = MakeDbOptions(options, rep->listener);
  const auto families = MakeFamilies(options);
  if (!options.read_only && !options.must_exist) {
    std::error_code error;
    std::filesystem::create_directories(options.path, error);
    if (error) {
      return base::MakeStatus(absl::StatusCode::kUnavailable, "create " + options.path + ": " + error.message());
    }
  }

  rocksdb::DB* db = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::Status status = options.read_only
                               ? rocksdb::DB::OpenForReadOnly(db_options, options.path, families, &handles, &db)
                               : rocksdb::DB::Open(db_options, options.path, families, &handles, &db);
  if (!status.ok()) return OpenFailure(options.path, status);
  rep->db.reset(db);
  QUORATE_CHECK(handles.size() == kFamilies);
  for (int i = 0; i < kFamilies; ++i) {
    QUORATE_CHECK(handles[i]->GetID() == static_cast<uint32_t>(i)) << "column family " << handles[i]->GetName();
    rep->families[i] = handles[i];
  }
  absl::StatusOr<uint64_t> mark = rep->ReadMark();
  rep->marks = std::make_unique<FlushMarks>(mark.ok() ? *mark : 0);
  rep->listener->SetMarks(rep->marks.get());
  std::unique_ptr<Database> database(new Database(std::move(rep)));
  if (!mark.ok()) return std::move(mark).status();
  return database;
}

absl::Status Database::Write(WriteBatch& batch, uint64_t mark) {
  QUORATE_RETURN_IF_ERROR(Settle());
  Mark(batch, mark);
  return rep_->WriteMarked(batch, mark);
}

absl::Status Database::WriteBehind(WriteBatch& batch, uint64_t mark) {
  QUORATE_RETURN_IF_ERROR(Settle());
  // It would be refused later, and those who read would meet it behind.
  if (!rep_->listener->error().ok()) return Write(batch, mark);
  Mark(batch, mark);
  rep_->behind.Take(batch, mark);
  return absl::OkStatus();
}

absl::Status Database::Settle() const { return rep_->Settle(); }

absl::Status Database::Rep::Settle() {
  return behind.Settle([this](WriteBatch& batch, uint64_t mark) { return WriteMarked(batch, mark); });
}

absl::Status Database::Rep::SettleFor(bool may_need, const Snapshot* snapshot) {
  if (snapshot != nullptr) return snapshot->whole();
  return may_need ? Settle() : absl::OkStatus();
}

absl::Status Database::Rep::WriteMarked(WriteBatch& batch, uint64_t mark) {
  QUORATE_RETURN_IF_ERROR(Write(Unlogged(/*low_priority=*/false), batch));
  // Another batch may have come between: then the number is higher than the write's own, which errs on the safe side.
  marks->Written(db->GetLatestSequenceNumber(), mark);
  return absl::OkStatus();
}

absl::Status Database::Rep::Write(const rocksdb::WriteOptions& options, WriteBatch& batch) {
  const rocksdb::Status status = db->Write(options, &batch.rep_->batch);
  if (!status.ok()) return ToStatus(status, "write to " + path);
  batch.Clear();
  return absl::OkStatus();
}

absl::Status Database::WriteUnmarked(WriteBatch& batch) {
  QUORATE_RETURN_IF_ERROR(Settle());
  return rep_->Write(Unlogged(/*low_priority=*/false), batch);
}

absl::Status Database::WriteAtLeisure(WriteBatch& batch) {
  QUORATE_RETURN_IF_ERROR(Settle());
  // While it has much to compact, RocksDB allows such writes 1 MB a second.
  return rep_->Write(Unlogged(/*low_priority=*/true), batch);
}

absl::StatusOr<std::optional<std::string>> Database::Get(Family family, std::string_view key,
                                                         const Snapshot* snapshot) const {
  QUORATE_RETURN_IF_ERROR(rep_->SettleFor(rep_->behind.MayHold(family, key), snapshot));
  rocksdb::ReadOptions options;
  options.snapshot = snapshot == nullptr ? nullptr : snapshot->get();
  std::string value;
  rocksdb::Status status = rep_->db->Get(options, rep_->Handle(family), ToSlice(key), &value);
  if (status.IsNotFound()) return std::nullopt;
  if (!status.ok()) return rep_->failures.OfRead(status);
  return value;
}

absl::Status Database::MultiGet(Family family, const std::vector<std::string>& keys,
                                const std::function<void(size_t index, std::string_view value)>& visit,
                                const Snapshot* snapshot) const {
  const auto may_be_behind = [&](const std::string& key) { return rep_->behind.MayHold(family, key); };
  const bool may_need = rep_->behind.is_there() && std::any_of(keys.begin(), keys.end(), may_be_behind);
  QUORATE_RETURN_IF_ERROR(rep_->SettleFor(may_need, snapshot));
  rocksdb::ReadOptions options;
  options.snapshot = snapshot == nullptr ? nullptr : snapshot->get();
  std::array<rocksdb::Slice, kMultiGetKeys> slices;
  std::array<rocksdb::PinnableSlice, kMultiGetKeys> values;
  std::array<rocksdb::Status, kMultiGetKeys> statuses;
  for (size_t begin = 0; begin < keys.size(); begin += kMultiGetKeys) {
    const size_t count = std::min(kMultiGetKeys, keys.size() - begin);
    for (size_t i = 0; i < count; ++i) slices[i] = ToSlice(keys[begin + i]);
    rep_->db->MultiGet(options, rep_->Handle(family), count, slices.data(), values.data(), statuses.data());
    for (size_t i = 0; i < count; ++i) {
      if (statuses[i].ok()) {
        visit(begin + i, View(values[i]));
      } else if (!statuses[i].IsNotFound()) {
        return rep_->failures.OfRead(statuses[i]);
      }
      values[i].Reset();
    }
  }
  return absl::OkStatus();
}

std::unique_ptr<Iterator> Database::NewIterator(Family family, IteratorOptions options) const {
  const bool may_need = rep_->behind.MayHoldBefore(family, options.upper_bound);
  if (absl::Status settled = rep_->SettleFor(may_need, options.snapshot); !settled.ok()) {
    return MakeFailedIterator(std::move(settled));
  }
  return MakeIterator(rep_->db.get(), rep_->Handle(family), std::move(options), &rep_->failures);
}

uint64_t Database::Rep::BytesBefore(Family family, std::string_view key) const {
  rocksdb::SizeApproximationOptions options;
  options.include_memtables = true;
  const rocksdb::Range range(rocksdb::Slice(), ToSlice(key));
  uint64_t bytes = 0;
  if (!db->GetApproximateSizes(options, Handle(family), &range, 1, &bytes).ok()) return 0;
  return bytes;
}

// The largest string with no more than so many bytes before it, found byte by byte.
std::string Database::Rep::KeyAt(Family family, uint64_t bytes, uint64_t tolerance) const {
  constexpr unsigned kByteMax = 0xff;
  std::string key;
  uint64_t before = 0;
  while (bytes - before > tolerance && key.size() < kSplitPointBytesMax) {
    unsigned low = 0, high = kByteMax;
    key.push_back(0);
    while (low < high) {
      const unsigned middle = (low + high + 1) / 2;
      key.back() = static_cast<char>(middle);
      BytesBefore(family, key) <= bytes ? low = middle : high = middle - 1;
    }
    key.back() = static_cast<char>(low);
    before = std::min(BytesBefore(family, key), bytes);
  }
  return key;
}

std::vector<std::string> Database::SplitPoints(Family family, size_t parts) const {
  const uint64_t all = rep_->BytesBefore(family, std::string(kSplitPointBytesMax, '\xff'));
  parts = std::min<uint64_t>(parts, all / kPartBytesMin);
  std::vector<std::string> points;
  for (size_t i = 1; i < parts; ++i) {
    std::string point = rep_->KeyAt(family, all / parts * i, all / parts / kSplitTolerance);
    if (points.empty() || points.back() < point) points.push_back(std::move(point));
  }
  return points;
}

std::vector<TableFile> Database::TableFiles() const {
  std::vector<rocksdb::LiveFileMetaData> live;
  rep_->db->GetLiveFilesMetaData(&live);
  std::vector<TableFile> tables;
  for (const rocksdb::LiveFileMetaData& file : live) {
    tables.push_back({file.db_path + file.name, file.file_number, file.size,
                      FileChecksumOf(file.file_checksum_func_name, file.file_checksum)});
  }
  std::sort(tables.begin(), tables.end(), [](const TableFile& a, const TableFile& b) { return a.number > b.number; });
  return tables;
}

void Database::OnFailure(std::function<void(const absl::Status& failure)> listener) {
  rep_->failures.SetListener(std::move(listener));
}

std::shared_ptr<const Snapshot> Database::TakeSnapshot() const {
  return std::make_shared<const Snapshot>(rep_->db.get(), Settle());
}

absl::Status Database::Flush() {
  QUORATE_RETURN_IF_ERROR(Settle());
  const uint64_t sequence = rep_->db->GetLatestSequenceNumber();
  QUORATE_RETURN_IF_ERROR(
      ToStatus(rep_->db->Flush(rocksdb::FlushOptions(), rep_->AllHandles()), "flush " + rep_->path));
  // RocksDB may return here before it has told the listener.
  rep_->marks->Flushed(sequence);
  return absl::OkStatus();
}

uint64_t Database::durable_mark() const { return rep_->marks->durable(); }

// CompactRange flushes first, and of a family that is empty when it looks, it leaves out what is written while it waits
// for its turn: on disk the others would then be ahead of it.
absl::Status Database::TouchAll() {
  WriteBatch batch;
  for (const Family family : {Family::kMeta, Family::kKeys, Family::kRevs}) batch.Delete(family, kNobodysKey);
  return WriteUnmarked(batch);
}

absl::Status Database::CompactAll(std::atomic<bool>* canceled) {
  rocksdb::CompactRangeOptions options;
  options.canceled = canceled;
  options.exclusive_manual_compaction = false;
  options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
  for (rocksdb::ColumnFamilyHandle* family : rep_->families) {
    QUORATE_RETURN_IF_ERROR(TouchAll());
    const rocksdb::Status status = rep_->db->CompactRange(options, family, nullptr, nullptr);
    if (canceled != nullptr && canceled->load()) return absl::CancelledError("compaction was stopped");
    QUORATE_RETURN_IF_ERROR(ToStatus(status, "compact " + rep_->path));
  }
  return absl::OkStatus();
}

void Database::StopBackgroundWork() {
  // Else it would flush first, and leave out what a family that is empty by then gets while it waits to (see TouchAll).
  rep_->db->SetDBOptions({{"avoid_flush_during_shutdown", "true"}}).PermitUncheckedError();
  rocksdb::CancelAllBackgroundWork(rep_->db.get(), /*wait=*/false);
}

DatabaseSize Database::Size() const {
  DatabaseSize size;
  size.on_disk_bytes = rep_->Sum(rocksdb::DB::Properties::kTotalSstFilesSize);
  size.live_bytes = rep_->Sum(rocksdb::DB::Properties::kEstimateLiveDataSize) +
                    rep_->Sum(rocksdb::DB::Properties::kCurSizeAllMemTables);
  return size;
}

std::string Database::Property(const std::string& name) const {
  std::string value;
  if (!rep_->db->GetProperty(rep_->Handle(Family::kRevs), name, &value)) return "";
  return value;
}

absl::Status Database::BackgroundError() const { return rep_->listener->error(); }

absl::Status Database::Resume() {
  QUORATE_RETURN_IF_ERROR(ToStatus(rep_->db->Resume(), "resume " + rep_->path));
  rep_->listener->ClearError();
  return absl::OkStatus();
}

}  // namespace quorate::storage
