#include "src/api/probes.h"

namespace quorate::api {

void ProbeLease(const ServiceContext& context, MetricsPage& page) {
  const lease::LessorStatistics statistics = context.replica->lessor().statistics();
  const auto number = [](auto value) { return static_cast<double>(value); };
  page.Counter("etcd_debugging_lease_granted_total", "Leases granted.", number(statistics.granted));
  page.Counter("etcd_debugging_lease_revoked_total", "Leases revoked, expired ones included.",
               number(statistics.revoked));
  page.Counter("etcd_debugging_lease_renewed_total", "Renewals of leases.", number(statistics.renewed));
  page.Counter("etcd_debugging_server_lease_expired_total", "Leases revoked because they had run out.",
               number(statistics.expired));
  std::vector<double> bounds;
  for (size_t i = 0; i < lease::LessorStatistics::kTtlBounds; ++i) bounds.push_back(number(uint64_t{1} << i));
  page.Histogram("etcd_debugging_lease_ttl_total", "TTLs of leases granted.", bounds,
                 {statistics.ttls.begin(), statistics.ttls.end()}, statistics.ttl_seconds);
  page.Gauge("quorate_leases", "Leases there are.", number(statistics.leases));
}

}  // namespace quorate::api
