#include "src/storage/options.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>

#include "quorate/base/descriptor_limit.h"
#include "quorate/base/logging.h"
#include "quorate/storage/open_tables.h"
#include "rocksdb/cache.h"
#include "rocksdb/env.h"
#include "rocksdb/slice_transform.h"
#include "rocksdb/table.h"
#include "rocksdb/utilities/table_properties_collectors.h"
#include "src/storage/families.h"
#include "src/storage/file_checksum.h"
#include "src/storage/table_footer.h"

namespace quorate::storage {
namespace {

// A table that compaction made has 64 MiB, and so many of them reach 32 GiB without one being opened again; those that
// were moved down as they had been flushed are smaller.
constexpr uint64_t kOpenTablesMax = 512;
// A family may have this many memtables, one filling and the others being flushed, before writes wait.
constexpr int kMemtablesMax = 3;
// Tables that gather at the front of a family before writes are slowed, and stopped: a defragmentation of the whole
// store must not stop them, however long it takes.
constexpr int kFrontTablesSlow = 40;
constexpr int kFrontTablesStop = 80;
// Entries of `keys` come in random order, so each table overlaps all others. They are merged with others of about their
// size, so that an entry is rewritten a few times in all; in levels each merge would take in what stands behind it, ten
// times as much. Merging begins when there are this many sorted runs, each of which a read of the past has to look
// into.
constexpr int kKeysRuns = 16;
// Everything is merged into one when what was gathered in front is this much of the oldest run: nearly none of it is
// garbage, so this is not about space but about how often all is rewritten.
constexpr unsigned kKeysFrontPercent = 100;
// Records are read one at a time or in long runs: blocks larger than RocksDB's 4 KiB make fewer index entries.
constexpr size_t kRevsBlockBytes = 16 << 10;
constexpr size_t kKeysBlockBytes = 8 << 10;
// The search for an entry's place in a memtable begins at where the last one went that begins with as many of the same
// bytes. `keys` is written in sorted runs: all of it counts as one. In `meta` the same few names are written again and
// again, and leases: so much of a name tells them apart. (Where hints are kept, RocksDB's range deletions must not be
// used: they would take them for their own.)
constexpr size_t kKeysHintBytes = 0;
constexpr size_t kMetaHintBytes = 6;
constexpr uint64_t kTableFileBytes = 64 << 20;
constexpr uint64_t kFirstLevelBytes = 256 << 20;
// Write back as we go, so that a flush or compaction does not end in one long sync that the log's own syncs wait for.
constexpr uint64_t kBytesPerSync = 1 << 20;
// A table in which half of some run of this many entries are deletions is compacted early: compaction of history leaves
// such runs, and scans would walk over them.
constexpr size_t kDeletionWindow = 16 << 10;
constexpr size_t kDeletionTrigger = 8 << 10;

// RocksDB's own log goes where ours goes, errors only: the rest is for RocksDB's developers, and Property() has the
// figures.
class LogForwarder : public rocksdb::Logger {
 public:
  LogForwarder() : Logger(rocksdb::InfoLogLevel::ERROR_LEVEL) {}
  using Logger::Logv;
  void LogHeader(const char* format, va_list arguments) override {}
  void Logv(const char* format, va_list arguments) override {
    char text[1024];
    std::vsnprintf(text, sizeof text, format, arguments);
    QUORATE_LOG(kWarn, "the storage engine reports", {{"text", text}});
  }
  void Logv(rocksdb::InfoLogLevel level, const char* format, va_list arguments) override {
    if (level >= rocksdb::InfoLogLevel::ERROR_LEVEL && level < rocksdb::InfoLogLevel::HEADER_LEVEL) {
      Logv(format, arguments);
    }
  }
};

rocksdb::BlockBasedTableOptions TableOptions(const std::shared_ptr<rocksdb::Cache>& cache, size_t block_bytes) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.block_size = block_bytes;
  // IsTableFooter knows both.
  table.format_version = 5;
  table.checksum = rocksdb::kXXH3;
  // Index blocks count against the cache's budget: memory stays bounded when the data is many times larger.
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  return table;
}

rocksdb::ColumnFamilyOptions CommonOptions(const DatabaseOptions& options) {
  rocksdb::ColumnFamilyOptions family;
  family.write_buffer_size = options.write_buffer_bytes;
  family.max_write_buffer_number = kMemtablesMax;
  family.level0_slowdown_writes_trigger = kFrontTablesSlow;
  family.level0_stop_writes_trigger = kFrontTablesStop;
  family.level_compaction_dynamic_level_bytes = true;
  family.target_file_size_base = kTableFileBytes;
  family.max_bytes_for_level_base = kFirstLevelBytes;
  family.compression = rocksdb::kLZ4Compression;
  return family;
}

}  // namespace

