#include <map>

#include "src/api/probes.h"

namespace quorate::api {
namespace {

void ProbeLatencies(const RequestStatistics& statistics, MetricsPage& page) {
  for (size_t type = 0; type < kRequestTypes; ++type) {
    for (const bool success : {false, true}) {
      const RequestLatency& latency = statistics.requests[type][success];
      uint64_t requests = 0;
      for (size_t bucket = 0; bucket <= RequestLatency::bounds(); ++bucket) requests += latency.bucket(bucket);
      if (requests == 0) continue;
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

}  // namespace

void ProbeRequests(const ServiceContext& context, MetricsPage& page) {
  ProbeLatencies(context.statistics, page);
  ProbeClientVersions(context, page);
  page.Counter("etcd_server_health_success", "Probes of /health answered healthy.",
               static_cast<double>(context.statistics.health_success.load(std::memory_order_relaxed)));
  page.Counter("etcd_server_health_failures", "Probes of /health answered unhealthy.",
               static_cast<double>(context.statistics.health_failures.load(std::memory_order_relaxed)));
  page.Histogram("etcd_mvcc_hash_duration_seconds", "How long hashing everything stored took.",
                 context.statistics.hash);
  page.Histogram("etcd_mvcc_hash_rev_duration_seconds", "How long hashing history up to a revision took.",
                 context.statistics.hash_by_revision);
  page.Gauge("quorate_reader_pool_queue_length", "Long reads waiting for a reader thread.",
             static_cast<double>(context.readers.queued()));
}

}  // namespace quorate::api
