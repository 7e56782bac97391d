#include <map>

#include "src/api/probes.h"

namespace quorate::api {
namespace {

void ProbeLatencies(const RequestStatistics& statistics, MetricsPage& page) {
  for (size_t type = 0; type < kRequestTypes; ++type) {
    for (const bool success : {false, true}) {
      const RequestLatency& latency = statistics.requests[type][success];
      if (latency.count() == 0) continue;
      page.Histogram(
          "etcd_server_request_duration_seconds", "How long requests took, from received to executed.", latency,
          {{"success", success ? "true" : "false"}, {"type", std::string(NameOf(static_cast<RequestType>(type)))}});
    }
  }
  for (const bool success : {false, true}) {
    page.Histogram("etcd_server_range_duration_seconds", "How long ranges took to read.", statistics.ranges[success],
                   {{"success", success ? "true" : "false"}});
  }
}

void ProbeClientVersions(const ServiceContext& context, MetricsPage& page) {
  std::map<std::pair<std::string, std::string>, uint64_t> requests;
  for (const auto& loop : context.loops) {
    loop->unary_versions.ForEach([&](const std::string& version, uint64_t count) {
      requests[{"unary", version}] += count;
    });
    loop->stream_versions.ForEach([&](const std::string& version, uint64_t count) {
      requests[{"stream", version}] += count;
    });
  }
  for (const auto& [key, count] : requests) {
    page.Counter("etcd_server_client_requests_total", "Requests by the API version clients say they speak.",
                 static_cast<double>(count), {{"client_api_version", key.second}, {"type", key.first}});
  }
}

void ProbeChecks(const RequestStatistics& statistics, MetricsPage& page) {
  page.Counter("etcd_server_health_success", "Probes of /health answered healthy.",
               static_cast<double>(statistics.health_success.load(std::memory_order_relaxed)));
  page.Counter("etcd_server_health_failures", "Probes of /health answered unhealthy.",
               static_cast<double>(statistics.health_failures.load(std::memory_order_relaxed)));
  for (const auto& [check, counts] : statistics.checks.Get()) {
    const auto& [kind, name] = check;
    page.Gauge("etcd_server_healthcheck", "Whether the check succeeded when it was last made.", counts.last ? 1 : 0,
               {{"name", name}, {"type", kind}});
    const auto total = [&](const char* status, uint64_t count) {
      if (count == 0) return;
      page.Counter("etcd_server_healthchecks_total", "Checks made for /livez and /readyz.", static_cast<double>(count),
                   {{"name", name}, {"status", status}, {"type", kind}});
    };
    total("success", counts.success);
    total("error", counts.error);
  }
}

}  // namespace

void ProbeRequests(const ServiceContext& context, MetricsPage& page) {
  ProbeLatencies(context.statistics, page);
  ProbeClientVersions(context, page);
  ProbeChecks(context.statistics, page);
  page.Histogram("etcd_mvcc_hash_duration_seconds", "How long hashing everything stored took.",
                 context.statistics.hash);
  page.Histogram("etcd_mvcc_hash_rev_duration_seconds", "How long hashing history up to a revision took.",
                 context.statistics.hash_by_revision);
  page.Counter("quorate_slow_unary_requests_total", "Unary requests that took longer than expected.",
               static_cast<double>(context.slow_calls.count()));
  page.Gauge("quorate_reader_pool_queue_length", "Long reads waiting for a reader thread.",
             static_cast<double>(context.readers.queued()));
  page.Gauge("quorate_disk_reader_pool_queue_length",
             "Short reads waiting for one of the threads that wait for the disk.",
             static_cast<double>(context.disk_readers.queued()));
}

}  // namespace quorate::api