int OpenTablesMax(uint64_t descriptors) { return static_cast<int>(std::min(kOpenTablesMax, descriptors / 2)); }

rocksdb::DBOptions MakeDbOptions(const DatabaseOptions& options, std::shared_ptr<rocksdb::EventListener> listener) {
  rocksdb::DBOptions db;
  const bool creates = !options.read_only && !options.must_exist;
  db.create_if_missing = creates;
  db.create_missing_column_families = creates;
  db.atomic_flush = true;
  // Over all families together, flushes in progress included.
  db.db_write_buffer_size = options.write_buffer_bytes;
  db.avoid_flush_during_shutdown = !options.flush_on_close;
  db.max_background_jobs = options.background_threads;
  db.max_open_files = OpenTablesMax(base::DescriptorLimit());
  db.bytes_per_sync = kBytesPerSync;
  // One thread writes nearly everything: the parallel insertion would only cost it.
  db.allow_concurrent_memtable_write = false;
  db.enable_write_thread_adaptive_yield = false;
  db.skip_stats_update_on_db_open = true;
  db.stats_dump_period_sec = 0;
  db.stats_persist_period_sec = 0;
  db.env = CheckingEnv();
  // Damage is looked for wherever files are opened and read; a checksum over each table lets it be found in the whole
  // of it without understanding any (CheckTableFile). These are RocksDB's defaults but the last.
  db.paranoid_checks = true;
  db.verify_sst_unique_id_in_manifest = true;
  db.file_checksum_gen_factory = MakeFileChecksums();
  db.info_log = std::make_shared<LogForwarder>();
  db.listeners.push_back(std::move(listener));
  return db;
}

std::vector<rocksdb::ColumnFamilyDescriptor> MakeFamilies(const DatabaseOptions& options) {
  const std::shared_ptr<rocksdb::Cache> cache = rocksdb::NewLRUCache(options.block_cache_bytes);
  const auto deletions = rocksdb::NewCompactOnDeletionCollectorFactory(kDeletionWindow, kDeletionTrigger);

  rocksdb::ColumnFamilyOptions meta = CommonOptions(options);
  meta.memtable_insert_with_hint_prefix_extractor.reset(rocksdb::NewCappedPrefixTransform(kMetaHintBytes));
  meta.table_factory.reset(rocksdb::NewBlockBasedTableFactory(TableOptions(cache, kKeysBlockBytes)));

  // Neighbours share most of their key; RocksDB stores what differs. No bloom filter: it is only ever walked.
  rocksdb::ColumnFamilyOptions keys = CommonOptions(options);
  keys.table_factory.reset(rocksdb::NewBlockBasedTableFactory(TableOptions(cache, kKeysBlockBytes)));
  keys.table_properties_collector_factories.push_back(deletions);
  keys.memtable_insert_with_hint_prefix_extractor.reset(rocksdb::NewCappedPrefixTransform(kKeysHintBytes));
  keys.compaction_style = rocksdb::kCompactionStyleUniversal;
  keys.compaction_options_universal.max_size_amplification_percent = kKeysFrontPercent;
  keys.level0_file_num_compaction_trigger = kKeysRuns;

  // Written in ascending order, so tables do not overlap: levels are filled by moving files, and one look at the key
  // ranges finds the one table a revision can be in, which is why there is no bloom filter here either.
  rocksdb::ColumnFamilyOptions revs = CommonOptions(options);
  revs.table_factory.reset(rocksdb::NewBlockBasedTableFactory(TableOptions(cache, kRevsBlockBytes)));
  revs.table_properties_collector_factories.push_back(deletions);

  return {{kFamilyNames[0], meta}, {kFamilyNames[1], keys}, {kFamilyNames[2], revs}};
}

}  // namespace quorate::storage
