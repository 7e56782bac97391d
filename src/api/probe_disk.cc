#include <charconv>

#include "src/api/probes.h"

namespace quorate::api {
namespace {

struct RocksGauge {
  const char* name;
  const char* help;
  const char* property;
};

constexpr RocksGauge kRocksGauges[] = {
    {"quorate_rocksdb_memtable_bytes", "Memory of records not flushed yet.", "rocksdb.cur-size-all-mem-tables"},
    {"quorate_rocksdb_pending_compaction_bytes", "Bytes that compaction has still to rewrite.",
     "rocksdb.estimate-pending-compaction-bytes"},
    {"quorate_rocksdb_block_cache_bytes", "Memory of the block cache in use.", "rocksdb.block-cache-usage"},
    {"quorate_rocksdb_running_flushes", "Flushes running.", "rocksdb.num-running-flushes"},
    {"quorate_rocksdb_running_compactions", "Compactions running.", "rocksdb.num-running-compactions"},
    {"quorate_rocksdb_write_stopped", "1 while writes are held up by compaction.", "rocksdb.is-write-stopped"},
};

void ProbeWal(const wal::WalStatistics& statistics, MetricsPage& page) {
  page.Histogram("etcd_disk_wal_fsync_duration_seconds", "How long syncs of the log took.", statistics.sync_latency);
  page.Histogram("etcd_disk_wal_write_duration_seconds", "How long writes to the log took.", statistics.write_latency);
  page.Gauge("etcd_disk_wal_write_bytes_total", "Bytes written to the log.",
             static_cast<double>(statistics.written_bytes.load(std::memory_order_relaxed)));
}

}  // namespace

void ProbeDisk(const ServiceContext& context, MetricsPage& page) {
  ProbeWal(context.replica->wal_statistics(), page);
  page.Gauge("quorate_wal_sync_running_seconds", "How long a sync of the log has been running; 0 when none is.",
             std::chrono::duration<double>(context.replica->disk_pace().sync_running).count());
  page.Histogram("etcd_disk_backend_commit_duration_seconds", "How long batches took to be written to the store.",
                 context.replica->execution_statistics().commits);
  page.Histogram("etcd_disk_backend_defrag_duration_seconds", "How long defragmentations took.",
                 context.defragmentation.durations());
  page.Gauge("etcd_disk_defrag_inflight", "Whether a defragmentation runs.", context.defragmentation.running());
  const storage::Database& database = std::as_const(*context.replica).database();
  for (const RocksGauge& gauge : kRocksGauges) {
    const std::string text = database.Property(gauge.property);
    uint64_t value = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc()) continue;
    page.Gauge(gauge.name, gauge.help, static_cast<double>(value));
  }
  page.Gauge("quorate_rocksdb_background_error", "1 while the store cannot flush or compact.",
             !database.BackgroundError().ok());
  const storage::DatabaseSize size = database.Size();
  page.Gauge("quorate_rocksdb_table_bytes", "Size of all table files.", static_cast<double>(size.on_disk_bytes));
  page.Gauge("quorate_store_durable_index", "Index of the last entry the store itself has on disk.",
             static_cast<double>(database.durable_mark()));
}

}  // namespace quorate::api
