#include "src/api/probes.h"
#include "src/api/store_size.h"

namespace quorate::api {

void ProbeMvcc(const ServiceContext& context, MetricsPage& page) {
  const mvcc::Store& store = context.replica->store();
  const mvcc::StoreStatistics statistics = store.statistics();
  const auto number = [](auto value) { return static_cast<double>(value); };
  page.Gauge("etcd_debugging_mvcc_keys_total", "Live keys.", number(statistics.keys));
  page.Gauge("etcd_debugging_mvcc_current_revision", "Newest revision.", number(store.revision()));
  page.Gauge("etcd_debugging_mvcc_compact_revision", "Revision that history begins at.",
             number(store.compacted_revision()));
  page.Counter("etcd_debugging_mvcc_db_compaction_keys_total", "Records removed by compaction.",
               number(statistics.compaction_keys));
  page.Gauge("etcd_debugging_mvcc_total_put_size_in_bytes", "Bytes of keys and values put.",
             number(statistics.put_bytes));
  page.Counter("etcd_mvcc_put_total", "Puts executed.", number(statistics.puts));
  page.Counter("etcd_mvcc_delete_total", "Deletes executed.", number(statistics.deletes));
  page.Counter("etcd_mvcc_range_total", "Ranges executed.", number(statistics.ranges));
  page.Counter("etcd_mvcc_txn_total", "Transactions executed.", number(statistics.txns));
  const StoreSize size = SizeOf(context);
  page.Gauge("etcd_mvcc_db_total_size_in_bytes", "Size of the store.", number(size.bytes));
  page.Gauge("etcd_mvcc_db_total_size_in_use_in_bytes", "Size of what the store holds.", number(size.in_use_bytes));
  page.Gauge("quorate_index_bytes", "Memory of the key index.", number(statistics.index_bytes));
  page.Gauge("quorate_value_cache_bytes", "Memory of the value cache.", number(statistics.cache_bytes));
  page.Counter("quorate_value_cache_hits_total", "Records found in the value cache.", number(statistics.cache_hits));
  page.Counter("quorate_value_cache_misses_total", "Records read from the store.", number(statistics.cache_misses));
}

}  // namespace quorate::api
