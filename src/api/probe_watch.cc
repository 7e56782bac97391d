#include "src/api/probes.h"
#include "src/api/service_context.h"

namespace quorate::api {

void ProbeWatch(const ServiceContext& context, MetricsPage& page) {
  int64_t streams = 0, watchers = 0, behind = 0;
  uint64_t sent = 0, reads = 0, read_events = 0;
  for (const auto& loop : context.loops) {
    const watch::FeedStatistics& statistics = loop->feed.statistics();
    streams += statistics.channels.load(std::memory_order_relaxed);
    watchers += statistics.watchers.load(std::memory_order_relaxed);
    behind += statistics.behind.load(std::memory_order_relaxed);
    sent += statistics.events_sent.load(std::memory_order_relaxed);
    reads += statistics.history_reads.load(std::memory_order_relaxed);
    read_events += statistics.history_events.load(std::memory_order_relaxed);
  }
  const auto number = [](auto value) { return static_cast<double>(value); };
  page.Gauge("etcd_debugging_mvcc_watch_stream_total", "Watch streams, those inside the server included.",
             number(streams));
  page.Gauge("etcd_debugging_mvcc_watcher_total", "Watchers.", number(watchers));
  page.Gauge("etcd_debugging_mvcc_slow_watcher_total", "Watchers that are behind.", number(behind));
  page.Counter("etcd_debugging_mvcc_events_total", "Events sent, each counted for every watcher.", number(sent));
  page.Gauge("etcd_debugging_mvcc_pending_events_total",
             "Events taken for a stream and not encoded: none, it is done at once.", 0);
  page.Gauge("quorate_watch_window_events", "Recent events kept for watchers.", number(context.hub.window_events()));
  page.Gauge("quorate_watch_window_bytes", "Memory of recent events kept for watchers.",
             number(context.hub.window_bytes()));
  page.Counter("quorate_watch_history_reads_total", "Reads of history for watchers that are behind.", number(reads));
  page.Counter("quorate_watch_history_events_total", "Events found in history for watchers that are behind.",
               number(read_events));
}

}  // namespace quorate::api
